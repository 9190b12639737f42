"""What every adapter returns, and what adapters share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apps.events.contracts import EventType, ItemError
from apps.events.domain.items import EventItem, Fault

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_MS = 253_402_300_799_000  # the last second of the year 9999, datetime's end


class ShapeUnreadable(ValueError):
    """The request as a whole is not of the shape it claims.

    Attributes:
        field: what to mend.
        message: one sentence for a person.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Reading:
    """A request's items in our shape.

    Attributes:
        items: in order; None where one was refused.
        errors: why, by index.
        read_as: how the adapter understood what is ambiguous.
        prefixes: for nested shapes, where each item stood in the body; empty otherwise.
        names: our field to the caller's, where they differ.
    """

    items: list[EventItem | None]
    errors: list[ItemError]
    read_as: Mapping[str, str | int] = field(default_factory=dict)
    prefixes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def error(self, index: int, fault: Fault) -> ItemError:
        """A later fault of the item at `index`, in the caller's words."""
        prefix = self.prefixes[index] if self.prefixes else ""
        where = self.names.get(fault.field, fault.field)
        return ItemError(index, prefix + where, fault.code, fault.message)


@dataclass(frozen=True, slots=True)
class OrdinalStart:
    """Where the caller's positions start: sources disagree, so it is declared and reported.

    Attributes:
        start: 0 or 1.
        declared_by: `request`, or `default` of the shape.
    """

    start: int
    declared_by: str

    def position(self, ordinal: int) -> int | None:
        """1-based position; None when the ordinal lies before the declared start."""
        return ordinal - self.start + 1 if ordinal >= self.start else None

    def report(self, shape: str) -> dict[str, str | int]:
        """What the answer says about how positions were read."""
        return {
            "shape": shape,
            "ordinal_start": self.start,
            "ordinal_start_from": self.declared_by,
        }


def moment_from_ms(milliseconds: int) -> datetime | None:
    """Aware UTC from milliseconds since 1970; None when no datetime can say it."""
    if not 0 <= milliseconds <= _MAX_MS:
        return None
    return _EPOCH + timedelta(milliseconds=milliseconds)


def moment_from_us(microseconds: int) -> datetime | None:
    """Aware UTC from microseconds since 1970; None when no datetime can say it."""
    if not 0 <= microseconds <= _MAX_MS * 1000:
        return None
    return _EPOCH + timedelta(microseconds=microseconds)


def event_type_of(name: str) -> EventType | None:
    """Our type of this name, or None."""
    try:
        return EventType(name)
    except ValueError:
        return None
