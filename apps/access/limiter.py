"""The rate limit of one request: one round trip to Redis, or this process's own count."""

import math
import threading
import time

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


def limit_take(principal: Principal, client_ip: str | None = None) -> tuple[RateVerdict, bool]:
    """The verdict, and whether Redis gave it.

    With Redis gone each process counts for itself: a caller may then make up to
    `rate_per_minute` requests of every worker, which is late but never open.
    """
    limits = limits_of(principal, client_ip)
    verdict, ok = redis_try("rate_limit", lambda client: _ask(client, limits), None)
    return (verdict, ok) if verdict is not None else (_take_here(limits), False)


def limit_enforce(principal: Principal, client_ip: str | None = None) -> tuple[str, ...]:
    """Count this request; answers what was missing (`degraded`).

    Raises:
        RateLimited: with `retry_after_s`, whole seconds, as Retry-After wants them.
    """
    verdict, ok = limit_take(principal, client_ip)
    if not verdict.allowed:
        raise RateLimited(
            f"More than {verdict.limit} requests in a minute.",
            extra={
                "retry_after_s": max(1, math.ceil(verdict.retry_after_s)),
                "rate_per_minute": verdict.limit,
            },
        )
    return () if ok else ("redis",)


def _ask(client: redis.Redis, limits: Limits, now_s: float | None = None) -> RateVerdict:
    keys = [_KEY + caller for caller, _limit in limits]
    now = "" if now_s is None else repr(now_s)
    arguments = (*keys, now, *(str(limit) for _caller, limit in limits))
    try:
        answer = client.evalsha(_SHA, len(keys), *arguments)
    except NoScriptError:
        # Once after every start of Redis.
        answer = client.eval(LIMIT_SCRIPT, len(keys), *arguments)
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
