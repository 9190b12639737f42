"""PostgreSQL on a request's path: behind a breaker, and never a reason not to answer."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection

from apps.common.domain.breaker import CircuitBreaker
from apps.common.observability.metrics import degraded_total

T = TypeVar("T")
logger = structlog.get_logger(__name__)
postgresql_breaker = CircuitBreaker("postgresql", time.monotonic)
_GONE = (OperationalError, InterfaceError)
# What took longer would only take as long again while the shopper waits.
_QUICK_S = 1.0


class PostgresqlGone(Exception):
    """PostgreSQL did not answer, or its breaker is open."""


def postgresql_call(purpose: str, call: Callable[[], T]) -> T:
    """Run `call`; what failed quickly is tried once more on a new connection.

    Quick are a connection that broke since its last use, and one refused at its opening.

    Raises:
        PostgresqlGone: no answer, counted and logged.
    """
    if not postgresql_breaker.allows():
        degraded_total.labels(component="postgresql", reason=purpose).inc()
        raise PostgresqlGone("the breaker is open")
    in_transaction, started = connection.in_atomic_block, time.monotonic()
    try:
        answer = call()
    except _GONE as error:
        if in_transaction or time.monotonic() - started > _QUICK_S:
            raise _gone(purpose, error) from error
        connection.close()
        answer = _once_more(purpose, call)
    postgresql_breaker.succeeded()
    return answer


def _once_more(purpose: str, call: Callable[[], T]) -> T:
    try:
        return call()
    except _GONE as error:
        raise _gone(purpose, error) from error


def _gone(purpose: str, error: Exception) -> PostgresqlGone:
    postgresql_breaker.failed()
    if not connection.in_atomic_block:
        connection.close()
    degraded_total.labels(component="postgresql", reason=purpose).inc()
    logger.warning("postgresql_gone", purpose=purpose, reason=str(error).strip()[:200])
    return PostgresqlGone(type(error).__name__)
