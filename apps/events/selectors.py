"""Reads of events: partitions, recent rows, interaction scores."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.common.snapshots import Snapshot
from apps.events.contracts import (
    INTERACTION_WEIGHTS,
    Event,
    EventType,
    PartitionSpan,
    QueryLogEntry,
)
from apps.events.contracts_companions import companion_tables
from apps.events.domain.identity import IdentityMap, Sighting, identity_map
from apps.events.domain.identity_sql import EVENT_TABLE, QUERY_LOG_TABLE
from apps.events.domain.months import Coverage, coverage_of, span_from_name
from apps.events.models import Event as EventRow
from apps.events.models import QueryLog

PARTITIONED = (EVENT_TABLE, QUERY_LOG_TABLE)
PARTITIONS_VERSION = "events:partitions"

_SPANS = """
    SELECT child.relname
    FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    WHERE inhparent = %s::regclass
    ORDER BY child.relname
"""


def partition_spans(table: str) -> tuple[PartitionSpan, ...]:
    """The partitions of one table, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_SPANS, [table])
        spans = (span_from_name(table, name) for (name,) in cursor.fetchall())
        return tuple(span for span in spans if span is not None)


def tables_exist() -> bool:
    """Whether the migrations that make the logs have run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM unnest(%s::text[]) AS t (n) WHERE to_regclass(n) IS NOT NULL",
            [list(PARTITIONED)],
        )
        row = cursor.fetchone()
    return row is not None and row[0] == len(PARTITIONED)


_PRESENT = "SELECT n FROM unnest(%s::text[]) AS t (n) WHERE to_regclass(n) IS NOT NULL"


def tables_wanted() -> tuple[str, ...]:
    """Both logs and what other apps keep beside them."""
    return (*PARTITIONED, *(each.table for each in companion_tables()))


def tables_partitioned() -> tuple[str, ...]:
    """The same, as far as migrations have made them."""
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT, [list(tables_wanted())])
        return tuple(name for (name,) in cursor.fetchall())


def _coverages_load() -> dict[str, Coverage]:
    return {table: coverage_of(partition_spans(table)) for table in tables_partitioned()}


_coverages = Snapshot("events_partitions", _coverages_load, versions=(PARTITIONS_VERSION,))


def coverage(table: str = EVENT_TABLE) -> Coverage:
    """Which ids have a partition, from this process's memory."""
    return _coverages.get()[table]


def coverage_of_table(table: str) -> Coverage:
    """The same of any table; of one that is not there, nothing."""
    return _coverages.get().get(table, coverage_of(()))


def coverage_forget() -> None:
    """Read the partitions again at the next use: a row that should fit did not."""
    _coverages.forget()


_SCORES = f"""
    SELECT product_id,
           sum(weight * exp(%(decay)s::float8
               * extract(epoch FROM %(as_of)s - occurred_at)::float8))
    FROM {EVENT_TABLE}
    JOIN unnest(%(types)s::text[], %(weights)s::float8[]) AS w (kind, weight) ON type = kind
    WHERE occurred_at >= %(start)s AND occurred_at < %(as_of)s
      AND product_id IS NOT NULL AND type = ANY (%(types)s)
    GROUP BY product_id
    ORDER BY product_id
"""  # fmt: skip


def product_interaction_scores(
    *, as_of: datetime, window_days: int, half_life_days: float
) -> list[tuple[str, float]]:
    """Decayed interactions of every product that had any in the window.

    An event weighs its type's weight times 2^(-age / half-life); purchase 3, add_to_cart 2,
    view and click 1.

    Args:
        as_of: the window's end, exclusive; aware.
        window_days: its length in days.
        half_life_days: after this many days an event weighs half.
    """
    params: dict[str, Any] = {
        "as_of": as_of,
        "start": as_of - timedelta(days=window_days),
        # float8 throughout: numeric powers take ten times as long.
        "decay": -math.log(2) / (half_life_days * 86_400),
        "types": [kind.value for kind in INTERACTION_WEIGHTS],
        "weights": list(INTERACTION_WEIGHTS.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SCORES, params)
        return [(product_id, float(score)) for product_id, score in cursor.fetchall()]


def events_count() -> int:
    """All events, exactly: reads every partition. For commands and tests, never for a page."""
    return EventRow.objects.count()


def events_exist() -> bool:
    """Whether there is any event at all; cheap."""
    return EventRow.objects.exists()


_ESTIMATE = """
    SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = %s::regclass
"""


def rows_estimate(table: str) -> int:
    """About how many rows a table holds, from the planner's statistics; cheap."""
    with connection.cursor() as cursor:
        cursor.execute(_ESTIMATE, [table])
        row = cursor.fetchone()
    return math.floor(row[0]) if row else 0


def events_recent(
    *, limit: int, types: Iterable[EventType] = (), before: datetime | None = None
) -> list[Event]:
    """The newest events by time, newest first."""
    rows = EventRow.objects.order_by("-id")
    if kinds := [kind.value for kind in types]:
        rows = rows.filter(type__in=kinds)
    if before is not None:
        rows = rows.filter(occurred_at__lt=before)
    return [_event(row) for row in rows[:limit]]


def _event(row: EventRow) -> Event:
    return Event(
        event_id=row.id,
        type=EventType(row.type),
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        user_id=row.user_id,
        client_id=row.client_id,
        session_id=row.session_id,
        query_id=row.query_id,
        product_id=row.product_id,
        position=row.position,
        quantity=row.quantity,
        value=row.value,
        currency=row.currency,
        experiment=row.experiment,
        variant=row.variant,
        attributes=row.attributes,
    )


def query_log_recent(*, limit: int, before: datetime | None = None) -> list[QueryLogEntry]:
    """The newest logged searches, newest first."""
    rows = QueryLog.objects.order_by("-id")
    if before is not None:
        rows = rows.filter(occurred_at__lt=before)
    return [_entry(row) for row in rows[:limit]]


def query_log_entry(query_id: UUID) -> QueryLogEntry | None:
    """The logged search of this id; None when there is none (yet)."""
    row = QueryLog.objects.filter(pk=query_id).first()
    return None if row is None else _entry(row)


def _entry(row: QueryLog) -> QueryLogEntry:
    fields: dict[str, Any] = {
        field.name: getattr(row, field.name)
        for field in row._meta.concrete_fields  # noqa: SLF001 - Django's public model API
    }
    fields["query_id"] = fields.pop("id")
    for name in ("product_ids", "positions", "degraded", "experiments", "applied_rules"):
        fields[name] = tuple(fields[name])
    fields["synonyms"] = tuple((word, other) for word, other in fields["synonyms"])
    if fields["features"] is not None:
        fields["features"] = bytes(fields["features"])
    return QueryLogEntry(**fields)


_SIGHTINGS = f"""
    SELECT client_id, user_id, occurred_at
    FROM (
        SELECT client_id, user_id, occurred_at,
               lag(user_id) OVER (
                   PARTITION BY client_id ORDER BY occurred_at, user_id COLLATE "C") AS before
        FROM {EVENT_TABLE}
        WHERE client_id IS NOT NULL AND user_id IS NOT NULL AND occurred_at < %s
    ) AS seen
    WHERE before IS DISTINCT FROM user_id
"""


def client_identities(*, until: datetime) -> IdentityMap:
    """Who was seen on which client before `until`; see `domain.identity`."""
    with connection.cursor() as cursor:
        cursor.execute(_SIGHTINGS, [until])
        return identity_map(Sighting(*row) for row in cursor.fetchall())


def transaction_horizon() -> int:
    """Rows of transactions that are still open are stamped at or above this (ADR 10)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
