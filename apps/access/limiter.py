"""The rate limit of one request: one round trip to Redis, or this process's own count."""

import math
import threading
import time
from collections.abc import Sequence
from typing import Any

import redis
import structlog
from redis.exceptions import NoScriptError

from apps.access.contracts import Principal, RateVerdict
from apps.access.domain.limits import LIMIT_SCRIPT, WINDOW_S, WindowCount, limits_of, window_take
from apps.common.errors import RateLimited
from apps.common.redis import redis_try

logger = structlog.get_logger(__name__)
_KEY = "endcap:limit:"
Limits = tuple[tuple[str, int], ...]
_MOST_CALLERS = 10_000
_lock = threading.Lock()
_counts: dict[str, WindowCount] = {}


Hashes = dict[str, dict[str, str]]


def limit_take(principal: Principal, client_ip: str | None = None) -> tuple[RateVerdict, bool]:
    """The verdict, and whether Redis gave it.

    With Redis gone each process counts for itself: a caller may then make up to
    `rate_per_minute` requests of every worker, which is late but never open.
    """
    verdict, hashes = _take(principal, client_ip, ())
    return verdict, hashes is not None


def limit_enforce(
    principal: Principal, client_ip: str | None = None, keys: Sequence[str] = ()
) -> tuple[tuple[str, ...], Hashes | None]:
    """Count this request, and read the hashes at `keys` in the same round trip.

    Answers what was missing (`degraded`), and the hashes by key; None when Redis did not answer.

    Raises:
        RateLimited: with `retry_after_s`, whole seconds, as Retry-After wants them.
    """
    verdict, hashes = _take(principal, client_ip, keys)
    if not verdict.allowed:
        raise RateLimited(
            f"More than {verdict.limit} requests in a minute.",
            extra={
                "retry_after_s": max(1, math.ceil(verdict.retry_after_s)),
                "rate_per_minute": verdict.limit,
            },
        )
    return ("redis",) if hashes is None else (), hashes


def _take(
    principal: Principal, client_ip: str | None, keys: Sequence[str]
) -> tuple[RateVerdict, Hashes | None]:
    limits = limits_of(principal, client_ip)

    def call(client: redis.Redis) -> tuple[RateVerdict, Hashes]:
        if keys:
            return _ask_reading(client, limits, keys)
        return _ask(client, limits), {}

    answer, ok = redis_try("rate_limit", call, None)
    if answer is None or not ok:
        return _take_here(limits), None
    return answer


def _ask(client: redis.Redis, limits: Limits, now_s: float | None = None) -> RateVerdict:
    arguments = _arguments(limits, now_s)
    try:
        return _verdict(client.evalsha(_SHA, len(limits), *arguments))
    except NoScriptError:
        # Once after every start of Redis.
        return _verdict(client.eval(LIMIT_SCRIPT, len(limits), *arguments))


def _ask_reading(
    client: redis.Redis, limits: Limits, keys: Sequence[str]
) -> tuple[RateVerdict, Hashes]:
    pipeline = client.pipeline(transaction=False)
    pipeline.evalsha(_SHA, len(limits), *_arguments(limits, None))
    for key in keys:
        pipeline.hgetall(key)
    first, *rest = pipeline.execute(raise_on_error=False)
    for answer in rest:
        if isinstance(answer, Exception):
            raise answer
    read = {
        key: {name.decode(): value.decode() for name, value in found.items()}
        for key, found in zip(keys, rest, strict=True)
    }
    # The script is unknown once after every start of Redis.
    missing = isinstance(first, NoScriptError)
    return _ask(client, limits) if missing else _verdict(first), read


def _arguments(limits: Limits, now_s: float | None) -> tuple[str, ...]:
    keys = [_KEY + caller for caller, _limit in limits]
    now = "" if now_s is None else repr(now_s)
    return (*keys, now, *(str(limit) for _caller, limit in limits))


def _verdict(answer: Any) -> RateVerdict:
    if isinstance(answer, Exception):
        raise answer
    allowed, remaining, wait_s, limit = answer
    return RateVerdict(bool(allowed), int(remaining), float(wait_s), int(limit))


def _take_here(limits: Limits) -> RateVerdict:
    now_s, taken, remaining = time.time(), {}, []
    with _lock:
        if len(_counts) > _MOST_CALLERS:
            _forget_idle(now_s)
        for caller, limit in limits:
            state = _counts.get(caller, WindowCount())
            taken[caller], verdict = window_take(state, now_s=now_s, limit=limit)
            if not verdict.allowed:
                return verdict
            remaining.append(verdict.remaining)
        _counts.update(taken)
    return RateVerdict(allowed=True, remaining=min(remaining))


def _forget_idle(now_s: float) -> None:
    window = int(now_s // WINDOW_S)
    for caller in [name for name, count in _counts.items() if count.window < window - 1]:
        del _counts[caller]


def limits_forget() -> None:
    """Start counting anew (tests)."""
    with _lock:
        _counts.clear()


_SHA = redis.client.Redis().register_script(LIMIT_SCRIPT).sha
