"""The query log of the demo's past: what its shoppers' searches would have left behind.

Imported events say who searched for what and what was shown; the log is read off them, day by
day. Searches that the experiments' play logged already stay as they are.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.common.domain.uuid7 import uuid7_floor
from apps.events.contracts import QueryLogEntry
from apps.events.domain.identity_sql import EVENT_TABLE
from apps.events.services.partitions import partitions_ensure
from apps.events.services.query_log import queries_store
from apps.search.domain.normalise import normalise
from apps.search.services.analytics_rollup import search_days_rollup

PER_PAGE = 20
_DAY, _LATE = timedelta(days=1), timedelta(minutes=10)
_BATCH = 1_000
_SEARCHES = f"""
    SELECT s.query_id::uuid, s.occurred_at, s.user_id, s.client_id, s.session_id,
           s.attributes ->> 'query', coalesce(shown.products, '{{}}'),
           coalesce(shown.positions, '{{}}')
    FROM {EVENT_TABLE} s LEFT JOIN (
        SELECT query_id, array_agg(product_id ORDER BY position) AS products,
               array_agg(position ORDER BY position) AS positions
        FROM {EVENT_TABLE}
        WHERE id >= %(low)s AND id < %(late)s AND type = 'impression' AND position IS NOT NULL
        GROUP BY 1
    ) shown ON shown.query_id = s.query_id
    WHERE s.id >= %(low)s AND s.id < %(high)s AND s.type = 'search'
      AND s.attributes ? 'query' AND s.query_id IS NOT NULL
"""


def searches_log(*, first: datetime, last: datetime, categories: Mapping[str, str]) -> str:
    """Write the log from `first` to `last`, and roll it up; a summary.

    Args:
        first: aware.
        last: aware.
        categories: product id → path of its category.
    """
    partitions_ensure(first=first, last=last)
    stored, batch = 0, []
    for entry in _entries(first, last, categories):
        batch.append(entry)
        if len(batch) == _BATCH:
            stored, batch = stored + queries_store(batch), []
    stored += queries_store(batch)
    report = search_days_rollup()
    return f"{stored:,} searches logged, {report.days} days rolled up"


def _entries(
    first: datetime, last: datetime, categories: Mapping[str, str]
) -> Iterator[QueryLogEntry]:
    at = first
    while at < last:
        until = min(at + _DAY, last)
        bounds = {
            "low": uuid7_floor(at), "high": uuid7_floor(until),
            "late": uuid7_floor(until + _LATE),
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_SEARCHES, bounds)
            for row in cursor.fetchall():
                yield _entry(row, categories)
        at = until


def _entry(row: tuple[Any, ...], categories: Mapping[str, str]) -> QueryLogEntry:
    query_id, occurred_at, user_id, client_id, session_id, query, products, positions = row
    return QueryLogEntry(
        query_id=query_id,
        occurred_at=occurred_at,
        query=query,
        normalised=normalise(query),
        filters={},
        sort="relevance",
        page=1,
        per_page=PER_PAGE,
        results_count=len(products),
        product_ids=tuple(products),
        positions=tuple(positions),
        category=categories.get(products[0]) if products else None,
        latency_ms=0.0,
        cache_hit=False,
        user_id=user_id,
        client_id=client_id,
        session_id=session_id,
        principal="demo",
    )
