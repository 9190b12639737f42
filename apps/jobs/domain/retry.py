"""When the next attempt runs, what counts as an empty run, and which lock is a job's."""

import hashlib

from apps.jobs.contracts import JobOutcome

# Far below the hour after which Redis hands an unacknowledged message out again.
BACKOFF_CAP_S = 900.0


def backoff_seconds(base_s: float, attempt: int, jitter: float) -> float:
    """Seconds to wait after failed attempt number `attempt`.

    Doubles with each attempt up to BACKOFF_CAP_S; the upper half of it is random, so that
    runs which failed together do not come back together.

    Args:
        base_s: wait after the first attempt, seconds.
        attempt: 1-based number of the attempt that failed.
        jitter: uniform in [0, 1).

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (equal jitter).
    """
    whole = min(base_s * 2.0 ** min(attempt - 1, 32), BACKOFF_CAP_S)
    return whole / 2 + whole / 2 * jitter


def outcome_is_empty(outcome: JobOutcome) -> bool:
    """Whether a summary says that there was nothing to do: all zero, false, empty or null."""
    return not any(outcome.values())


def lock_key(name: str) -> int:
    """The signed 64-bit key of a name's advisory lock, the same on every machine."""
    digest = hashlib.blake2b(f"endcap:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
