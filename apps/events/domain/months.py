"""Months as partitions: their names, their bounds, and what lies in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from apps.common.domain.uuid7 import uuid7_floor
from apps.events.contracts import PartitionSpan

_MONTHS = 12


def month_start(moment: datetime) -> datetime:
    """Midnight UTC of the first day of the month of an aware `moment`."""
    utc = moment.astimezone(UTC)
    return datetime(utc.year, utc.month, 1, tzinfo=UTC)


def month_add(moment: datetime, months: int) -> datetime:
    """The start of the month that lies `months` after (before, when negative) `moment`'s."""
    start = month_start(moment)
    count = start.year * _MONTHS + start.month - 1 + months
    return datetime(count // _MONTHS, count % _MONTHS + 1, 1, tzinfo=UTC)


def months_between(first: datetime, last: datetime) -> Iterator[datetime]:
    """Starts of all months from that of `first` to that of `last`, both included."""
    start, stop = month_start(first), month_start(last)
    while start <= stop:
        yield start
        start = month_add(start, 1)


def partition_span(table: str, start: datetime) -> PartitionSpan:
    """The partition of `table` for the month that begins at `start`."""
    return PartitionSpan(f"{table}_{start:%Y_%m}", start, month_add(start, 1))


def span_from_name(table: str, name: str) -> PartitionSpan | None:
    """The span of a partition named by `partition_span`; None for a foreign name."""
    suffix = name.removeprefix(f"{table}_")
    try:
        start = datetime.strptime(suffix, "%Y_%m").replace(tzinfo=UTC)
    except ValueError:
        return None
    return partition_span(table, start)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The ids that have a partition.

    Attributes:
        ranges: ascending, disjoint [low, high) bounds of UUIDs as integers.
    """

    ranges: tuple[tuple[int, int], ...]

    def holds(self, identifier: UUID) -> bool:
        """Whether a row of this id could be stored."""
        number = identifier.int
        # Newest first: live events are nearly always in the last range.
        for low, high in reversed(self.ranges):  # noqa: SIM110 - asked of every event; any() costs three times this
            if low <= number < high:
                return True
        return False


def coverage_of(spans: Iterable[PartitionSpan]) -> Coverage:
    """Adjacent months joined into ranges."""
    ranges: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda span: span.starts):
        low, high = uuid7_floor(span.starts).int, uuid7_floor(span.ends).int
        if ranges and ranges[-1][1] == low:
            low = ranges.pop()[0]
        ranges.append((low, high))
    return Coverage(tuple(ranges))
