"""Which days a page is about, and which of them are computed together."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby

from apps.search.domain.analytics.figures import Period

LENGTHS = (1, 7, 28, 90)
DEFAULT_LENGTH = 28
MOST_DAYS = 366
_DAY = timedelta(days=1)


class PeriodUnreadable(ValueError):
    """No such days; `field` names what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the field."""
        super().__init__(message)
        self.field = field


def period_of(length: int, today: date) -> Period:
    """So many days, today the last of them."""
    return _period(today - (length - 1) * _DAY, today)


def period_read(*, days: str, first: str, last: str, today: date) -> Period:
    """The period that a page is asked for.

    Args:
        days: how many, today the last of them; without any of the three, 28.
        first: a first day; then `last` says the last one, today by default.
        last: likewise.
        today: of UTC.

    Raises:
        PeriodUnreadable: no days, none of them, or too many.
    """
    if not first and not last:
        return period_of(_length(days), today)
    starts, ends = _day(first, "from"), _day(last, "to") if last else today
    if not 0 <= (ends - starts).days < MOST_DAYS:
        raise PeriodUnreadable("to", f"From one to {MOST_DAYS} days, the first one first.")
    return _period(starts, ends)


def _length(days: str) -> int:
    if not days:
        return DEFAULT_LENGTH
    number = int(days) if days.isascii() and days.isdigit() and len(days) <= len("366") else 0
    if not 1 <= number <= MOST_DAYS:
        raise PeriodUnreadable("days", f"A number of days from 1 to {MOST_DAYS} is wanted.")
    return number


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise PeriodUnreadable(field, "A day such as 2026-11-21 is wanted.") from error


def _period(first: date, last: date) -> Period:
    return Period(first, last, first - ((last - first).days + 1) * _DAY)


def runs_of(days: Iterable[date], longest: int) -> tuple[tuple[date, date], ...]:
    """Days as runs without gaps of at most so many, first and last day of each."""
    ordered = sorted(set(days))
    found: list[tuple[date, date]] = []
    for _, group in groupby(enumerate(ordered), key=lambda pair: pair[1] - pair[0] * _DAY):
        run = [day for _, day in group]
        found += [
            (run[at], run[min(at + longest, len(run)) - 1]) for at in range(0, len(run), longest)
        ]
    return tuple(found)
