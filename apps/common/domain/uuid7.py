"""UUIDv7 identity: time first, so that ids sort by time and name their partition."""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MAX_MS = (1 << 48) - 1
_VERSION = 7


class TimeOutOfRange(ValueError):
    """The time does not fit the 48-bit millisecond field of a UUIDv7."""


def milliseconds_since_epoch(moment: datetime) -> int:
    """Whole milliseconds from 1970-01-01T00:00Z to an aware `moment`."""
    return (moment - _EPOCH) // _MILLISECOND


def uuid7_at(moment: datetime, tail: bytes) -> UUID:
    """A UUIDv7 at `moment` whose 74 free bits come from `tail`.

    Args:
        moment: aware datetime, millisecond resolution is kept.
        tail: at least 10 bytes; the same bytes give the same id.

    Raises:
        TimeOutOfRange: before 1970 or past the year 10889.
        ValueError: fewer than 10 bytes.

    Source: RFC 9562, section 5.7.
    """
    unix_ms = milliseconds_since_epoch(moment)
    if not 0 <= unix_ms <= _MAX_MS:
        raise TimeOutOfRange(f"{moment.isoformat()} does not fit a UUIDv7")
    if len(tail) < 10:  # noqa: PLR2004 - 74 bits, rounded up to bytes
        raise ValueError("uuid7_at needs ten bytes")
    free = int.from_bytes(tail[:10], "big")
    rand_a = free >> 62 & 0xFFF
    rand_b = free & ((1 << 62) - 1)
    return UUID(int=unix_ms << 80 | _VERSION << 76 | rand_a << 64 | 0b10 << 62 | rand_b)


def uuid7_new(now: datetime) -> UUID:
    """A fresh UUIDv7 at `now`."""
    return uuid7_at(now, secrets.token_bytes(10))


def uuid7_time(identifier: UUID) -> datetime:
    """The millisecond a UUIDv7 carries.

    Raises:
        ValueError: not a version 7 UUID.
    """
    if identifier.version != _VERSION:
        raise ValueError(f"{identifier} is not a UUIDv7")
    return _EPOCH + (identifier.int >> 80) * _MILLISECOND


def uuid7_floor(moment: datetime) -> UUID:
    """The smallest UUID of `moment`'s millisecond: a partition's bound."""
    return UUID(int=milliseconds_since_epoch(moment) << 80)
