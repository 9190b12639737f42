import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.access import limiter
from apps.access.contracts import Principal, RateVerdict, Scope
from apps.access.domain.limits import WindowCount, window_take
from apps.common.errors import RateLimited
from apps.common.redis import redis_client
from tests.redis_writes import writes_recorded

GAPS = st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=80)
LIMITS = st.integers(1, 20)
MINUTE = 29_000_000 * 60.0


def caller(limit: int, key_id: int = 7) -> Principal:
    return Principal(key_id, "sk_x", "x", frozenset({Scope.OPS}), False, (), limit, None)


def run(gaps: list[float], limit: int) -> list[tuple[float, RateVerdict]]:
    state, now_s, seen = WindowCount(), MINUTE, []
    for gap in gaps:
        now_s += gap
        state, verdict = window_take(state, now_s=now_s, limit=limit)
        seen.append((now_s, verdict))
    return seen


@given(GAPS, LIMITS)
def test_never_more_than_the_limit_in_a_clock_minute(gaps: list[float], limit: int) -> None:
    passed: dict[int, int] = {}
    for now_s, verdict in run(gaps, limit):
        passed[int(now_s // 60)] = passed.get(int(now_s // 60), 0) + verdict.allowed
    assert max(passed.values()) <= limit


@given(GAPS, LIMITS)
def test_who_waits_as_told_is_let_in_and_not_before(gaps: list[float], limit: int) -> None:
    state, now_s = WindowCount(), MINUTE
    for gap in gaps:
        now_s += gap
        state, verdict = window_take(state, now_s=now_s, limit=limit)
        if not verdict.allowed:
            assert 0 < verdict.retry_after_s <= 120
            _, early = window_take(
                state, now_s=now_s + verdict.retry_after_s * 0.98 - 1e-3, limit=limit
            )
            _, late = window_take(state, now_s=now_s + verdict.retry_after_s + 1e-3, limit=limit)
            assert not early.allowed
            assert late.allowed


@given(LIMITS)
def test_a_burst_gets_exactly_the_limit(limit: int) -> None:
    allowed = [verdict.allowed for _, verdict in run([0.0] * (limit + 5), limit)]
    assert allowed == [True] * limit + [False] * 5


def test_a_burst_around_the_minutes_edge_is_refused() -> None:
    state, now_s = WindowCount(), MINUTE + 59.0
    for _ in range(10):
        state, verdict = window_take(state, now_s=now_s, limit=10)
        assert verdict.allowed
    _, verdict = window_take(state, now_s=MINUTE + 61.0, limit=10)
    assert not verdict.allowed
    assert 0 < verdict.retry_after_s < 6


@pytest.mark.parametrize("seed", range(5))
def test_the_script_in_redis_agrees_with_the_function(seed: int) -> None:
    import random

    source, limit = random.Random(seed), 5
    state, now_s = WindowCount(), MINUTE
    for _ in range(200):
        now_s += source.choice([0.0, 0.25, 3.5, 20.0, 61.0, 200.0])
        state, expected = window_take(state, now_s=now_s, limit=limit)
        verdict = limiter._ask(redis_client(), (("test", limit),), now_s)[0]
        assert (verdict.allowed, verdict.remaining) == (expected.allowed, expected.remaining)
        assert verdict.retry_after_s == pytest.approx(expected.retry_after_s, abs=1e-4)


def test_redis_counts_exactly() -> None:
    principal = caller(50)
    _avoid_the_minutes_edge()
    verdicts = [limiter.limit_take(principal) for _ in range(60)]
    assert sum(verdict.allowed for verdict, _ in verdicts) == 50
    assert all(from_redis for _, from_redis in verdicts)


def test_callers_are_counted_apart() -> None:
    for key_id in (1, 2):
        assert limiter.limit_take(caller(1, key_id))[0].allowed
        assert not limiter.limit_take(caller(1, key_id))[0].allowed


def test_one_round_trip_when_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    limiter.limit_take(caller(5))
    sent = writes_recorded(monkeypatch)
    limiter.limit_take(caller(5))
    assert [write.count(b"EVALSHA") for write in sent] == [1]


def test_a_restarted_redis_learns_the_script_again() -> None:
    assert limiter.limit_take(caller(1))[0].allowed
    redis_client().script_flush()
    assert not limiter.limit_take(caller(1))[0].allowed
    redis_client().script_flush()
    assert limiter.limit_take(caller(1, 8)) == (RateVerdict(allowed=True, remaining=0), True)


def test_the_counter_leaves_redis_by_itself() -> None:
    limiter.limit_take(caller(5))
    assert 0 < redis_client().ttl("endcap:limit:k7") <= 120


def test_without_redis_this_process_counts(redis_gone: None) -> None:
    _avoid_the_minutes_edge()
    principal = caller(3)
    assert [limiter.limit_enforce(principal).hashes for _ in range(3)] == [None] * 3
    with pytest.raises(RateLimited) as refused:
        limiter.limit_enforce(principal)
    assert 1 <= refused.value.extra["retry_after_s"] <= 120


def test_idle_callers_are_forgotten(monkeypatch: pytest.MonkeyPatch, redis_gone: None) -> None:
    monkeypatch.setattr(limiter, "_MOST_CALLERS", 3)
    limiter._counts["k99"] = WindowCount(1, 1, 1)
    for key_id in range(5):
        limiter.limit_take(caller(3, key_id))
    assert "k99" not in limiter._counts
    assert "k4" in limiter._counts


def _avoid_the_minutes_edge() -> None:
    # The clock is Redis's: a test that straddles two minutes would count in both.
    passed = time.time() % 60
    if passed > 57:
        time.sleep(60.5 - passed)
