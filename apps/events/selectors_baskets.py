"""What shoppers took, gave back and looked at, line by line, and how much of it is recent."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from apps.events.contracts import INTERACTION_WEIGHTS, EventType
from apps.events.domain.identity_sql import EVENT_TABLE, identity_join, unit_expression

_BATCH = 5000
_UNIT = f"coalesce({unit_expression('e')}, 's:' || e.session_id)"
_KNOWN = f"""
    FROM {EVENT_TABLE} e {identity_join("e")} JOIN catalog_product p USING (product_id)
    WHERE e.occurred_at >= %(start)s AND e.occurred_at < %(as_of)s AND e.type = ANY (%(types)s)
"""
# Shoppers come in an order that has nothing to do with them: who stops early has a fair sample.
_LINES = f"""
    SELECT unit, at, pk, pieces, order_id, visit, returned FROM (
        SELECT e.id, {_UNIT} AS unit, extract(epoch FROM e.occurred_at)::float8 AS at,
               p.id::int AS pk, coalesce(e.quantity, 1) AS pieces,
               coalesce(e.attributes->>'order_id', e.attributes->>'transaction_id', '')
                   AS order_id,
               coalesce(e.session_id, '') AS visit, e.type = 'refund' AS returned
        {_KNOWN}
    ) AS lines
    WHERE unit IS NOT NULL
    ORDER BY hashtextextended(unit, 0), unit COLLATE "C", at, id
"""
BasketLine = tuple[str, float, int, int, str, str, bool]


def lines_streamed(
    *, as_of: datetime, days: int, types: Sequence[EventType]
) -> Iterator[BasketLine]:
    """(unit, unix seconds, product's key, pieces, order, session, refund), by unit, then time.

    Only of products that are in the catalogue. By a server-side cursor: a batch is in memory.

    Args:
        as_of: the window's end, exclusive; aware.
        days: its length.
        types: which events.
    """
    parameters: dict[str, Any] = {
        "as_of": as_of,
        "start": as_of - timedelta(days=days),
        "types": [kind.value for kind in types],
    }
    with transaction.atomic():
        # psycopg's own named cursor: Django has one only behind the ORM.
        with connection.cursor():
            pass
        with connection.connection.cursor(name="basket_lines") as cursor:
            cursor.itersize = _BATCH
            cursor.execute(_LINES, parameters)
            yield from cursor


# A shopper counts once a product and day, by the most that they did with it: neither a reload
# nor a robot makes a trend.
_ACTIVITY = f"""
    SELECT pk, sum(weight * exp(%(fast)s::float8 * age)),
           sum(weight * exp(%(slow)s::float8 * age)),
           (count(DISTINCT unit) FILTER (WHERE age < %(recent)s))::int
    FROM (
        SELECT pk, unit, max(weight) AS weight, min(age) AS age FROM (
            SELECT p.id::int AS pk, {_UNIT} AS unit,
                   (%(weights)s::float8[])[array_position(%(types)s::text[], e.type)] AS weight,
                   extract(epoch FROM %(as_of)s - e.occurred_at)::float8 / 86400 AS age
            {_KNOWN}
        ) AS chosen
        WHERE unit IS NOT NULL
        GROUP BY pk, unit, floor(age)
    ) AS days
    GROUP BY pk ORDER BY pk
"""


def product_activity(
    *, as_of: datetime, days: int, fast_days: float, slow_days: float, recent_days: int
) -> list[tuple[int, float, float, int]]:
    """(product's key, fast and slow decayed interactions, different shoppers lately).

    Args:
        as_of: the window's end, exclusive; aware.
        days: its length.
        fast_days: half-life of the one.
        slow_days: half-life of the other.
        recent_days: shoppers of so many days are counted.
    """
    parameters: dict[str, Any] = {
        "as_of": as_of,
        "start": as_of - timedelta(days=days),
        "types": [kind.value for kind in INTERACTION_WEIGHTS],
        "weights": list(INTERACTION_WEIGHTS.values()),
        "fast": -math.log(2) / fast_days,
        "slow": -math.log(2) / slow_days,
        "recent": recent_days,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVITY, parameters)
        return [(pk, fast, slow, shoppers) for pk, fast, slow, shoppers in cursor.fetchall()]
