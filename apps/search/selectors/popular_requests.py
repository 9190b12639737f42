"""What shoppers have asked most, as far as the query log remembers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import connection

_WINDOW = timedelta(hours=24)
# The newest searches tell enough, however many a day has.
_MOST_READ = 50_000
_MOST = """
    SELECT normalised, filters::text, sort, per_page, principal = 'shop', count(*)
    FROM (
        SELECT normalised, filters, sort, per_page, principal FROM events_querylog
        WHERE occurred_at >= %s AND page = 1 AND degraded = '{}'
        ORDER BY id DESC LIMIT %s
    ) AS latest
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC, 1 LIMIT %s
"""
_filters = msgspec.json.Decoder(dict[str, list[str]])


@dataclass(frozen=True, slots=True)
class PopularRequest:
    """A first page that is asked for often.

    Attributes:
        query: normalised.
        filters: as they were written, field to values.
        sort: by name.
        per_page: hits a page.
        by_shop: whether it is the shop's own pages that ask.
        times: how often.
    """

    query: str
    filters: Mapping[str, list[str]]
    sort: str
    per_page: int
    by_shop: bool
    times: int


def popular_requests(*, as_of: datetime, limit: int) -> tuple[PopularRequest, ...]:
    """The first pages asked for most in the last 24 hours; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_MOST, [as_of - _WINDOW, _MOST_READ, limit])
        rows = cursor.fetchall()
    return tuple(
        PopularRequest(query, _filters.decode(filters), sort, per_page, by_shop, times)
        for query, filters, sort, per_page, by_shop, times in rows
    )
