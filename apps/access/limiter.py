"""The rate limit of one request: one round trip to Redis, or this process's own count."""

import math
import threading
import time
from typing import Any

import redis
import structlog

from apps.access.contracts import NOTHING_ASKED, EdgeAsk, EdgeFound, Principal, RateVerdict
from apps.access.domain.limits import LIMIT_SCRIPT, WINDOW_S, WindowCount, limits_of, window_take
from apps.common.contracts import RedisCommand
from apps.common.errors import RateLimited
from apps.common.redis import redis_try
from apps.common.redis_exchange import RedisScript, redis_exchange

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
    verdict, found = _take(principal, client_ip, NOTHING_ASKED)
    return verdict, found.hashes is not None


def limit_enforce(
    principal: Principal, client_ip: str | None = None, ask: EdgeAsk = NOTHING_ASKED
) -> EdgeFound:
    """Count this request, and read what it asks for in the same round trip.

    Raises:
        RateLimited: with `retry_after_s`, whole seconds, as Retry-After wants them.
    """
    verdict, found = _take(principal, client_ip, ask)
    if not verdict.allowed:
        raise RateLimited(
            f"More than {verdict.limit} requests in a minute.",
            extra={
                "retry_after_s": max(1, math.ceil(verdict.retry_after_s)),
                "rate_per_minute": verdict.limit,
            },
        )
    return found


def _take(
    principal: Principal, client_ip: str | None, ask: EdgeAsk
) -> tuple[RateVerdict, EdgeFound]:
    limits = limits_of(principal, client_ip)

    def call(client: redis.Redis) -> tuple[RateVerdict, EdgeFound]:
        return _ask(client, limits, ask=ask)

    answer, ok = redis_try("rate_limit", call, None)
    if answer is None or not ok:
        return _take_here(limits), EdgeFound(None)
    return answer


def _ask(
    client: redis.Redis,
    limits: Limits,
    now_s: float | None = None,
    ask: EdgeAsk = NOTHING_ASKED,
) -> tuple[RateVerdict, EdgeFound]:
    commands = [_SCRIPT.call(*_arguments(limits, now_s))]
    commands += [RedisCommand(("HGETALL", key)) for key in ask.hashes]
    if ask.command is not None:
        commands.append(ask.command)
    commands += ask.beside
    first, *rest = redis_exchange(client, commands, ask.meanwhile)
    for answer in rest:
        if isinstance(answer, Exception):
            raise answer
    answers = iter(rest)
    hashes = {key: _hash(next(answers)) for key in ask.hashes}
    answer = next(answers) if ask.command is not None else None
    return _verdict(first), EdgeFound(hashes, answer, tuple(answers))


def _hash(found: Any) -> dict[str, str]:
    """HGETALL's answer: a map in the newer protocol, fields and values in turn in the older."""
    pairs = found.items() if isinstance(found, dict) else zip(found[::2], found[1::2], strict=True)
    return {name.decode(): value.decode() for name, value in pairs}


def _arguments(limits: Limits, now_s: float | None) -> tuple[list[str], list[str]]:
    keys = [_KEY + caller for caller, _limit in limits]
    now = "" if now_s is None else repr(now_s)
    return keys, [now, *(str(limit) for _caller, limit in limits)]


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


_SCRIPT = RedisScript(LIMIT_SCRIPT)
