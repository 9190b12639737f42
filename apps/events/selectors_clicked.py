"""What shoppers took after a search, by query: clicks, carts and purchases."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from apps.common.domain.uuid7 import uuid7_floor
from apps.events.domain.identity_sql import EVENT_TABLE, QUERY_LOG_TABLE

# Of one shopper a product counts once a query, by the most that they did with it. Who had chosen
# a category before says nothing about the query's own.
_CLICKED = f"""
WITH asked AS (
    SELECT id::text AS name, coalesce(nullif(corrected, ''), normalised) AS query,
           coalesce(client_id, user_id, session_id) AS shopper
    FROM {QUERY_LOG_TABLE}
    WHERE id >= %(low)s AND id < %(high)s
      AND normalised <> '' AND length(normalised) <= %(longest)s
      AND NOT filters ? 'category'
      AND coalesce(client_id, user_id, session_id) IS NOT NULL
), taken AS (
    SELECT a.query, a.shopper, e.product_id,
           max(CASE e.type WHEN 'purchase' THEN 3.0 WHEN 'add_to_cart' THEN 2.0 ELSE 1.0 END
               * power(0.5, extract(epoch FROM %(as_of)s - e.occurred_at) / %(half_life_s)s)
           ) AS weight
    FROM {EVENT_TABLE} e JOIN asked a ON a.name = e.query_id
    WHERE e.id >= %(low)s AND e.id < %(high)s
      AND e.type IN ('click', 'add_to_cart', 'purchase') AND e.product_id IS NOT NULL
    GROUP BY 1, 2, 3
), known AS (
    SELECT query FROM taken GROUP BY 1 HAVING count(DISTINCT shopper) >= %(least)s
    ORDER BY count(DISTINCT shopper) DESC, query COLLATE "C" LIMIT %(most)s
)
SELECT query, product_id, sum(weight)::float8 FROM taken JOIN known USING (query)
GROUP BY 1, 2 ORDER BY query COLLATE "C", product_id COLLATE "C"
"""


@dataclass(frozen=True, slots=True)
class Clicked:
    """How much of one product was taken after one query.

    Attributes:
        query: normalised, corrected where it was.
        product_id: the shop's own id.
        weight: purchase 3, cart 2, click 1, halved every half-life, summed over shoppers.
    """

    query: str
    product_id: str
    weight: float


def clicked_after(
    *,
    as_of: datetime,
    days: int,
    half_life_days: float,
    least_shoppers: int,
    most: int,
    longest: int,
    timeout_s: int,
) -> list[Clicked]:
    """What was taken after the queries of the last `days`, for queries of enough shoppers.

    Reads the window's partitions of the query log and of events once.

    Args:
        as_of: the window's end, exclusive; aware.
        days: its length.
        half_life_days: after so long a click counts half.
        least_shoppers: queries that fewer different shoppers took something after are left out.
        most: queries, those of most shoppers first.
        longest: characters of a query; longer ones are left out.
        timeout_s: PostgreSQL gives up after so long.

    Raises:
        OperationalError: it gave up.
    """
    parameters: dict[str, Any] = {
        "as_of": as_of,
        "low": uuid7_floor(as_of - timedelta(days=days)),
        "high": uuid7_floor(as_of),
        "half_life_s": half_life_days * 86_400.0,
        "least": least_shoppers,
        "most": most,
        "longest": longest,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{timeout_s}s"])
        cursor.execute(_CLICKED, parameters)
        return [Clicked(*row) for row in cursor.fetchall()]
