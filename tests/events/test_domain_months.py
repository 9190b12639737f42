from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.uuid7 import uuid7_at
from apps.events.contracts import PartitionSpan
from apps.events.domain.months import (
    coverage_of,
    month_add,
    month_start,
    months_between,
    partition_span,
    span_from_name,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(10**15, 3 * 10**15).map(lambda us: EPOCH + timedelta(microseconds=us))


def test_a_month_starts_at_midnight_utc() -> None:
    paris = timezone(timedelta(hours=1))
    assert month_start(datetime(2026, 3, 1, 0, 30, tzinfo=paris)) == datetime(
        2026, 2, 1, tzinfo=UTC
    )


@given(MOMENTS, st.integers(-60, 60))
def test_adding_months_can_be_undone(moment: datetime, months: int) -> None:
    assert month_add(month_add(moment, months), -months) == month_start(moment)


@given(MOMENTS, st.integers(0, 30))
def test_months_between_are_adjacent(moment: datetime, count: int) -> None:
    months = list(months_between(moment, month_add(moment, count)))
    assert len(months) == count + 1
    assert all(month_add(a, 1) == b for a, b in pairwise(months))


@given(MOMENTS)
def test_a_partition_can_be_read_from_its_name(moment: datetime) -> None:
    span = partition_span("events_event", month_start(moment))
    assert span_from_name("events_event", span.name) == span


def test_foreign_names_are_no_partition() -> None:
    assert span_from_name("events_event", "events_event_old") is None


@given(MOMENTS, st.binary(min_size=10, max_size=10), st.integers(1, 4))
def test_coverage_holds_exactly_its_months(moment: datetime, tail: bytes, count: int) -> None:
    spans: list[PartitionSpan] = [
        partition_span("t", start)
        for start in months_between(moment, month_add(moment, count - 1))
    ]
    covered = coverage_of(reversed(spans))
    assert len(covered.ranges) == 1
    assert covered.holds(uuid7_at(moment, tail))
    assert covered.holds(uuid7_at(spans[-1].ends - timedelta(milliseconds=1), tail))
    assert not covered.holds(uuid7_at(spans[-1].ends, tail))
    assert not covered.holds(uuid7_at(spans[0].starts - timedelta(milliseconds=1), tail))


def test_a_gap_makes_two_ranges() -> None:
    spans = [partition_span("t", datetime(2026, month, 1, tzinfo=UTC)) for month in (1, 2, 5)]
    covered = coverage_of(spans)
    assert len(covered.ranges) == 2
    assert not covered.holds(uuid7_at(datetime(2026, 3, 3, tzinfo=UTC), bytes(10)))
