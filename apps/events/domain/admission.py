"""Which items are let in, and as which rows: their time, their identity, their partition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from apps.common.domain.uuid7 import uuid7_floor, uuid7_time
from apps.events.domain.event_id import (
    IdentityNeedsTime,
    client_uuid7,
    client_uuid7s,
    derived_identity,
)
from apps.events.domain.items import EventItem, Fault, item_fault
from apps.events.domain.months import Coverage

# A client's clock may be wrong by a time zone, not by more.
MAX_AHEAD = timedelta(hours=24)
# A UUIDv7 holds no time before 1970; nobody's events are older.
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Gate:
    """What admission is decided by, frozen for one request.

    Attributes:
        received_at: aware UTC, the server's clock.
        oldest: aware UTC; older events are beyond retention. None: kept for ever.
        coverage: ids that have a partition.
        first: aware UTC, the earliest time let in.
        last: aware UTC, the latest time let in.
        ids: [low, high) bounds of the UUIDs let in, as integers.
    """

    received_at: datetime
    oldest: datetime | None
    coverage: Coverage
    first: datetime = field(init=False)
    last: datetime = field(init=False)
    ids: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        """Reckon the bounds once: they hold for every item of the request."""
        first = max(self.oldest or _EARLIEST, _EARLIEST)
        last = self.received_at + MAX_AHEAD
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "last", last)
        ids = (uuid7_floor(first).int, uuid7_floor(last + _MILLISECOND).int)
        object.__setattr__(self, "ids", ids)


class StoredRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An admitted item as the row that the INSERT reads; absent fields stay NULL.

    A Struct, so that the rows of a request become its JSON text without a step between.
    """

    id: UUID
    type: str
    occurred_at: datetime
    received_at: datetime
    user_id: str | None = None
    client_id: str | None = None
    session_id: str | None = None
    query_id: str | None = None
    product_id: str | None = None
    position: int | None = None
    quantity: int | None = None
    value: Decimal | None = None
    currency: str | None = None
    experiment: str | None = None
    variant: str | None = None
    attributes: Mapping[str, object] | None = None


def items_admit(items: Sequence[EventItem | None], gate: Gate) -> list[StoredRow | Fault | None]:
    """`item_admit` of every item of a request, in order; None where an adapter refused it."""
    kept = client_uuid7s([None if item is None else item.event_id for item in items])
    return [
        None if item is None else _admit(item, identity, gate, None)
        for item, identity in zip(items, kept, strict=True)
    ]


def item_admit(item: EventItem, gate: Gate, *, line: int | None = None) -> StoredRow | Fault:
    """Decide one item.

    Args:
        item: as an adapter read it.
        gate: the frame of the request.
        line: 1-based line of an import's source; None for requests.
    """
    return _admit(item, client_uuid7(item.event_id), gate, line)


def _admit(item: EventItem, kept: UUID | None, gate: Gate, line: int | None) -> StoredRow | Fault:
    moment = item.occurred_at
    if fault := item_fault(item):
        return fault
    if moment is not None and not gate.first <= moment <= gate.last:
        return _out_of_time("occurred_at", late=moment > gate.last)
    try:
        event_id = kept or derived_identity(item, line=line)
    except IdentityNeedsTime:
        return Fault(
            "occurred_at",
            "required",
            "Without a UUIDv7 as event_id an event carries its own occurred_at.",
        )
    if fault := _id_fault(event_id, gate, item):
        return fault
    if moment is None:
        moment = uuid7_time(event_id)
    elif moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return _row(item, event_id, moment, gate.received_at)


def _row(item: EventItem, event_id: UUID, occurred_at: datetime, now: datetime) -> StoredRow:
    return StoredRow(
        event_id,
        item.type,
        occurred_at,
        now,
        item.user_id,
        item.client_id,
        item.session_id,
        item.query_id,
        item.product_id,
        item.position,
        item.quantity,
        item.value,
        item.currency,
        item.experiment,
        item.variant,
        item.attributes or None,
    )


def _id_fault(event_id: UUID, gate: Gate, item: EventItem) -> Fault | None:
    low, high = gate.ids
    inside = low <= event_id.int < high
    if inside and gate.coverage.holds(event_id):
        return None
    where = "occurred_at" if item.event_id is None else "event_id"
    if inside:
        return Fault(where, "no_partition", "No partition holds events of this time.")
    return _out_of_time(where, late=event_id.int >= high)


def _out_of_time(where: str, *, late: bool) -> Fault:
    if late:
        return Fault(where, "in_future", "The time lies more than 24 hours in the future.")
    return Fault(where, "too_old", "The time lies before what is retained.")
