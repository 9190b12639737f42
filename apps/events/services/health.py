"""Health of events: a month without a partition refuses every event."""

from collections.abc import Iterator
from datetime import datetime

from django.db import Error as DatabaseFailure
from django.utils import timezone

from apps.common.contracts import HealthReport
from apps.events.domain.months import month_add, months_between, partition_span
from apps.events.selectors import partition_spans, tables_wanted

_NAME = "events_partitions"


def partitions_check() -> HealthReport:
    """Partitions exist for this month and the next."""
    now = timezone.now()
    try:
        missing = [
            span.name
            for table in tables_wanted()
            for span in (partition_span(table, start) for start in _months(now))
            if span not in partition_spans(table)
        ]
    except DatabaseFailure as error:
        return HealthReport(_NAME, ok=False, required=False, detail=type(error).__name__)
    detail = f"missing: {', '.join(missing)}; run the job events_partitions" if missing else ""
    return HealthReport(_NAME, ok=not missing, required=False, detail=detail)


def _months(now: datetime) -> Iterator[datetime]:
    return months_between(now, month_add(now, 1))
