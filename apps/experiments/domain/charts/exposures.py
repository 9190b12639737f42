"""Units first exposed per day, and together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from apps.experiments.contracts.rollups import ExposureDay
from apps.experiments.domain.charts.frame import NARROW, WIDE, DayFrame, day_frame, frame_marks
from apps.experiments.domain.charts.marks import (
    Box,
    Chart,
    Dot,
    Drawing,
    Mark,
    Path,
    Stop,
    tone,
)
from apps.experiments.domain.charts.scales import days_between, span
from apps.experiments.domain.pages.formats import count, day_written

Counts = Mapping[str, tuple[int, ...]]
_BAR = 0.78
_SHORT = ((1_000_000, "M"), (1_000, "k"))


@dataclass(frozen=True, slots=True)
class _Picture:
    title: str
    words: str
    days: tuple[date, ...]
    counts: Counts
    names: Mapping[str, str]
    stacked: bool


def exposure_counts(
    exposures: Sequence[ExposureDay], variants: Sequence[str]
) -> tuple[tuple[date, ...], Counts]:
    """Days without gaps, and new units of each variant on each (all phases, no dimension)."""
    rows = [row for row in exposures if not row.dimension and row.variant in set(variants)]
    if not rows:
        return (), {}
    days = days_between(min(row.day for row in rows), max(row.day for row in rows))
    found: dict[str, list[int]] = {variant: [0] * len(days) for variant in variants}
    for row in rows:
        found[row.variant][(row.day - days[0]).days] += row.units
    return days, {variant: tuple(counts) for variant, counts in found.items()}


def short_count(value: float) -> str:
    """A count for an axis: `1.5k`, `2M`."""
    for size, letter in _SHORT:
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def daily_chart(days: Sequence[date], counts: Counts, names: Mapping[str, str]) -> Chart | None:
    """New units of each day, one bar a day, stacked by variant."""
    if not days:
        return None
    title = "New units per day"
    total = [sum(each) for each in zip(*counts.values(), strict=True)]
    words = (
        f"{title} over {len(days)} days, by variant: {count(min(total))} to "
        f"{count(max(total))} a day, {count(sum(total))} in all."
    )
    return _chart("daily", _Picture(title, words, tuple(days), counts, names, stacked=True))


def cumulative_chart(
    days: Sequence[date], counts: Counts, names: Mapping[str, str]
) -> Chart | None:
    """Units so far, one line a variant."""
    if not days:
        return None
    sums = {variant: tuple(accumulate(each)) for variant, each in counts.items()}
    title = "Units so far"
    last = ", ".join(f"{names[variant]} {count(each[-1])}" for variant, each in sums.items())
    words = f"{title} over {len(days)} days, one line a variant; at the end: {last}."
    return _chart("cumulative", _Picture(title, words, tuple(days), sums, names, stacked=False))


def _bars(frame: DayFrame, counts: Counts) -> list[Mark]:
    marks: list[Mark] = []
    for place, day in enumerate(frame.days):
        below = 0
        for index, each in enumerate(counts.values()):
            top, bottom = frame.y.at(below + each[place]), frame.y.at(below)
            below += each[place]
            width = frame.slot * _BAR
            left = frame.x(day) - width / 2
            marks.append(Box(left, top, width, bottom - top, tone("bar", index)))
    return marks


def _lines(frame: DayFrame, counts: Counts) -> list[Mark]:
    marks: list[Mark] = []
    for index, each in enumerate(counts.values()):
        at = tuple((frame.x(day), frame.y.at(v)) for day, v in zip(frame.days, each, strict=True))
        marks += [Path(at, tone("line", index)), Dot(at[-1], 3.5, tone("dot", index))]
    return marks


def _drawing(picture: _Picture, size: tuple[float, float]) -> Drawing:
    counts = picture.counts
    heights = [sum(each) for each in zip(*counts.values(), strict=True)]
    highest = max(heights) if picture.stacked else max(map(max, counts.values()))
    frame = day_frame(size, picture.days, (0.0, span([highest])[1] or 1.0))
    paint = _bars if picture.stacked else _lines
    marks = (*frame_marks(frame, short_count), *paint(frame, counts))
    return Drawing(*size, picture.title, picture.words, marks, _stops(picture, frame))


def _stops(picture: _Picture, frame: DayFrame) -> tuple[Stop, ...]:
    stops = []
    for place, day in enumerate(picture.days):
        said = (f"{picture.names[key]} {count(v[place])}" for key, v in picture.counts.items())
        stops.append(frame.stop(day, f"{day_written(day)}: {', '.join(said)}"))
    return tuple(stops)


def _chart(key: str, picture: _Picture) -> Chart:
    kind = "bar" if picture.stacked else "line"
    names = [picture.names[variant] for variant in picture.counts]
    columns = zip(*picture.counts.values(), strict=True)
    return Chart(
        key=key,
        wide=_drawing(picture, WIDE),
        narrow=_drawing(picture, NARROW),
        legend=tuple((tone(kind, index), name) for index, name in enumerate(names)),
        columns=("Day", *names, "All"),
        rows=tuple(
            (day_written(day), *(count(v) for v in values), count(sum(values)))
            for day, values in zip(picture.days, columns, strict=True)
        ),
    )
