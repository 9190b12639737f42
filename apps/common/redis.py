"""Redis behind a timeout and a breaker: a cache that is gone degrades, never breaks.

Every use goes through `redis_try`, which answers the default and counts the fallback when
Redis does not answer in time. While the breaker is open nothing waits at all.
"""

import atexit
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.common.domain.breaker import CircuitBreaker
from apps.common.observability.metrics import degraded_total
from apps.common.redis_wire import wires_close, wires_settle

T = TypeVar("T")
logger = structlog.get_logger(__name__)

redis_breaker = CircuitBreaker("redis", time.monotonic)
_clients: dict[tuple[str, float], redis.Redis] = {}
_lock = threading.Lock()


class RedisGone(Exception):
    """Redis did not answer in time, or its breaker is open."""


def redis_client() -> redis.Redis:
    """The pooled client of this process, with the request-path timeout."""
    key = (settings.REDIS_URL, settings.ENDCAP_REDIS_TIMEOUT_S)
    client = _clients.get(key)
    if client is None:
        with _lock:
            client = _clients.setdefault(key, _connect(*key))
    return client


def _connect(url: str, timeout_s: float) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        # One attempt: a retry would double the time a shopper waits.
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


def redis_patient(timeout_s: float = 5.0) -> redis.Redis:
    """A client for background work that may wait; never on a request's path."""
    return _connect(settings.REDIS_URL, timeout_s)


def redis_call(call: Callable[[redis.Redis], T]) -> T:
    """Run `call` on the client.

    Raises:
        RedisGone: no answer within the timeout, or the breaker is open.
    """
    if not redis_breaker.allows():
        raise RedisGone("the breaker is open")
    try:
        answer = call(redis_client())
    except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
        redis_breaker.failed()
        raise RedisGone(type(error).__name__) from error
    except (redis.exceptions.ReadOnlyError, redis.exceptions.OutOfMemoryError) as error:
        # It answers, but cannot be written to: as good as gone. Other refusals are our bugs.
        redis_breaker.failed()
        raise RedisGone(str(error)) from error
    redis_breaker.succeeded()
    return answer


def redis_try(purpose: str, call: Callable[[redis.Redis], T], default: T) -> tuple[T, bool]:
    """`(answer, True)`, or `(default, False)` counted and logged when Redis is gone."""
    try:
        return redis_call(call), True
    except RedisGone as error:
        degraded_total.labels(component="redis", reason=purpose).inc()
        logger.warning("redis_gone", purpose=purpose, reason=str(error))
        return default, False


def redis_forget_connections() -> None:
    """Drop pooled connections: after a fork, and when tests point elsewhere."""
    with _lock:
        clients = list(_clients.values())
        _clients.clear()
    for client in clients:
        wires_settle(client)
        wires_close(client)
        client.connection_pool.disconnect()
    redis_breaker.reset()


def redis_settle() -> None:
    """Read the answers that nobody has waited for."""
    for client in list(_clients.values()):
        wires_settle(client)


# What a process has posted last is looked after also when no other request comes.
atexit.register(redis_settle)
