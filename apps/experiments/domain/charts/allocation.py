"""Who gets how much, over time (bandits, ramps)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from apps.experiments.contracts.results import AllocationPoint
from apps.experiments.domain.charts.frame import NARROW, WIDE
from apps.experiments.domain.charts.marks import (
    Box,
    Chart,
    Drawing,
    Label,
    Line,
    Mark,
    Stop,
    tone,
)
from apps.experiments.domain.charts.scales import Scale
from apps.experiments.domain.pages.formats import (
    chance_written,
    day_short,
    moment_written,
    share_written,
)

_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 14.0, 12.0, 28.0
_LABEL_WIDTH = 70.0
_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def allocation_chart(
    points: Sequence[AllocationPoint], names: Mapping[str, str], *, ends_at: datetime
) -> Chart | None:
    """Shares of each phase, stacked, over the time that the phase lasted."""
    if not points:
        return None
    shown = sorted(points, key=lambda point: point.starts_at)
    chances = any(point.chances_best for point in shown)
    heads = [f"Chance {name} is best" for name in names.values()] if chances else []
    return Chart(
        key="allocation",
        wide=_drawing(shown, names, ends_at, WIDE),
        narrow=_drawing(shown, names, ends_at, NARROW),
        legend=tuple((tone("bar", index), name) for index, name in enumerate(names.values())),
        columns=("Phase", "From", "Coverage", *names.values(), *heads),
        rows=tuple(_row(point, names, chances=chances) for point in shown),
    )


def _row(point: AllocationPoint, names: Mapping[str, str], *, chances: bool) -> tuple[str, ...]:
    best = [chance_written(point.chances_best.get(key)) for key in names] if chances else []
    shares = [share_written(point.weights.get(key, 0.0)) for key in names]
    place = (str(point.phase), moment_written(point.starts_at), share_written(point.coverage))
    return (*place, *shares, *best)


def _drawing(
    points: Sequence[AllocationPoint],
    names: Mapping[str, str],
    ends_at: datetime,
    size: tuple[float, float],
) -> Drawing:
    width, height = size
    first = points[0].starts_at.timestamp()
    last = max(ends_at.timestamp(), points[-1].starts_at.timestamp() + 1)
    x = Scale(first, last, _LEFT, width - _RIGHT)
    y = Scale(0.0, 1.0, height - _BOTTOM, _TOP)
    ends = [*(point.starts_at.timestamp() for point in points[1:]), last]
    marks: list[Mark] = []
    stops: list[Stop] = []
    for point, end in zip(points, ends, strict=True):
        left, right = x.at(point.starts_at.timestamp()), x.at(end)
        marks += _stack(point, names, (left, right), y)
        stops.append(Stop(left, _TOP, right - left, height - _TOP - _BOTTOM, _said(point, names)))
    marks += _axes(points, x, y, size)
    title = "Allocation over time"
    words = f"Shares of the variants in {len(points)} phases. Now {_said(points[-1], names)}."
    return Drawing(width, height, title, words, tuple(marks), tuple(stops))


def _stack(
    point: AllocationPoint, names: Mapping[str, str], sides: tuple[float, float], y: Scale
) -> list[Mark]:
    marks: list[Mark] = []
    left, right = sides
    below = 0.0
    for index, key in enumerate(names):
        share = point.weights.get(key, 0.0)
        top, bottom = y.at(below + share), y.at(below)
        below += share
        marks.append(Box(left, top, max(right - left - 1, 0.5), bottom - top, tone("bar", index)))
    return marks


def _axes(
    points: Sequence[AllocationPoint], x: Scale, y: Scale, size: tuple[float, float]
) -> list[Mark]:
    marks: list[Mark] = []
    for share in _QUARTERS:
        at = y.at(share)
        marks.append(Line((_LEFT, at), (size[0] - _RIGHT, at), "grid"))
        marks.append(Label(_LEFT - 7, at + 4, share_written(share), "tick", "end"))
    free = 0.0
    for point in points:
        at = x.at(point.starts_at.timestamp())
        if at >= free and at <= size[0] - _RIGHT - _LABEL_WIDTH / 2:
            marks.append(Label(at, size[1] - 9, day_short(point.starts_at.date()), "tick"))
            free = at + _LABEL_WIDTH
    return marks


def _said(point: AllocationPoint, names: Mapping[str, str]) -> str:
    shares = [
        f"{name} {share_written(point.weights.get(key, 0.0))}" for key, name in names.items()
    ]
    place = f"phase {point.phase} from {moment_written(point.starts_at)}"
    return f"{place}, {share_written(point.coverage)} covered: {', '.join(shares)}"
