"""What was shown after a search at which position, and what of it was clicked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from apps.common.domain.uuid7 import uuid7_floor
from apps.events.domain.identity_sql import EVENT_TABLE, QUERY_LOG_TABLE

# Lists in another order than relevance's say nothing about it, nor do those cut by filters.
_SHOWN = f"""
WITH asked AS (
    SELECT id::text AS name, coalesce(nullif(corrected, ''), normalised) AS query,
           product_ids, positions
    FROM {QUERY_LOG_TABLE}
    WHERE id >= %(low)s AND id < %(high)s AND normalised <> ''
      AND length(normalised) <= %(longest)s AND sort = 'relevance' AND filters = '{{}}'::jsonb
), clicked AS (
    SELECT DISTINCT query_id, product_id FROM {EVENT_TABLE}
    WHERE id >= %(low)s AND id < %(high)s AND type = 'click'
      AND query_id IS NOT NULL AND product_id IS NOT NULL
), counted AS (
    SELECT a.query, s.product_id, s.position, count(*) AS shown, count(c.query_id) AS clicked
    FROM asked a CROSS JOIN LATERAL unnest(a.product_ids, a.positions) AS s (product_id, position)
    LEFT JOIN clicked c ON c.query_id = a.name AND c.product_id = s.product_id
    WHERE s.position BETWEEN 1 AND %(deepest)s
    GROUP BY 1, 2, 3
), often AS (
    SELECT *, sum(shown) OVER (PARTITION BY query, product_id) AS times FROM counted
)
SELECT query, product_id, position, shown, clicked FROM often WHERE times >= %(least)s
ORDER BY query COLLATE "C", product_id COLLATE "C", position
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """One product at one position of one query's answers.

    Attributes:
        query: normalised, corrected where it was.
        position: 1-based.
        shown: answers that held it there.
        clicked: of them those after which it was clicked.
    """

    query: str
    product_id: str
    position: int
    shown: int
    clicked: int


def shown_and_clicked(
    *, as_of: datetime, days: int, least: int, deepest: int, longest: int
) -> Iterator[Shown]:
    """By query, product and position, over the searches of the last `days`.

    Reads the window's partitions of the query log and of events once.

    Args:
        as_of: the window's end, exclusive; aware.
        days: its length.
        least: how often a product must have been shown for a query, at all positions.
        deepest: position that is read.
        longest: characters of a query; longer ones are left out.
    """
    parameters: dict[str, Any] = {
        "low": uuid7_floor(as_of - timedelta(days=days)),
        "high": uuid7_floor(as_of),
        "least": least,
        "deepest": deepest,
        "longest": longest,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SHOWN, parameters)
        for row in cursor:
            yield Shown(row[0], row[1], row[2], int(row[3]), int(row[4]))
