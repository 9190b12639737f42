"""What all shoppers did, as a training set; and what they bought after a moment.

PostgreSQL adds the events up, and a cursor on its side hands the cells over in chunks: this
process holds 16 bytes a cell, and never an event.
"""

from array import array
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from django.db import connection, transaction

from apps.common.domain.string_table import StringTable
from apps.events.contracts import INTERACTION_WEIGHTS
from apps.events.domain.identity_sql import EVENT_TABLE, identity_join, unit_expression
from apps.recommendations.contracts_models import TrainingSet

CLIENT, USER = "c:", "u:"
_CHUNK = 20_000
# A day counts once, by the strongest that was done on it. What was wholly given back is no
# interest: the cell goes, unless something was done with the product afterwards.
_CELLS = f"""
    WITH days AS (
        SELECT {unit_expression("e")} AS unit, e.product_id,
               max(weight) AS weight, max(e.occurred_at) FILTER (WHERE weight > 0) AS at,
               sum(coalesce(e.quantity, 1)) FILTER (WHERE e.type = 'purchase') AS bought,
               sum(coalesce(e.quantity, 1)) FILTER (WHERE e.type = 'refund') AS returned,
               max(e.occurred_at) FILTER (WHERE e.type = 'refund') AS returned_at
        FROM {EVENT_TABLE} e
        JOIN unnest(%(types)s::text[], %(weights)s::float8[]) AS w (kind, weight) ON e.type = kind
        {identity_join("e")}
        WHERE e.occurred_at >= %(start)s AND e.occurred_at < %(as_of)s
          AND e.product_id IS NOT NULL AND e.type = ANY (%(types)s)
          AND (%(anonymous)s OR e.user_id IS NOT NULL OR i.user_id IS NOT NULL)
        GROUP BY 1, 2, floor(extract(epoch FROM e.occurred_at) / 86400)
    )
    SELECT unit, product_id, sum(weight)::float8, extract(epoch FROM max(at))::float8
    FROM days WHERE unit IS NOT NULL
    GROUP BY unit, product_id
    HAVING max(at) IS NOT NULL AND NOT (
        coalesce(sum(bought), 0) > 0 AND coalesce(sum(returned), 0) >= sum(bought)
        AND max(returned_at) >= max(at))
    ORDER BY unit COLLATE "C", product_id COLLATE "C"
"""
_BOUGHT = f"""
    SELECT {unit_expression("e")} AS unit, e.product_id
    FROM {EVENT_TABLE} e {identity_join("e")}
    WHERE e.occurred_at >= %(start)s AND e.occurred_at < %(until)s
      AND e.product_id IS NOT NULL AND e.type = ANY (%(types)s)
      AND (%(anonymous)s OR e.user_id IS NOT NULL OR i.user_id IS NOT NULL)
    GROUP BY 1, 2
    ORDER BY md5({unit_expression("e")}), 1, 2
"""
_SPAN = f"""
    SELECT min(occurred_at), max(occurred_at) FROM {EVENT_TABLE}
    WHERE type = ANY (%s) AND (%s::timestamptz IS NULL OR occurred_at < %s)
"""


@dataclass(frozen=True, slots=True)
class Span:
    """From the first interaction to the last, aware."""

    first: datetime
    last: datetime


def interactions_span(*, until: datetime | None = None) -> Span | None:
    """When anything happened, before `until`, that a recommender learns from; None: nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_SPAN, [[kind.value for kind in INTERACTION_WEIGHTS], until, until])
        first, last = cursor.fetchone() or (None, None)
    return None if first is None or last is None else Span(first, last)


@dataclass(slots=True)
class _Rows:
    """Cells as they come, by unit and product."""

    units: list[str] = field(default_factory=list)
    starts: "array[int]" = field(default_factory=lambda: array("q", [0]))
    products: dict[str, int] = field(default_factory=dict)
    codes: "array[int]" = field(default_factory=lambda: array("i"))
    weights: "array[float]" = field(default_factory=lambda: array("f"))
    at: "array[float]" = field(default_factory=lambda: array("d"))

    def take(self, rows: Iterable[tuple[str, str, float, float]]) -> None:
        for unit, product_id, weight, at in rows:
            if not self.units or self.units[-1] != unit:
                self.units.append(unit)
                self.starts.append(len(self.codes))
            self.codes.append(self.products.setdefault(product_id, len(self.products)))
            self.weights.append(weight)
            self.at.append(at)
            self.starts[-1] = len(self.codes)

    def packed(self, as_of: datetime) -> TrainingSet:
        # Codes in the order of the ids: ascending within a unit, as the rows came.
        names = sorted(self.products, key=str.encode)
        code_of = np.zeros(len(names), dtype=np.int32)
        code_of[[self.products[name] for name in names]] = np.arange(len(names))
        return TrainingSet(
            user_ids=StringTable.build(self.units),
            product_ids=StringTable.build(names),
            indptr=np.frombuffer(self.starts, dtype=np.int64),
            codes=code_of[np.frombuffer(self.codes, dtype=np.int32)],
            weights=np.frombuffer(self.weights, dtype=np.float32),
            at=np.frombuffer(self.at, dtype=np.float64),
            as_of=as_of.timestamp(),
        )


def training_set(*, as_of: datetime, window_days: int, anonymous: bool) -> TrainingSet:
    """Interactions of the `window_days` before `as_of`; units are `u:<user>` and `c:<client>`.

    Args:
        as_of: exclusive, aware.
        window_days: older events do not count.
        anonymous: whether clients on which nobody was ever seen count as shoppers of their own.
    """
    parameters: dict[str, Any] = {
        "as_of": as_of,
        "start": as_of - timedelta(days=window_days),
        "types": [*(kind.value for kind in INTERACTION_WEIGHTS), "refund"],
        "weights": [*INTERACTION_WEIGHTS.values(), 0.0],
        "anonymous": anonymous,
    }
    found = _Rows()
    for chunk in _chunks(_CELLS, parameters):
        found.take(chunk)
    return found.packed(as_of)


def taken_between(
    *, start: datetime, until: datetime, types: Iterable[str], anonymous: bool = False
) -> dict[str, set[str]]:
    """Unit to the external ids of what it bought (or else did) from `start`, before `until`."""
    return dict(shoppers_taken(start=start, until=until, types=types, anonymous=anonymous))


def shoppers_taken(
    *, start: datetime, until: datetime, types: Iterable[str], anonymous: bool = False
) -> Generator[tuple[str, set[str]], None, None]:
    """The same one unit after another, in an order that says nothing of them: a hash's.

    The first ones are a sample of all; close it after them. This process holds one chunk.
    """
    parameters: dict[str, Any] = {
        "start": start,
        "until": until,
        "types": list(types),
        "anonymous": anonymous,
    }
    with closing(_chunks(_BOUGHT, parameters)) as chunks:
        rows = (row for chunk in chunks for row in chunk if row[0] is not None)
        for unit, group in groupby(rows, key=itemgetter(0)):
            yield unit, {product_id for _, product_id in group}


def _chunks(
    statement: str, parameters: dict[str, Any]
) -> Generator[list[tuple[Any, ...]], None, None]:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(statement, parameters)
        while chunk := cursor.fetchmany(_CHUNK):
            yield chunk
