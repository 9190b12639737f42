"""Where time is cut for an honest look ahead."""

_SHARE = 0.1
_DAY_S = 86_400.0
_LONGEST_S, _SHORTEST_S = 60 * _DAY_S, 3_600.0


def horizon_s(first: float, last: float) -> float:
    """Seconds that are held back of the time from `first` to `last`: a tenth, at most 60 days."""
    return min(max((last - first) * _SHARE, _SHORTEST_S), _LONGEST_S)


def validation_cuts(first: float, last: float, periods: int) -> tuple[tuple[float, float], ...]:
    """(cut, end) of the last `periods`, one after the other, newest first.

    Only those with half of the time before them: a shop is not judged by its first week.
    """
    length = horizon_s(first, last)
    ends = [last - number * length for number in range(periods)]
    return tuple((end - length, end) for end in ends if end - length >= (first + last) / 2)
