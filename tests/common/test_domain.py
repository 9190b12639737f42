from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.breaker import CircuitBreaker
from apps.common.domain.traceparent import (
    span_id_new,
    trace_id_new,
    traceparent_format,
    traceparent_parse,
)
from apps.common.domain.uuid7 import (
    TimeOutOfRange,
    uuid7_at,
    uuid7_floor,
    uuid7_new,
    uuid7_time,
)

moments = st.datetimes(datetime(1970, 1, 1), datetime(2400, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
tails = st.binary(min_size=10, max_size=32)


def test_uuid7_matches_the_example_of_rfc_9562() -> None:
    # RFC 9562, appendix A.6: unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=0x017F22E279B0)
    free = 0xCC3 << 62 | 0x18C4DC0C0C07398F
    assert uuid7_at(moment, free.to_bytes(10, "big")) == UUID(
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F"
    )


@given(moments, tails)
def test_uuid7_carries_its_millisecond_version_and_variant(moment: datetime, tail: bytes) -> None:
    identifier = uuid7_at(moment, tail)
    assert identifier.version == 7
    assert identifier.variant == "specified in RFC 4122"
    assert abs(uuid7_time(identifier) - moment) < timedelta(milliseconds=1)
    assert uuid7_at(moment, tail) == identifier
    assert uuid7_floor(moment) <= identifier < uuid7_floor(moment + timedelta(milliseconds=1))


def test_uuid7_refuses_what_it_cannot_carry() -> None:
    with pytest.raises(TimeOutOfRange):
        uuid7_at(datetime(1969, 12, 31, tzinfo=UTC), bytes(10))
    with pytest.raises(ValueError, match="ten bytes"):
        uuid7_at(datetime(2026, 1, 1, tzinfo=UTC), bytes(9))
    with pytest.raises(ValueError, match="not a UUIDv7"):
        uuid7_time(UUID("00000000-0000-4000-8000-000000000000"))


def test_new_uuid7s_differ() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert uuid7_new(now) != uuid7_new(now)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_breaker_opens_probes_once_and_closes() -> None:
    clock = Clock()
    breaker = CircuitBreaker("x", clock, failure_threshold=2, reset_after_s=5)
    breaker.failed()
    assert breaker.allows()
    assert not breaker.is_open
    breaker.failed()
    assert not breaker.allows()
    clock.now = 5.0
    assert breaker.allows()
    assert not breaker.allows(), "one probe at a time"
    breaker.failed()
    assert not breaker.allows()
    clock.now = 10.0
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.allows()
    breaker.failed()
    breaker.reset()
    assert not breaker.is_open


def test_traceparent_round_trips() -> None:
    trace_id, span_id = trace_id_new(), span_id_new()
    for sampled in (True, False):
        header = traceparent_format(trace_id, span_id, sampled=sampled)
        parsed = traceparent_parse(header)
        assert parsed is not None
        assert (parsed.trace_id, parsed.span_id, parsed.sampled) == (trace_id, span_id, sampled)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    ],
)
def test_a_malformed_traceparent_starts_a_new_trace(header: str) -> None:
    assert traceparent_parse(header) is None


def test_a_later_version_may_say_more() -> None:
    header = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"
    assert traceparent_parse(header) is not None


@given(st.text(max_size=80))
def test_reading_a_traceparent_never_fails(header: str) -> None:
    traceparent_parse(header)
