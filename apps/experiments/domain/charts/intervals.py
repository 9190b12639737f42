"""An interval in a row of a table, and the axis above the column."""

import math

from apps.experiments.contracts.results import Effect
from apps.experiments.domain.charts.marks import Box, Dot, Drawing, Label, Line, Mark, Path
from apps.experiments.domain.charts.scales import Scale, ticks_nice
from apps.experiments.domain.pages.formats import change_written, tick_written

WIDTH, HEIGHT, AXIS_HEIGHT = 220.0, 30.0, 20.0
_EDGE = 8.0
_HALF = 4.5
_TICKS_AT_MOST = 5
_HALF_LABEL = 18.0
_LETTER = 6.6


def interval_picture(
    effect: Effect, *, half: float, tone: str, words: str, margin: float | None = None
) -> Drawing:
    """Estimate and interval on an axis `[-half, half]`; ends beyond it become arrows.

    `tone` says what the interval shows (`better`, `worse`, `unclear`), `words` the same for
    those who do not see it; `margin` is a guardrail's, drawn where it lies.
    """
    x = Scale(-half, half, _EDGE, WIDTH - _EDGE)
    middle = HEIGHT / 2
    low, high = (x.at(end) for end in effect.ci)
    marks: list[Mark] = [Line((x.at(0), 0), (x.at(0), HEIGHT), "zero")]
    if margin is not None:
        marks.append(Line((x.at(margin), 2), (x.at(margin), HEIGHT - 2), "margin"))
    shape = Box(low, middle - _HALF, max(high - low, 1.0), 2 * _HALF, f"range-{tone}", _HALF)
    marks.append(shape)
    if effect.ci[0] < -half:
        marks.append(_arrow(low, middle, -1, tone))
    if effect.ci[1] > half:
        marks.append(_arrow(high, middle, 1, tone))
    if x.holds(effect.estimate):
        marks.append(Dot((x.at(effect.estimate), middle), _HALF, f"point-{tone}"))
    return Drawing(WIDTH, HEIGHT, "", words, tuple(marks))


def _arrow(at: float, middle: float, way: int, tone: str) -> Path:
    tip = at + way * _EDGE * 0.9
    return Path(
        ((at, middle - 2 * _HALF), (tip, middle), (at, middle + 2 * _HALF)),
        f"point-{tone}",
        filled=True,
    )


def axis_picture(half: float) -> Drawing:
    """The axis of relative effects above the column of intervals."""
    x = Scale(-half, half, _EDGE, WIDTH - _EDGE)
    marks: list[Mark] = []
    for tick in _ticks(half, x):
        if abs(x.at(tick) - WIDTH / 2) > WIDTH / 2 - _HALF_LABEL:
            continue
        text = "0" if tick == 0 else tick_written(tick)
        marks.append(Label(x.at(tick), AXIS_HEIGHT - 8, text, "tick", "middle"))
        marks.append(Line((x.at(tick), AXIS_HEIGHT - 4), (x.at(tick), AXIS_HEIGHT), "grid"))
    said = f"Axis from {change_written(-half)} to {change_written(half)}"
    return Drawing(WIDTH, AXIS_HEIGHT, "", said, tuple(marks))


def _ticks(half: float, x: Scale) -> tuple[float, ...]:
    """As many round values as leave their labels apart; at least one on each side of zero."""
    for most in range(_TICKS_AT_MOST, 2, -1):
        ticks = ticks_nice(-half, half, most=most)
        longest = max(len(tick_written(tick)) for tick in ticks)
        if x.at(ticks[1]) - x.at(ticks[0]) >= _LETTER * longest:
            break
    return ticks


def bound_size(effect: Effect) -> float:
    """How far from zero an interval reaches; 0 when it reaches nowhere finite."""
    ends = [abs(end) for end in (*effect.ci, effect.estimate) if math.isfinite(end)]
    return max(ends, default=0.0)
