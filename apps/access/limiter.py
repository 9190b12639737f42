"""The rate limit of one request: one round trip to Redis, or this process's own count."""

import math
import threading
import time

import redis
import structlog
from redis.exceptions import NoScriptError

from apps.access.contracts import Principal, RateVerdict
from apps.access.domain.limits import LIMIT_SCRIPT, WINDOW_S, WindowCount, window_take
from apps.common.errors import RateLimited
from apps.common.redis import redis_try

logger = structlog.get_logger(__name__)
_KEY = "endcap:limit:"
_MOST_CALLERS = 10_000
_lock = threading.Lock()
_counts: dict[str, WindowCount] = {}


def limit_take(principal: Principal) -> tuple[RateVerdict, bool]:
    """The verdict, and whether Redis gave it.

    With Redis gone each process counts for itself: a caller may then make up to
    `rate_per_minute` requests of every worker, which is late but never open.
    """
    limit = principal.rate_per_minute
    verdict, ok = redis_try(
        "rate_limit", lambda client: _ask(client, _KEY + principal.limit_id, limit), None
    )
    return (verdict, ok) if verdict is not None else (_take_here(principal.limit_id, limit), False)


def limit_enforce(principal: Principal) -> tuple[str, ...]:
    """Count this request; answers what was missing (`degraded`).

    Raises:
        RateLimited: with `retry_after_s`, whole seconds, as Retry-After wants them.
    """
    verdict, ok = limit_take(principal)
    if not verdict.allowed:
        raise RateLimited(
            f"More than {principal.rate_per_minute} requests in a minute.",
            extra={
                "retry_after_s": max(1, math.ceil(verdict.retry_after_s)),
                "rate_per_minute": principal.rate_per_minute,
            },
        )
    return () if ok else ("redis",)


def _ask(client: redis.Redis, key: str, limit: int, now_s: float | None = None) -> RateVerdict:
    arguments = (key, str(limit), "" if now_s is None else repr(now_s))
    try:
        answer = client.evalsha(_SHA, 1, *arguments)
    except NoScriptError:
        # Once after every start of Redis.
        answer = client.eval(LIMIT_SCRIPT, 1, *arguments)
    allowed, remaining, wait_s = answer
    return RateVerdict(bool(allowed), int(remaining), float(wait_s))


def _take_here(caller: str, limit: int) -> RateVerdict:
    now_s = time.time()
    with _lock:
        if len(_counts) > _MOST_CALLERS:
            _forget_idle(now_s)
        _counts[caller], verdict = window_take(
            _counts.get(caller, WindowCount()), now_s=now_s, limit=limit
        )
    return verdict


def _forget_idle(now_s: float) -> None:
    window = int(now_s // WINDOW_S)
    for caller in [name for name, count in _counts.items() if count.window < window - 1]:
        del _counts[caller]


def limits_forget() -> None:
    """Start counting anew (tests)."""
    with _lock:
        _counts.clear()


_SHA = redis.client.Redis().register_script(LIMIT_SCRIPT).sha
