"""The computation of `user_category_affinity`, by the database alone: shoppers may be millions."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
from django.conf import settings

from apps.events.contracts import INTERACTION_WEIGHTS
from apps.events.domain.identity_sql import EVENT_TABLE, IDENTITY_TABLE
from apps.features.contracts_store import ComputeContext, Computed
from apps.features.domain.definitions import AFFINITY_MOST
from apps.features.selectors_compute import KNOWN_THEN
from apps.features.selectors_streams import BATCH, rows_streamed

# What a user did under their name, and what they did before on a client that became theirs.
_STATEMENT = f"""
    WITH acts AS (
        SELECT coalesce(e.user_id, i.user_id) AS user_id, c.path,
               sum(w.weight * exp(%(decay)s::float8
                   * extract(epoch FROM %(as_of)s - e.occurred_at)::float8)) AS amount
        FROM {EVENT_TABLE} AS e
        JOIN unnest(%(types)s::text[], %(weights)s::float8[]) AS w (kind, weight)
          ON e.type = w.kind
        JOIN catalog_product AS p ON p.product_id = e.product_id
        JOIN catalog_category AS c ON c.id = p.category_id
        LEFT JOIN {IDENTITY_TABLE} AS i
          ON e.user_id IS NULL AND i.client_id = e.client_id
         AND e.occurred_at >= i.starts AND e.occurred_at < i.ends AND {KNOWN_THEN}
        WHERE e.occurred_at >= %(start)s AND e.occurred_at < %(as_of)s
          AND e.product_id IS NOT NULL AND e.type = ANY (%(types)s)
          AND coalesce(e.user_id, i.user_id) IS NOT NULL
          {{only}}
        GROUP BY 1, 2
    ), shares AS (
        SELECT user_id, path, amount / sum(amount) OVER (PARTITION BY user_id) AS share,
               row_number() OVER (PARTITION BY user_id ORDER BY amount DESC, path) AS place
        FROM acts
    )
    SELECT user_id, path, share FROM shares
    WHERE place <= %(most)s {{wanted}}
    ORDER BY user_id, place
"""
_OF_ALL = _STATEMENT.format(only="", wanted="")
# Both sides of OR by an index: the clients that ever were theirs are few.
_OF_SOME = _STATEMENT.format(
    only=f"""AND (e.user_id = ANY (%(users)s) OR e.user_id IS NULL AND e.client_id = ANY (ARRAY(
              SELECT client_id FROM {IDENTITY_TABLE} WHERE user_id = ANY (%(users)s))))""",
    wanted="AND user_id = ANY (%(users)s)",
)


def affinity_compute(context: ComputeContext) -> Iterable[Computed]:
    """Of every shopper, in pieces."""
    return _pieces(context.as_of, None)


def affinity_of_users(users: Sequence[str], as_of: datetime) -> dict[str, dict[str, float]]:
    """User to path to share; one statement. A user who did nothing is not there."""
    found: dict[str, dict[str, float]] = {}
    for piece in _pieces(as_of, list(users)):
        for user, path, share in zip(
            piece.entities, piece.parts, piece.values.tolist(), strict=True
        ):
            found.setdefault(user, {})[path] = share
    return found


def _pieces(as_of: datetime, users: list[str] | None) -> Iterator[Computed]:
    rows = rows_streamed(_OF_ALL if users is None else _OF_SOME, _parameters(as_of, users))
    while piece := list(islice(rows, BATCH)):
        yield Computed(
            [row[0] for row in piece],
            np.array([row[2] for row in piece], dtype=np.float64),
            [row[1] for row in piece],
        )


def _parameters(as_of: datetime, users: list[str] | None) -> dict[str, Any]:
    return {
        "as_of": as_of,
        "start": as_of - timedelta(days=settings.POPULARITY_WINDOW_DAYS),
        "decay": -math.log(2) / (settings.POPULARITY_HALF_LIFE_DAYS * 86_400),
        "types": [kind.value for kind in INTERACTION_WEIGHTS],
        "weights": list(INTERACTION_WEIGHTS.values()),
        "users": users,
        "most": AFFINITY_MOST,
    }
