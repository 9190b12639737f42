"""What a rule touched, by the query log, and what became of its queries, by the roll-up."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from apps.common.domain.uuid7 import uuid7_floor
from apps.events.domain.identity_sql import EVENT_TABLE, QUERY_LOG_TABLE
from apps.search.domain.analytics.figures import COUNTS, Figures
from apps.search.domain.analytics.impact import RuleImpact, Touched, changes_of
from apps.search.models import SearchDay

MOST_DAYS = 90
_MOST_QUERIES, _SHOWN = 500, 10
_TIMEOUT_S = 10
_ATTRIBUTION_DAYS = 7
# The index on applied rules holds only searches that rules acted on.
_TOUCHED = f"""
WITH touched AS MATERIALIZED (
    SELECT id::text AS name, normalised, coalesce(client_id, user_id, session_id) AS shopper
    FROM {QUERY_LOG_TABLE}
    WHERE id >= %(low)s AND id < %(high)s
      AND applied_rules @> ARRAY[%(rule)s] AND applied_rules <> '{{}}'
), done AS (
    SELECT e.query_id AS name, bool_or(e.type = 'click') AS clicked,
           bool_or(e.type = 'purchase') AS converted
    FROM {EVENT_TABLE} e JOIN touched t ON t.name = e.query_id
    WHERE e.id >= %(low)s AND e.id < %(attributed)s AND e.type IN ('click', 'purchase')
    GROUP BY 1
)
SELECT grouping(normalised), normalised, count(*), count(DISTINCT shopper),
       count(*) FILTER (WHERE d.clicked), count(*) FILTER (WHERE d.converted)
FROM touched t LEFT JOIN done d USING (name)
GROUP BY GROUPING SETS ((), (normalised))
ORDER BY 1 DESC, 3 DESC, normalised COLLATE "C" LIMIT %(most)s
"""


def rule_impact(*, key: str, live_since: datetime, as_of: datetime) -> RuleImpact:
    """What a rule did to searches since it is live: three statements.

    Args:
        key: of the rule.
        live_since: aware: its publication, or its start when that is later.
        as_of: aware.

    Raises:
        OperationalError: PostgreSQL gave up after ten seconds.
    """
    touched, queries = _touched(key, max(live_since, as_of - timedelta(days=MOST_DAYS)), as_of)
    first = live_since.astimezone(UTC).date() + timedelta(days=1)
    days = min(MOST_DAYS, (as_of.astimezone(UTC).date() - first).days)
    if days < 1 or not queries:
        return RuleImpact(touched, 0, None, None, ())
    # The day that it went live on is on neither side.
    before = first - timedelta(days=days + 1)
    sides = [_figures(queries, start, days) for start in (before, first)]
    return RuleImpact(touched, days, before, first, changes_of(sides[0], sides[1]))


def _touched(key: str, start: datetime, as_of: datetime) -> tuple[Touched, list[str]]:
    parameters: dict[str, Any] = {
        "rule": key,
        "low": uuid7_floor(start),
        "high": uuid7_floor(as_of),
        "attributed": uuid7_floor(as_of + timedelta(days=_ATTRIBUTION_DAYS)),
        "most": _MOST_QUERIES + 1,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{_TIMEOUT_S}s"])
        cursor.execute(_TOUCHED, parameters)
        (_, _, searches, shoppers, clicked, converted), *rows = cursor.fetchall()
    queries = [(str(row[1]), int(row[2])) for row in rows]
    touched = Touched(searches, shoppers, clicked, converted, tuple(queries[:_SHOWN]))
    return touched, [query for query, _ in queries if query]


def _figures(queries: list[str], start: date, days: int) -> Figures:
    rows = SearchDay.objects.filter(
        query__in=queries, day__gte=start, day__lt=start + timedelta(days=days)
    )
    sums = rows.aggregate(**{name: Sum(name, default=0) for name in COUNTS})
    return Figures(**sums)
