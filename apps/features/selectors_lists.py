"""The query log's lists, and what shoppers did with them.

What weights are learnt from, and what tells how likely a place is looked at.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection

from apps.catalog.contracts import CategoryTree
from apps.catalog.selectors import category_tree_fresh
from apps.common.domain.uuid7 import uuid7_floor
from apps.events.contracts import INTERACTION_WEIGHTS
from apps.events.domain.identity_sql import EVENT_TABLE, QUERY_LOG_TABLE
from apps.features.domain.examined.lists import MOST_PLACES, Float64, Lists, unit_code
from apps.features.domain.examined.packed import PackedUnreadable, features_unpack

# The newest; more would say hardly more, and have to be held in memory.
MOST_LISTS = 100_000

# Drafts of two rankings, other sorts and empty answers keep no features.
_LISTS = f"""
    SELECT id::text, coalesce(user_id, client_id, session_id, id::text), coalesce(category, ''),
           product_ids, features, coalesce(swap, 0), cardinality(applied_rules) > 0
    FROM {QUERY_LOG_TABLE}
    WHERE id >= %(low)s AND id < %(high)s AND page = 1 AND sort = 'relevance'
      AND features IS NOT NULL
    ORDER BY id DESC
    LIMIT %(most)s
"""
_GAINS = f"""
    SELECT query_id, product_id, max(weight)
    FROM {EVENT_TABLE}
    JOIN unnest(%(types)s::text[], %(weights)s::float8[]) AS w (kind, weight) ON type = kind
    WHERE id >= %(low)s AND id < %(high)s AND type = ANY (%(types)s)
      AND query_id = ANY (%(lists)s) AND product_id IS NOT NULL
    GROUP BY 1, 2
"""
_Gains = Mapping[str, Mapping[str, float]]


class _Row(NamedTuple):
    query_id: str
    unit: str
    category: str
    product_ids: list[str]
    packed: bytes
    swap: int
    ruled: bool


class _Told(NamedTuple):
    row: _Row
    features: Mapping[str, Float64]


def logged_lists(*, since: datetime, until: datetime) -> Lists:
    """First pages by relevance with the features of their hits, and what came of each hit.

    A hit's gain is its strongest event that names the search: click or view 1, cart 2, purchase
    3. Lists whose hits had other features than those of the newest list are left out.

    Args:
        since: aware, inclusive.
        until: aware, exclusive.
    """
    bounds = {"low": uuid7_floor(since), "high": uuid7_floor(until)}
    with connection.cursor() as cursor:
        cursor.execute(_LISTS, {**bounds, "most": MOST_LISTS})
        rows = [_Row(*row) for row in cursor.fetchall()]
    told = _readable(rows)
    names = tuple(told[0].features) if told else ()
    alike = [one for one in told if tuple(one.features) == names]
    gains = _gains_of([one.row.query_id for one in alike], bounds)
    return _lists_of(names, alike, gains, category_tree_fresh())


def _gains_of(lists: list[str], bounds: Mapping[str, UUID]) -> _Gains:
    """Query id → product id → gain, of these lists alone: a window may hold many more."""
    gains: dict[str, dict[str, float]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_GAINS, {**bounds, "types": [kind.value for kind in INTERACTION_WEIGHTS],
                                "weights": list(INTERACTION_WEIGHTS.values()),
                                "lists": lists})  # fmt: skip
        for query_id, product_id, gain in cursor:
            gains.setdefault(query_id, {})[product_id] = gain
    return gains


def _readable(rows: Iterable[_Row]) -> list[_Told]:
    """The lists whose features can be read, one for every hit."""
    found = []
    for row in rows:
        try:
            features = features_unpack(bytes(row.packed))
        except PackedUnreadable:
            continue
        if len(next(iter(features.values()))) == len(row.product_ids):
            found.append(_Told(row, features))
    return found


def _lists_of(
    names: tuple[str, ...], told: list[_Told], gains: _Gains, tree: CategoryTree
) -> Lists:
    lengths = [min(len(one.row.product_ids), MOST_PLACES) for one in told]
    places = max(lengths, default=0)
    features = np.zeros((len(told), places, len(names)))
    earned = np.zeros((len(told), places))
    for row, (one, length) in enumerate(zip(told, lengths, strict=True)):
        features[row, :length] = np.stack(list(one.features.values()), axis=1)[:length]
        wanted = gains.get(one.row.query_id)
        if wanted:
            earned[row, :length] = [wanted.get(each, 0.0) for each in one.row.product_ids[:length]]
    known = {path: path if tree.by_path(path) else "" for path in {o.row.category for o in told}}
    return Lists(
        names=names,
        features=features,
        shown=np.arange(places) < np.array(lengths, dtype=np.int64)[:, None],
        gains=earned,
        units=np.array([unit_code(one.row.unit) for one in told], dtype=np.int64),
        paths=tuple(known[one.row.category] for one in told),
        swapped=np.array([one.row.swap for one in told], dtype=np.int64),
        ruled=np.array([one.row.ruled for one in told], dtype=np.bool_),
    )
