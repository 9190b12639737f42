"""Searches by day as a chart: one bar a day, what found nothing at its foot."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from apps.experiments.domain.charts.marks import (
    Box,
    Chart,
    Drawing,
    Label,
    Line,
    Mark,
    Stop,
)
from apps.experiments.domain.pages.formats import count, day_short, day_written, percent
from apps.search.domain.analytics.figures import DayLine, Figures, Period

_WIDE, _NARROW = (960.0, 150.0), (360.0, 130.0)
_TOP, _FOOT = 14.0, 20.0
_GAP = 0.18
_COLUMNS = ("Day", "Searches", "Clicked", "Found nothing")


def days_chart(days: Sequence[DayLine], period: Period) -> Chart | None:
    """The chart; None for a single day, or without searches."""
    found = {line.day: line.figures for line in days}
    if period.days == 1 or not any(each.searches for each in found.values()):
        return None
    return Chart(
        key="days",
        wide=_drawing(found, period, _WIDE),
        narrow=_drawing(found, period, _NARROW),
        legend=(("bar-1 key", "searches"), ("bar-2 key", "found nothing")),
        columns=_COLUMNS,
        rows=tuple(_row(line) for line in days),
    )


def _row(line: DayLine) -> tuple[str, ...]:
    figures = line.figures
    return (
        day_written(line.day),
        count(figures.searches),
        percent(figures.ctr),
        percent(figures.zero_share),
    )


def _drawing(found: Mapping[date, Figures], period: Period, size: tuple[float, float]) -> Drawing:
    width, height = size
    most = max(each.searches for each in found.values())
    step, foot = width / period.days, height - _FOOT
    marks: list[Mark] = [
        Line((0.0, foot), (width, foot), "zero"),
        Label(0.0, _TOP - 4, f"{count(most)} a day at most"),
    ]
    stops: list[Stop] = []
    for at in range(period.days):
        day = period.first + timedelta(days=at)
        figures, x = found.get(day, Figures()), at * step
        for part, tone in ((figures.searches, "bar-1"), (figures.zero_results, "bar-2")):
            tall = (foot - _TOP) * part / most
            if tall > 0:
                marks.append(
                    Box(x + step * _GAP / 2, foot - tall, step * (1 - _GAP), tall, tone, 1.0)
                )
        words = f"{day_written(day)}: {count(figures.searches)} searches"
        nothing = f", {count(figures.zero_results)} found nothing"
        stops.append(Stop(x, _TOP, step, foot - _TOP, words + nothing))
    marks += [
        Label(0.0, height - 4, day_short(period.first)),
        Label(width, height - 4, day_short(period.last), anchor="end"),
    ]
    words = f"{count(sum(each.searches for each in found.values()))} searches"
    return Drawing(width, height, "Searches by day", words, tuple(marks), tuple(stops))
