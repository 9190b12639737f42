"""What crosses the ground floor's boundary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RequestTrace:
    """Who asks, for logs, error bodies and audit rows.

    Attributes:
        request_id: ours, one a request.
        trace_id: W3C trace id, 32 hex digits; the caller's when it sent a traceparent.
        span_id: our span, 16 hex digits.
        sampled: the caller's sampling flag.
    """

    request_id: str
    trace_id: str
    span_id: str
    sampled: bool = False


@dataclass(frozen=True, slots=True)
class HealthReport:
    """One dependency as /readyz shows it.

    Attributes:
        name: what was checked.
        ok: whether it answered.
        required: an answer of 503 when a required one fails; else only `degraded`.
        detail: a reason in words, empty when ok.
    """

    name: str
    ok: bool
    required: bool
    detail: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


RedisPart = str | bytes | int | float


@dataclass(frozen=True, slots=True)
class RedisCommand:
    """One command to Redis.

    Attributes:
        parts: its name and arguments.
        in_full: the same for a Redis that does not know the script; empty for a plain command.
    """

    parts: tuple[RedisPart, ...]
    in_full: tuple[RedisPart, ...] = ()


class HealthCheck(Protocol):
    """A cheap, bounded probe that never raises."""

    def __call__(self) -> HealthReport:
        """Probe once."""
        ...
