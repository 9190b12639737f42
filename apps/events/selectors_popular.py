"""What shoppers ask for, where enough of them ask the same for it to be nobody's secret."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from apps.events.domain.identity_sql import QUERY_LOG_TABLE

# A shopper is a browser; a caller without any id of theirs counts for nobody.
_POPULAR = f"""
    SELECT coalesce(nullif(corrected, ''), normalised) AS asked,
           count(DISTINCT coalesce(client_id, user_id, session_id)) AS shoppers
    FROM {QUERY_LOG_TABLE}
    WHERE occurred_at >= %(start)s AND occurred_at < %(as_of)s
      AND page = 1 AND results_count > 0 AND fallback IN ('', 'mentioned')
      AND normalised <> '' AND length(normalised) <= %(longest)s
    GROUP BY 1
    HAVING count(DISTINCT coalesce(client_id, user_id, session_id)) >= %(least)s
    ORDER BY 2 DESC, 1
    LIMIT %(most)s
"""  # fmt: skip


@dataclass(frozen=True, slots=True)
class PopularQuery:
    """A query, normalised, and how many different shoppers asked it."""

    text: str
    shoppers: int


def popular_queries(
    *, as_of: datetime, days: int, least_shoppers: int, most: int, longest: int, timeout_s: int
) -> list[PopularQuery]:
    """Queries of the last `days` that found something, most shoppers first.

    Reads the window's partitions once.

    Args:
        as_of: the window's end, exclusive; aware.
        days: its length.
        least_shoppers: queries that fewer different shoppers asked are nobody else's business.
        most: how many.
        longest: characters; longer ones are left out.
        timeout_s: PostgreSQL gives up after so long.

    Raises:
        OperationalError: it gave up.
    """
    parameters: dict[str, Any] = {
        "as_of": as_of,
        "start": as_of - timedelta(days=days),
        "least": least_shoppers,
        "most": most,
        "longest": longest,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{timeout_s}s"])
        cursor.execute(_POPULAR, parameters)
        return [PopularQuery(text, shoppers) for text, shoppers in cursor.fetchall()]
