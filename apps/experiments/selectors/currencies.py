"""The currencies of the events that money metrics add up."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from apps.experiments.contracts.metrics import MetricVersionView

MONEY = "money"
_DAYS, _A_DAY = 28, 500
# A few hundred of every day: all events of a run would be read for one word. Days without any
# are looked through whole.
_SEEN = f"""
SELECT found.currency, count(*)
  FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz, interval '1 day') AS day
 CROSS JOIN LATERAL (
       SELECT e.currency FROM events_event e
        WHERE e.occurred_at >= day AND e.occurred_at < day + interval '1 day'
          AND e.occurred_at <= %(until)s
          AND e.type = ANY(%(types)s) AND e.currency IS NOT NULL AND e.value IS NOT NULL
        LIMIT {_A_DAY}) AS found
 WHERE day > %(until)s::timestamptz - interval '{_DAYS} days'
 GROUP BY found.currency
"""


def currencies_seen(
    metrics: Sequence[MetricVersionView], *, since: datetime | None, as_of: datetime
) -> dict[str, int]:
    """Currency → sampled events of a run's last four weeks; no statement without money metrics."""
    types = {
        kind
        for metric in metrics
        if metric.definition.format == MONEY
        for kind in metric.definition.numerator.event_types
    }
    if not types or since is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, {"since": since, "until": as_of, "types": sorted(types)})
        return dict(cursor.fetchall())
