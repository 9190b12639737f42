"""Partitions come before their month and go, when a setting says so, after retention."""

from datetime import datetime

import structlog
from django.conf import settings
from django.db import connection, transaction

from apps.common.services import version_bump
from apps.events.contracts import PartitionSpan
from apps.events.contracts_companions import companion_tables
from apps.events.domain.identity_sql import EVENT_TABLE, QUERY_LOG_TABLE
from apps.events.domain.months import month_add, months_between, partition_span
from apps.events.selectors import PARTITIONS_VERSION, partition_spans, tables_partitioned

logger = structlog.get_logger(__name__)

# How far live tables reach around now, in months.
MONTHS_BEHIND = 1
MONTHS_AHEAD = 2
_LOCK = 0x656E_6463  # "endc": one process at a time changes partitions


def partitions_ensure(
    *, first: datetime, last: datetime, tables: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """Create what is missing for the months from `first` to `last`; the new partitions' names.

    A partition is made beside its table and then attached, which blocks neither readers nor
    writers. Without `tables` those of both logs and of what is kept beside them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        created: list[str] = []
        for table in tables_partitioned() if tables is None else tables:
            present = {span.name for span in partition_spans(table)}
            for start in months_between(first, last):
                span = partition_span(table, start)
                if span.name not in present:
                    _partition_create(table, span)
                    created.append(span.name)
        if created:
            version_bump(PARTITIONS_VERSION)
    if created:
        logger.info("events_partitions_created", partitions=created)
    return tuple(created)


def partitions_ensure_around(now: datetime) -> tuple[str, ...]:
    """The months a live installation needs around `now`."""
    return partitions_ensure(
        first=month_add(now, -MONTHS_BEHIND), last=month_add(now, MONTHS_AHEAD)
    )


def _partition_create(table: str, span: PartitionSpan) -> None:
    from apps.common.domain.uuid7 import uuid7_floor

    low, high = uuid7_floor(span.starts), uuid7_floor(span.ends)
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE TABLE "{span.name}" (LIKE {table} INCLUDING ALL)')
        # Bounds are constants of the statement's grammar; both are UUIDs of our own making.
        cursor.execute(
            f'ALTER TABLE {table} ATTACH PARTITION "{span.name}" '
            f"FOR VALUES FROM ('{low}') TO ('{high}')"
        )


def retention_start(now: datetime, months: int) -> datetime | None:
    """Start of the oldest month that is kept; None keeps all."""
    return month_add(now, -months) if months > 0 else None


def partitions_drop_expired(*, now: datetime) -> tuple[str, ...]:
    """Drop the partitions that lie wholly before retention; their names."""
    kept = {
        EVENT_TABLE: retention_start(now, settings.EVENT_RETENTION_MONTHS),
        QUERY_LOG_TABLE: retention_start(now, settings.QUERY_LOG_RETENTION_MONTHS),
        **{
            each.table: retention_start(now, each.retention_months())
            for each in companion_tables()
        },
    }
    dropped: list[str] = []
    for table in tables_partitioned():
        start = kept[table]
        for span in partition_spans(table):
            if start is not None and span.ends <= start:
                _partition_drop(table, span)
                dropped.append(span.name)
    if dropped:
        logger.warning("events_partitions_dropped", partitions=dropped)
    return tuple(dropped)


def _partition_drop(table: str, span: PartitionSpan) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # Detaching needs the parent's lock for a moment: rather give up and come back tomorrow
        # than hold up every writer behind one long reader.
        cursor.execute("SET LOCAL lock_timeout = '3s'")
        cursor.execute(f'ALTER TABLE {table} DETACH PARTITION "{span.name}"')
        cursor.execute(f'DROP TABLE "{span.name}"')
        version_bump(PARTITIONS_VERSION)
