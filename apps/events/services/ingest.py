"""Ingestion: validate, identify, one INSERT, and an answer only after its commit."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

import msgspec
import prometheus_client
from django.conf import settings
from django.db import IntegrityError, connection

from apps.common.errors import InvalidInput, Unavailable
from apps.events.contracts import Event, IngestResult, ItemError, Shape
from apps.events.domain.adapters import OrdinalStart, Reading
from apps.events.domain.admission import Gate, StoredRow, items_admit
from apps.events.domain.ga4 import DEFAULT_START as GA4_START
from apps.events.domain.ga4 import ga4_read
from apps.events.domain.items import MAX_ITEMS, Fault, items_read
from apps.events.domain.ubi import DEFAULT_START as UBI_START
from apps.events.domain.ubi import ubi_read
from apps.events.selectors import coverage, coverage_forget
from apps.events.services.partitions import retention_start
from apps.events.services.sessions import sessions_follow

events_total = prometheus_client.Counter(
    "endcap_events_total", "Items of ingest requests by what became of them.", ["outcome", "type"]
)


# Rows travel as one JSON text: half the time of unnest over 16 arrays (ADR 5). Being part of
# the statement, set_config keeps the promise of durability whatever the server's default is,
# and holds for this statement's transaction only.
_INSERT = """
    INSERT INTO events_event (
        id, type, occurred_at, received_at, user_id, client_id, session_id, query_id,
        product_id, position, quantity, value, currency, experiment, variant, attributes)
    SELECT id, type, occurred_at, received_at, user_id, client_id, session_id, query_id,
        product_id, position, quantity, value, currency, experiment, variant,
        coalesce(attributes, '{}')
    FROM json_to_recordset(%s::json) AS item (
        id uuid, type text, occurred_at timestamptz, received_at timestamptz, user_id text,
        client_id text, session_id text, query_id text, product_id text, position integer,
        quantity integer, value numeric, currency text, experiment text, variant text,
        attributes jsonb)
    CROSS JOIN (SELECT set_config('synchronous_commit', 'on', true)) AS durable
    ON CONFLICT (id) DO NOTHING
"""


def events_ingest(
    *,
    items: Sequence[Mapping[str, object]],
    received_at: datetime,
    shape: str = "native",
    atomic: bool = False,
    ordinal_start: int | None = None,
) -> IngestResult:
    """Store the good items of one request; durable when this returns outside a transaction.

    Args:
        items: decoded JSON objects; for GA4 whole request bodies (one, normally).
        received_at: aware UTC, the server's clock.
        shape: how the items are written, a `Shape`.
        atomic: refuse all of them when one is bad.
        ordinal_start: where the caller's positions start (UBI, GA4); None: the shape's default.

    Raises:
        InvalidInput: too many items; or one was bad and `atomic` was asked.
        ShapeUnreadable: a GA4 body whose frame is wrong.
        Unavailable: a partition is missing that the catalogue of partitions promises.
    """
    _count_check(len(items))
    reading = _read(items, Shape(shape), ordinal_start)
    _count_check(len(reading.items))
    return reading_ingest(reading=reading, received_at=received_at, atomic=atomic)


def _count_check(count: int) -> None:
    if count > MAX_ITEMS:
        raise InvalidInput(
            f"A request carries at most {MAX_ITEMS} events; this one carries {count}.",
            field="events",
            code="too_many_items",
            limit=MAX_ITEMS,
        )


def _read(
    items: Sequence[Mapping[str, object]], shape: Shape, ordinal_start: int | None
) -> Reading:
    if shape is Shape.NATIVE:
        read, errors = items_read(items)
        return Reading(read, errors, {"shape": "native", "ordinal_start": 1})
    default = UBI_START if shape is Shape.UBI else GA4_START
    start = (
        OrdinalStart(default, "default")
        if ordinal_start is None
        else OrdinalStart(ordinal_start, "request")
    )
    if shape is Shape.UBI:
        return ubi_read(items, start)
    (body,) = items
    return ga4_read(body, start)


def reading_ingest(*, reading: Reading, received_at: datetime, atomic: bool) -> IngestResult:
    """Admit and store what an adapter read."""
    admitted, errors = _admit(reading, gate_now(received_at))
    if errors and atomic:
        raise _refusal(errors)
    rows = [row for row in admitted if row is not None]
    stored = rows_store(rows)
    sessions_follow(rows, stored=stored)
    _count(rows, stored, len(errors))
    return IngestResult(
        stored=stored,
        replayed=len(rows) - stored,
        errors=tuple(errors),
        event_ids=tuple([None if row is None else row.id for row in admitted]),
        read_as=reading.read_as,
    )


def gate_now(received_at: datetime) -> Gate:
    """The frame of a live request."""
    return Gate(
        received_at=received_at,
        oldest=retention_start(received_at, settings.EVENT_RETENTION_MONTHS),
        coverage=coverage(),
    )


def _admit(reading: Reading, gate: Gate) -> tuple[list[StoredRow | None], list[ItemError]]:
    verdicts = items_admit(reading.items, gate)
    faults = [
        reading.error(index, verdict)
        for index, verdict in enumerate(verdicts)
        if isinstance(verdict, Fault)
    ]
    admitted = [None if isinstance(verdict, Fault) else verdict for verdict in verdicts]
    return admitted, sorted([*reading.errors, *faults], key=lambda error: error.index)


def _refusal(errors: list[ItemError]) -> InvalidInput:
    first = errors[0]
    return InvalidInput(
        f"Nothing was stored: {first.message}",
        field=first.field,
        code=first.code,
        index=first.index,
        errors=msgspec.to_builtins(errors),
    )


def row_of_event(event: Event) -> StoredRow:
    """The row of an event that is already in our terms (exposures)."""
    fields = {name: getattr(event, name) for name in StoredRow.__struct_fields__ if name != "id"}
    fields["type"] = event.type.value
    fields["attributes"] = event.attributes or None
    return StoredRow(id=event.event_id, **fields)


def rows_store(rows: Sequence[StoredRow]) -> int:
    """Insert what is new, in one statement and so one transaction; how many were."""
    if not rows:
        return 0
    # One order for everybody: overlapping replays wait for each other and never deadlock.
    payload = msgspec.json.encode(sorted(rows, key=lambda row: row.id.int)).decode()
    try:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [payload])
            return int(cursor.rowcount)
    except IntegrityError as error:
        # The one check that the rows can fail: their partition was dropped a moment ago.
        coverage_forget()
        raise Unavailable(
            "A partition went away meanwhile; send the request again.", code="no_partition"
        ) from error


def _count(rows: Sequence[StoredRow], stored: int, refused: int) -> None:
    for kind, count in Counter(row.type for row in rows).items():
        _outcome("accepted", kind).inc(count)
    if replayed := len(rows) - stored:
        _outcome("replayed", "").inc(replayed)
    if refused:
        _outcome("refused", "").inc(refused)


@cache
def _outcome(outcome: str, kind: str) -> prometheus_client.Counter:
    # A look-up of labels costs more than the increment, and there are a dozen of them.
    return events_total.labels(outcome, kind)
