"""From values to places on paper."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight map of `[low, high]` onto `[start, end]` (either may run backwards)."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value stands; what lies outside (infinity too) stands at the edge."""
        inside = min(max(value, self.low), self.high)
        share = 0.5 if self.high == self.low else (inside - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Whether a value lies on the paper."""
        return self.low <= value <= self.high


def ticks_nice(low: float, high: float, *, most: int = 5) -> tuple[float, ...]:
    """Round values inside `[low, high]`, at most `most` steps apart, zero among them if inside."""
    if not high > low:
        return (low,)
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in _STEPS if power * each >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(round(place * step, 12) for place in range(first, last + 1))


def span(values: Sequence[float], *, zero: bool = True, room: float = 0.08) -> tuple[float, float]:
    """The range that holds all finite values (and zero), with room on both sides; never empty."""
    finite = [value for value in values if math.isfinite(value)] + ([0.0] if zero else [])
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    spare = room * (high - low)
    return low - spare, high + spare


def span_common(sizes: Sequence[float], *, least: float = 0.0) -> float:
    """Half the width of an axis that many intervals share.

    One very wide interval must not flatten all others: three times the median of the largest
    bounds is enough, and whatever is wider is drawn with an arrow. `least` is always shown.
    """
    finite = sorted(size for size in sizes if math.isfinite(size) and size > 0)
    if not finite:
        return least or 0.01
    return 1.1 * max(min(finite[-1], 3 * finite[len(finite) // 2]), least)


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Every day from first to last."""
    return tuple(first + timedelta(days=each) for each in range((last - first).days + 1))


def days_labelled(days: Sequence[date], *, most: int) -> tuple[date, ...]:
    """Days that get a label: evenly apart, the first and at most `most` of them."""
    step = max(1, math.ceil(len(days) / most))
    return tuple(days[::step])
