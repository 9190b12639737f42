"""The cumulative effect over time, with the band that may be read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from apps.experiments.contracts.results import SeriesPoint
from apps.experiments.domain.charts.frame import NARROW, WIDE, DayFrame, day_frame, frame_marks
from apps.experiments.domain.charts.marks import Chart, Dot, Drawing, Mark, Path, Point, tone
from apps.experiments.domain.charts.scales import days_between, span
from apps.experiments.domain.pages.formats import change_written, day_written, tick_written

_COLUMNS = ("Day", "Effect", "From", "To", "Single look from", "Single look to")
_WIDEST = 4.0


@dataclass(frozen=True, slots=True)
class EffectWords:
    """What the chart is called.

    Attributes:
        metric: title of the primary metric.
        variant, control: names.
        band: name of the interval that the plan reads.
        sequential: whether a single planned look has another interval, drawn dashed.
        index: place of the variant, for its colour.
    """

    metric: str
    variant: str
    control: str
    band: str
    sequential: bool
    index: int


def effect_chart(points: Sequence[SeriesPoint], words: EffectWords) -> Chart | None:
    """One treatment's relative effect up to each day; None without a point."""
    shown = sorted((p for p in points if math.isfinite(p.effect)), key=lambda point: point.day)
    if not shown:
        return None
    legend = [(tone("line", words.index), "effect"), (tone("band", words.index), words.band)]
    if words.sequential:
        legend.append(("fixed", "interval of a single planned look"))
    return Chart(
        key=f"effect-{words.index}",
        wide=_drawing(shown, words, WIDE),
        narrow=_drawing(shown, words, NARROW),
        legend=tuple(legend),
        columns=_COLUMNS if words.sequential else _COLUMNS[:4],
        rows=tuple(_row(point, words) for point in shown),
    )


def _row(point: SeriesPoint, words: EffectWords) -> tuple[str, ...]:
    ends = (*point.ci, *point.fixed_ci) if words.sequential else point.ci
    return (day_written(point.day), *(change_written(each) for each in (point.effect, *ends)))


def _range(points: Sequence[SeriesPoint]) -> tuple[float, float]:
    """Room for the last band four times over: the first days' bands run off the paper."""
    low, high = span([point.effect for point in points])
    ends = [abs(end) for end in points[-1].ci if math.isfinite(end)]
    limit = _WIDEST * max([*ends, high - low])
    bounds = [min(max(end, -limit), limit) for p in points for end in p.ci if math.isfinite(end)]
    return span([low, high, *bounds], room=0.04)


def _drawing(
    points: Sequence[SeriesPoint], words: EffectWords, size: tuple[float, float]
) -> Drawing:
    frame = day_frame(size, days_between(points[0].day, points[-1].day), _range(points))
    marks: list[Mark] = [Path(_outline(points, frame), tone("band", words.index), filled=True)]
    marks += frame_marks(frame, tick_written)
    if words.sequential:
        for side in (0, 1):
            edge = tuple((frame.x(p.day), frame.y.at(p.fixed_ci[side])) for p in points)
            marks.append(Path(edge, "fixed"))
    at = tuple((frame.x(point.day), frame.y.at(point.effect)) for point in points)
    marks += [Path(at, tone("line", words.index)), Dot(at[-1], 4, tone("dot", words.index))]
    stops = tuple(frame.stop(point.day, _spoken(point)) for point in points)
    return Drawing(*size, _title(words), _described(points, words), tuple(marks), stops)


def _outline(points: Sequence[SeriesPoint], frame: DayFrame) -> tuple[Point, ...]:
    upper = [(frame.x(point.day), frame.y.at(point.ci[1])) for point in points]
    lower = [(frame.x(point.day), frame.y.at(point.ci[0])) for point in reversed(points)]
    return (*upper, *lower)


def _title(words: EffectWords) -> str:
    return f"{words.metric}: {words.variant} against {words.control}, cumulative"


def _spoken(point: SeriesPoint) -> str:
    low, high = (change_written(end) for end in point.ci)
    return f"{day_written(point.day)}: {change_written(point.effect)} ({low} to {high})"


def _described(points: Sequence[SeriesPoint], words: EffectWords) -> str:
    last = points[-1]
    side = "includes zero" if last.ci[0] <= 0 <= last.ci[1] else "excludes zero"
    return (
        f"Relative effect on {words.metric} up to each day, {len(points)} days. "
        f"{_spoken(last)}; the {words.band} {side}."
    )
