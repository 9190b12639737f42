"""Axes over days, shared by every chart over time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from apps.experiments.domain.charts.marks import Label, Line, Mark, Stop
from apps.experiments.domain.charts.scales import Scale, days_labelled, ticks_nice
from apps.experiments.domain.pages.formats import day_short

WIDE = (640.0, 260.0)
NARROW = (360.0, 260.0)
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 14.0, 12.0, 28.0
_LABEL_WIDTH = 62.0


@dataclass(frozen=True, slots=True)
class DayFrame:
    """The paper of a chart over days: where each day and each value stands.

    Attributes:
        days: every day, without gaps.
        y: from values to heights.
        right: free space for labels at the ends of lines.
    """

    width: float
    height: float
    days: tuple[date, ...]
    y: Scale
    right: float = _RIGHT

    @property
    def slot(self) -> float:
        """The width of one day."""
        return (self.width - _LEFT - self.right) / len(self.days)

    def x(self, day: date) -> float:
        """The middle of a day."""
        return _LEFT + self.slot * ((day - self.days[0]).days + 0.5)

    def stop(self, day: date, text: str) -> Stop:
        """A day's full height, saying what stands on it."""
        height = self.height - _TOP - _BOTTOM
        return Stop(self.x(day) - self.slot / 2, _TOP, self.slot, height, text)

    @property
    def edges(self) -> tuple[float, float]:
        """Left and right end of the plot."""
        return _LEFT, self.width - self.right


def day_frame(
    size: tuple[float, float],
    days: Sequence[date],
    span: tuple[float, float],
    *,
    right: float = _RIGHT,
) -> DayFrame:
    """Paper of a size, for days and a range of values."""
    width, height = size
    scale = Scale(span[0], span[1], height - _BOTTOM, _TOP)
    return DayFrame(width, height, tuple(days), scale, right)


def frame_marks(frame: DayFrame, write: Callable[[float], str]) -> tuple[Mark, ...]:
    """Grid, values at its left, days beneath; the line of zero stands out."""
    marks: list[Mark] = []
    left, right = frame.edges
    for tick in ticks_nice(frame.y.low, frame.y.high):
        height = frame.y.at(tick)
        marks.append(Line((left, height), (right, height), "zero" if tick == 0 else "grid"))
        marks.append(Label(left - 7, height + 4, write(tick), "tick", "end"))
    most = max(2, int((right - left) // _LABEL_WIDTH))
    marks.extend(
        Label(frame.x(day), frame.height - 9, day_short(day), "tick", "middle")
        for day in days_labelled(frame.days, most=most)
    )
    return tuple(marks)
