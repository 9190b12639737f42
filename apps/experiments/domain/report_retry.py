"""When a report is tried again, and when it is given up."""

from datetime import datetime, timedelta

ATTEMPTS_AT_MOST = 8
FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 3600.0


def next_attempt(failed_at: datetime, attempts: int) -> datetime | None:
    """When to try again after so many failed attempts; None: never.

    The wait doubles from 30 seconds to at most an hour; the eighth failure, about an hour
    after the first, is the last.
    """
    if attempts >= ATTEMPTS_AT_MOST:
        return None
    return failed_at + timedelta(seconds=min(FIRST_WAIT_S * 2 ** (attempts - 1), LONGEST_WAIT_S))
