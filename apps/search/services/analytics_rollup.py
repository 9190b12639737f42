"""The roll-up of searches: days on which something new happened are computed again, whole.

What is new is found by transaction horizon, as for experiments: a search or a click that is
stored late, of whatever day, is in the next run. A run may be repeated at will.
"""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_floor
from apps.events.domain.identity_sql import EVENT_TABLE, QUERY_LOG_TABLE
from apps.events.domain.months import month_add
from apps.events.selectors import partition_spans, transaction_horizon
from apps.jobs.contracts import Progress
from apps.search.domain.analytics.periods import runs_of
from apps.search.models import SearchDay, SearchDaysState

logger = structlog.get_logger(__name__)

ATTRIBUTION_DAYS = 7
REFINED_S = 300
# So many days in one statement: more sort more at once, fewer read the days after them oftener.
_LONGEST_RUN = 7
_LOCK = 0x7365_6172  # "sear": one process at a time writes
_MILLISECONDS = "('x' || left(replace(e.query_id, '-', ''), 12))::bit(48)::bigint"
# A search within the first minutes of a day may have refined the last one of the day before.
_CHANGED = f"""
    SELECT DISTINCT (moment AT TIME ZONE 'UTC')::date
    FROM {QUERY_LOG_TABLE} q, LATERAL (
        VALUES (q.occurred_at), (q.occurred_at - interval '{REFINED_S} seconds')) m (moment)
    WHERE q.stored_xid >= %(horizon)s AND q.normalised <> ''
    UNION
    SELECT DISTINCT CASE WHEN e.query_id ~ '^[0-9a-f]{{8}}-[0-9a-f]{{4}}-7[0-9a-f]{{3}}-'
        THEN (to_timestamp({_MILLISECONDS} / 1e3) AT TIME ZONE 'UTC')::date END
    FROM {EVENT_TABLE} e
    WHERE e.stored_xid >= %(horizon)s AND e.type IN ('click', 'purchase')
      AND e.query_id IS NOT NULL
"""
_WRITE = f"""
WITH asked AS (
    SELECT q.id, q.id::text AS name, (q.occurred_at AT TIME ZONE 'UTC')::date AS day,
           q.occurred_at, left(q.normalised, 256) AS query, coalesce(q.category, '') AS category,
           q.results_count = 0 AND NOT q.degraded && ARRAY['keyword', 'semantic'] AS zero,
           q.corrected IS NOT NULL AS corrected, q.fallback NOT IN ('', 'relaxed', 'mentioned')
               AS fallback,
           q.product_ids, q.positions,
           coalesce(q.session_id, q.client_id, q.user_id, q.id::text) AS visit
    FROM {QUERY_LOG_TABLE} q
    WHERE q.id >= %(low)s AND q.id < %(late)s
      AND q.occurred_at >= %(starts)s AND q.page = 1 AND q.normalised <> ''
), followed AS (
    SELECT *, lead(query) OVER visits AS next_query, lead(occurred_at) OVER visits AS next_at
    FROM asked WINDOW visits AS (PARTITION BY visit ORDER BY occurred_at, id)
), done AS (
    SELECT e.query_id AS name, count(*) FILTER (WHERE e.type = 'click') AS clicks,
           min(coalesce(e.position, a.positions[array_position(a.product_ids, e.product_id)]))
               FILTER (WHERE e.type = 'click') AS uppermost,
           bool_or(e.type = 'purchase') AS bought
    FROM {EVENT_TABLE} e JOIN asked a ON a.name = e.query_id
    WHERE e.id >= %(low)s AND e.id < %(attributed)s AND e.query_id IS NOT NULL
      AND e.type IN ('click', 'purchase')
      AND e.occurred_at < a.occurred_at + interval '{ATTRIBUTION_DAYS} days'
    GROUP BY 1
), counted AS (
    SELECT f.day, f.query, f.category, count(*) AS searches,
           count(*) FILTER (WHERE f.zero) AS zero_results,
           count(*) FILTER (WHERE f.corrected) AS corrected,
           count(*) FILTER (WHERE f.fallback) AS fallbacks,
           coalesce(sum(d.clicks), 0) AS clicks,
           count(*) FILTER (WHERE d.clicks > 0) AS clicked,
           coalesce(sum(1.0::float8 / greatest(d.uppermost, 1))
               FILTER (WHERE d.uppermost IS NOT NULL), 0) AS reciprocal_ranks,
           count(*) FILTER (WHERE f.next_at <= f.occurred_at + interval '{REFINED_S} seconds'
               AND f.next_query <> f.query
               AND (string_to_array(f.next_query, ' ') && string_to_array(f.query, ' ')
                    OR starts_with(f.next_query, f.query))) AS refined,
           count(*) FILTER (WHERE d.bought) AS converted
    FROM followed f LEFT JOIN done d ON d.name = f.name
    WHERE f.occurred_at < %(ends)s
    GROUP BY 1, 2, 3
), named AS (
    SELECT *, row_number() OVER (
        PARTITION BY day ORDER BY searches DESC, query COLLATE "C", category COLLATE "C") AS rank
    FROM counted
)
INSERT INTO search_searchday (day, query, category, searches, zero_results, corrected, fallbacks,
    clicks, clicked, reciprocal_ranks, refined, converted)
SELECT day, CASE WHEN rank <= %(top)s THEN query ELSE '' END, category, sum(searches),
       sum(zero_results), sum(corrected), sum(fallbacks), sum(clicks), sum(clicked),
       sum(reciprocal_ranks), sum(refined), sum(converted)
FROM named
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class SearchRollup:
    """What one run did.

    Attributes:
        days: that were computed again.
        rows: that were written.
        expired: rows that were too old to keep.
        seconds: wall-clock time.
    """

    days: int
    rows: int
    expired: int
    seconds: float


def _silent(_done: int, _total: int, _note: str) -> None:
    return None


def search_days_rollup(*, full: bool = False, progress: Progress = _silent) -> SearchRollup:
    """Bring the days of searches up to now.

    Everything is computed again when asked, at the first run, and when transactions are
    numbered lower than those read before (a database restored elsewhere counts anew). Days
    whose part of the query log was dropped keep the figures they have.

    Args:
        full: compute every day again.
        progress: told after each run of days.
    """
    started = time.monotonic()
    state, _ = SearchDaysState.objects.get_or_create(pk=1)
    horizon = transaction_horizon()
    since = 0 if full or state.horizon > horizon else state.horizon
    runs = runs_of(_days_changed(since), _LONGEST_RUN)
    days = rows = 0
    for done, (first, last) in enumerate(runs, start=1):
        rows += _days_write(first, last)
        days += (last - first).days + 1
        progress(done, len(runs), f"{first} to {last}")
    state.horizon, state.ran_at = horizon, timezone.now()
    state.save()
    report = SearchRollup(days, rows, _expire(), round(time.monotonic() - started, 3))
    logger.info("searches_rolled_up", days=days, rows=rows, seconds=report.seconds)
    return report


def _days_changed(horizon: int) -> list[date]:
    spans = partition_spans(QUERY_LOG_TABLE)
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"horizon": horizon})
        found = [day for (day,) in cursor.fetchall() if day is not None]
    return [day for day in found if any(s.starts <= _midnight(day) < s.ends for s in spans)]


def _days_write(first: date, last: date) -> int:
    """Compute the days from `first` to `last` again; how many rows they are."""
    starts, ends = _midnight(first), _midnight(last) + timedelta(days=1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(
            "SELECT set_config('work_mem', %s, true), set_config('jit', 'off', true),"
            " set_config('statement_timeout', '0', true)",
            [settings.EXPERIMENT_ROLLUP_WORK_MEM],
        )
        cursor.execute("DELETE FROM search_searchday WHERE day BETWEEN %s AND %s", [first, last])
        cursor.execute(
            _WRITE,
            {
                "starts": starts,
                "ends": ends,
                "low": uuid7_floor(starts),
                "late": uuid7_floor(ends + timedelta(seconds=REFINED_S)),
                "attributed": uuid7_floor(ends + timedelta(days=ATTRIBUTION_DAYS)),
                "top": max(settings.SEARCH_ANALYTICS_TOP, 1),
            },
        )
        return int(cursor.rowcount)


def _expire() -> int:
    months = settings.SEARCH_ANALYTICS_KEEP_MONTHS
    if months <= 0:
        return 0
    oldest = month_add(timezone.now(), -months).date()
    return SearchDay.objects.filter(day__lt=oldest).delete()[0]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
