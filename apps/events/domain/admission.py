"""Which times are let in: not the future, not beyond retention, only where a partition is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from apps.common.domain.uuid7 import uuid7_floor, uuid7_time
from apps.events.domain.event_id import IdentityNeedsTime, event_identity
from apps.events.domain.items import EventItem, Fault, item_fault
from apps.events.domain.months import Coverage

# A client's clock may be wrong by a time zone, not by more.
MAX_AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Gate:
    """What admission is decided by, frozen for one request.

    Attributes:
        received_at: aware UTC, the server's clock.
        oldest: aware UTC; older events are beyond retention. None: kept for ever.
        coverage: ids that have a partition.
    """

    received_at: datetime
    oldest: datetime | None
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Admitted:
    """An item that can be stored, with its identity and its time in UTC."""

    event_id: UUID
    occurred_at: datetime
    item: EventItem


def item_admit(item: EventItem, gate: Gate, *, line: int | None = None) -> Admitted | Fault:
    """Decide one item.

    Args:
        item: as an adapter read it.
        gate: the frame of the request.
        line: 1-based line of an import's source; None for requests.
    """
    if fault := item_fault(item):
        return fault
    if item.occurred_at is not None and (fault := _time_fault(item.occurred_at, gate)):
        return fault
    try:
        event_id = event_identity(item, line=line)
    except IdentityNeedsTime:
        return Fault(
            "occurred_at",
            "required",
            "Without a UUIDv7 as event_id an event carries its own occurred_at.",
        )
    if fault := _id_fault(event_id, gate, kept=item.event_id is not None):
        return fault
    occurred_at = item.occurred_at.astimezone(UTC) if item.occurred_at else uuid7_time(event_id)
    return Admitted(event_id, occurred_at, item)


# A UUIDv7 holds no time before 1970; nobody's events are older.
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)


def _time_fault(occurred_at: datetime, gate: Gate) -> Fault | None:
    if occurred_at > gate.received_at + MAX_AHEAD:
        return _future("occurred_at")
    if occurred_at < (gate.oldest or _EARLIEST):
        return _too_old("occurred_at")
    return None


def _id_fault(event_id: UUID, gate: Gate, *, kept: bool) -> Fault | None:
    where = "event_id" if kept else "occurred_at"
    if event_id.int >= _floor(gate.received_at + MAX_AHEAD + timedelta(milliseconds=1)):
        return _future(where)
    if event_id.int < _floor(gate.oldest or _EARLIEST):
        return _too_old(where)
    if not gate.coverage.holds(event_id):
        return Fault(where, "no_partition", "No partition holds events of this time.")
    return None


@lru_cache(maxsize=64)
def _floor(moment: datetime) -> int:
    # The same two moments for every item of a request.
    return uuid7_floor(moment).int


def _future(where: str) -> Fault:
    return Fault(where, "in_future", "The time lies more than 24 hours in the future.")


def _too_old(where: str) -> Fault:
    return Fault(where, "too_old", "The time lies before what is retained.")
