"""A circuit breaker: after repeated failures, stop asking for a while."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class CircuitBreaker:
    """Counts consecutive failures; open, it refuses until `reset_after_s` has passed.

    While half open exactly one caller is let through to probe.

    Attributes:
        name: for logs and metrics.
        clock: monotonic seconds.
        failure_threshold: consecutive failures that open it.
        reset_after_s: seconds until a probe is allowed.

    Source: Nygard, Release It!, chapter 5.
    """

    name: str
    clock: Callable[[], float]
    failure_threshold: int = 3
    reset_after_s: float = 2.0
    _failures: int = 0
    _opened_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self) -> bool:
        """Whether to try now; takes the one probe when half open."""
        with self._lock:
            if self._opened_at is None:
                return True
            if self.clock() - self._opened_at < self.reset_after_s:
                return False
            # The next probe waits a whole interval again, should this one never report.
            self._opened_at = self.clock()
            return True

    def succeeded(self) -> None:
        """The call went through: close."""
        with self._lock:
            self._failures = 0
            self._opened_at = None

    def failed(self) -> None:
        """The call failed: open at the threshold, and stay open after a failed probe."""
        with self._lock:
            self._failures += 1
            if self._failures >= self.failure_threshold:
                self._opened_at = self.clock()

    @property
    def is_open(self) -> bool:
        """Whether calls are being refused."""
        return self._opened_at is not None

    def reset(self) -> None:
        """Forget all failures (tests, and operators)."""
        self.succeeded()
