"""NDCG of a list's runs in the order in which they were made, with their intervals."""

from collections.abc import Sequence

from apps.experiments.domain.charts.marks import (
    Chart,
    Dot,
    Drawing,
    Label,
    Line,
    Mark,
    Path,
    Stop,
    tone,
)
from apps.experiments.domain.charts.scales import Scale, span, ticks_nice
from apps.experiments.domain.pages.formats import NO_VALUE, day_short, moment_written
from apps.explainability.contracts.judged import MetricFigure, RunView
from apps.explainability.domain.metrics import GATED

_WIDE, _NARROW = (960.0, 260.0), (360.0, 240.0)
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 12.0, 12.0, 26.0
_COLUMNS = ("Run", "Finished", "Configuration", "NDCG@10", "From", "To")
_MOST_SERIES = 5
NO_FIGURE = MetricFigure(None, None, None)


def runs_chart(runs: Sequence[RunView]) -> Chart | None:
    """One line a configuration (the five latest); None with fewer than two runs."""
    told = [run for run in sorted(runs, key=lambda run: run.id) if _mean(run) is not None]
    names = list(dict.fromkeys(run.words for run in reversed(told)))[:_MOST_SERIES]
    told = [run for run in told if run.words in names]
    if len(told) < 2:  # noqa: PLR2004 - a single run is no course of time
        return None
    series = {name: at + 1 for at, name in enumerate(sorted(names, key=_published_first))}
    return Chart(
        key="runs",
        wide=_drawing(told, series, _WIDE),
        narrow=_drawing(told, series, _NARROW),
        legend=tuple((tone("line", at), _short(name)) for name, at in series.items()),
        columns=_COLUMNS,
        rows=tuple(_row(run) for run in told),
    )


def _published_first(name: str) -> tuple[bool, str]:
    return name != "as published", name


def _short(name: str, most: int = 60) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _figure(run: RunView) -> MetricFigure:
    return run.figures.get(GATED, NO_FIGURE)


def _mean(run: RunView) -> float | None:
    return _figure(run).mean


def number(value: float | None) -> str:
    """Three decimals, or a dash."""
    return NO_VALUE if value is None else f"{value:.3f}"


def _row(run: RunView) -> tuple[str, ...]:
    figure = _figure(run)
    said = (number(figure.mean), number(figure.low), number(figure.high))
    return (f"{run.id}", moment_written(run.finished_at), _short(run.words), *said)


def _drawing(
    runs: Sequence[RunView], series: dict[str, int], size: tuple[float, float]
) -> Drawing:
    width, height = size
    ends = [
        end
        for run in runs
        for end in (_figure(run).mean, _figure(run).low, _figure(run).high)
        if end is not None
    ]
    low, high = span(ends, zero=False)
    y = Scale(max(low, 0.0), min(high, 1.0), height - _BOTTOM, _TOP)
    step = (width - _LEFT - _RIGHT) / len(runs)
    at = {run.id: _LEFT + step * (place + 0.5) for place, run in enumerate(runs)}
    marks = _paper(y, width)
    for name, index in series.items():
        mine = [run for run in runs if run.words == name]
        points = tuple((at[run.id], y.at(_figure(run).mean or 0.0)) for run in mine)
        for run in mine:
            marks += _whisker(run, at[run.id], y, index)
        if len(points) > 1:
            marks.append(Path(points, tone("line", index)))
        marks += [Dot(point, 3.5, tone("dot", index)) for point in points]
    marks += _dates(runs, at, height)
    stops = tuple(
        Stop(at[run.id] - step / 2, _TOP, step, height - _TOP - _BOTTOM, _said(run))
        for run in runs
    )
    words = f"{len(runs)} runs. Last: {_said(runs[-1])}"
    return Drawing(width, height, "NDCG@10 by run", words, tuple(marks), stops)


def _paper(y: Scale, width: float) -> list[Mark]:
    marks: list[Mark] = []
    for tick in ticks_nice(y.low, y.high):
        level = y.at(tick)
        marks.append(Line((_LEFT, level), (width - _RIGHT, level), "grid"))
        marks.append(Label(_LEFT - 7, level + 4, f"{tick:.2f}", "tick", "end"))
    return marks


def _whisker(run: RunView, x: float, y: Scale, index: int) -> list[Mark]:
    figure = _figure(run)
    if figure.low is None or figure.high is None:
        return []
    ends = ((x, y.at(figure.low)), (x, y.at(figure.high)))
    return [Path(ends, tone("line", index))]


def _dates(runs: Sequence[RunView], at: dict[int, float], height: float) -> list[Mark]:
    """The days of the first and the last run."""
    first, last = runs[0], runs[-1]
    marks: list[Mark] = []
    for run, anchor in ((first, "start"), (last, "end")):
        if run.finished_at is not None:
            said = day_short(run.finished_at.date())
            marks.append(Label(at[run.id], height - 7, said, "tick", anchor))
    return marks


def _said(run: RunView) -> str:
    figure = _figure(run)
    interval = f" ({number(figure.low)} to {number(figure.high)})" if figure.low else ""
    when = moment_written(run.finished_at)
    return f"Run {run.id}, {when}, {_short(run.words)}: {number(figure.mean)}{interval}"
