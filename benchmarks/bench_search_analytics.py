"""The page of search analytics from its roll-up, against the same figures from the raw log.

    python -m benchmarks.bench_search_analytics [--rows 1000000] [--full] [--rounds 5] [--keep]
        [--json]

Searches of 60 days over 50,000 queries (their frequency falls with their rank) and 200
categories, and clicks on four in ten of them, are generated in SQL in a scratch database beside
the one of DATABASE_URL (or of the embedded server), which is dropped at the end; `--keep` leaves
it, and finds it the next time. `--full` takes 10 million searches. Both ways answer the page's
tables for 28 days and the 28 before, turn by turn in one run; medians, and their ratio, are told.
The scan is what one would write without a roll-up: searches joined with their clicks, grouped by
query; it leaves out what asked-again and trends cost on top.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.bench_rollup import servers_prepare, servers_tidy, timed
from benchmarks.rollup_sql import ID

DATABASE = "endcap_bench_searches_{rows}"
START = datetime(2026, 9, 1, tzinfo=UTC)
DAYS, SPAN = 60, 28
CHUNK = 500_000
SEARCHES = f"""
    INSERT INTO events_querylog (id, occurred_at, query, normalised, filters, sort, page,
        per_page, results_count, product_ids, positions, category, latency_ms, cache_hit,
        degraded, client_id, session_id, experiments, versions, principal)
    SELECT {ID}, t, 'Query ' || q, 'query ' || q, '{{}}', 'relevance', 1, 20,
        CASE WHEN q %% 17 = 0 THEN 0 ELSE 40 END, '{{p-1,p-2,p-3}}', '{{1,2,3}}',
        'department-' || q %% 10 || '/shelf-' || q %% 200, 5, false, '{{}}',
        'client-' || n %% 99991, 'visit-' || n / 3, '[]', '{{}}', 'bench'
    FROM (SELECT n, md5('s' || n) AS hash,
            floor(50000 * (n * 104729 %% 1000003 / 1000003.0) ^ 3)::int AS q,
            %(start)s::timestamptz + (n * 86400.0 * {DAYS} / %(rows)s) * interval '1 second' AS t
          FROM generate_series(%(low)s::bigint, %(high)s::bigint) n) made
"""
CLICKS = f"""
    INSERT INTO events_event (id, type, occurred_at, received_at, client_id, session_id, query_id,
        product_id, position)
    SELECT {ID}, 'click', t, t, client_id, session_id, query_id, 'p-1', 1 + n %% 20
    FROM (SELECT md5('c' || q.id) AS hash, q.occurred_at + interval '9 seconds' AS t, q.client_id,
            q.session_id, q.id::text AS query_id, length(q.normalised) + extract(epoch FROM
            q.occurred_at)::bigint AS n
          FROM events_querylog q
          WHERE q.occurred_at >= %(low)s AND q.occurred_at < %(high)s
            AND get_byte(uuid_send(q.id), 15) < 102) made
"""
SCAN = """
    SELECT q.normalised, count(*), count(*) FILTER (WHERE q.results_count = 0),
           count(*) FILTER (WHERE c.clicks > 0), sum(c.clicks),
           sum(1.0::float8 / c.uppermost) FILTER (WHERE c.clicks > 0)
    FROM events_querylog q LEFT JOIN (
        SELECT e.query_id, count(*) AS clicks, min(e.position) AS uppermost FROM events_event e
        WHERE e.type = 'click' AND e.id >= %(low)s AND e.id < %(late)s GROUP BY 1
    ) c ON c.query_id = q.id::text
    WHERE q.id >= %(low)s AND q.id < %(high)s AND q.page = 1
    GROUP BY 1 ORDER BY 2 DESC LIMIT 50
"""


def log_make(rows: int) -> None:
    """Searches, then the clicks on them, day by day."""
    from django.db import connection

    from apps.events.services.partitions import partitions_ensure

    partitions_ensure(first=START - timedelta(days=1), last=START + timedelta(days=DAYS + 9))
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        for low in range(0, rows, CHUNK):
            high = min(low + CHUNK, rows) - 1
            cursor.execute(SEARCHES, {"start": START, "rows": rows, "low": low, "high": high})
        for day in range(DAYS + 1):
            low_day = START + timedelta(days=day)
            cursor.execute(CLICKS, {"low": low_day, "high": low_day + timedelta(days=1)})
        cursor.execute("VACUUM ANALYZE events_querylog, events_event")
        cursor.execute("CHECKPOINT")


def scan(first: datetime, last: datetime) -> list[tuple[Any, ...]]:
    """The raw log's answer for one period.

    Clicks are read for a week beyond it: one after midnight belongs to the search before it.
    """
    from django.db import connection

    from apps.common.domain.uuid7 import uuid7_floor
    from apps.search.services.analytics_rollup import ATTRIBUTION_DAYS

    with connection.cursor() as cursor:
        late = uuid7_floor(last + timedelta(days=ATTRIBUTION_DAYS))
        cursor.execute(SCAN, {"low": uuid7_floor(first), "high": uuid7_floor(last), "late": late})
        return list(cursor.fetchall())


def differing(lines: Sequence[Any], raw: Sequence[tuple[Any, ...]]) -> list[str]:
    """Queries of the raw log that the page counts otherwise, or lacks, with both counts."""
    mine = {
        line.name: (line.now.searches, line.now.zero_results, line.now.clicked) for line in lines
    }
    return [
        f"{name}: {mine.get(name)}, in the log {counts}"
        for name, counts in ((line[0], tuple(line[1:4])) for line in raw)
        if mine.get(name) != counts
    ]


def measure(rows: int, rounds: int, *, kept: bool) -> dict[str, Any]:
    """Generate, roll up, then both ways in turn."""
    from apps.search.domain.analytics.periods import period_of
    from apps.search.models import SearchDay
    from apps.search.selectors.analytics import search_analytics
    from apps.search.services.analytics_rollup import search_days_rollup

    generating = 0.0 if kept else timed(lambda: log_make(rows))[0]
    full, report = timed(lambda: search_days_rollup(full=True))
    again, _ = timed(search_days_rollup)
    last = START + timedelta(days=DAYS - 1)
    period = period_of(SPAN, last.date())
    ends = last + timedelta(days=1)
    pages, scans = [], []
    for _ in range(rounds):
        seconds, page = timed(lambda: search_analytics(period=period))
        pages.append(seconds)
        now, raw = timed(lambda: scan(ends - timedelta(days=SPAN), ends))
        before, _ = timed(
            lambda: scan(ends - timedelta(days=2 * SPAN), ends - timedelta(days=SPAN))
        )
        scans.append(now + before)
    differ = differing(page.top, raw[:20])
    return {
        "searches": rows, "rolled_up_rows": SearchDay.objects.count(), "days": report.days,
        "generating_s": round(generating, 1), "full_rollup_s": round(full, 1),
        "rollup_again_s": round(again, 2), "page_ms": round(1000 * statistics.median(pages), 1),
        "scan_ms": round(1000 * statistics.median(scans), 1),
        "ratio": round(statistics.median(scans) / statistics.median(pages), 1),
        "first_20_queries_equal": not differ, "differing": "; ".join(differ) or "none",
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--full", action="store_true", help="10 million searches")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="leave the database, and reuse it")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = 10_000_000 if options.full else options.rows
    database = DATABASE.format(rows=rows)
    kept = servers_prepare(database, keep=options.keep)
    try:
        found = measure(rows, options.rounds, kept=kept)
    finally:
        if not options.keep:
            servers_tidy(database)
    if options.json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        sys.stdout.writelines(f"{name:24} {value}\n" for name, value in found.items())
    return 0 if found["first_20_queries_equal"] else 1


if __name__ == "__main__":
    sys.exit(main())
