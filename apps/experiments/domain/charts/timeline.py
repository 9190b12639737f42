"""Phases on a line of time: coverage, allocations, where a new salt begins."""

from collections.abc import Sequence
from datetime import datetime

from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.domain.charts.marks import Box, Chart, Drawing, Label, Mark, Stop, tone
from apps.experiments.domain.charts.scales import Scale
from apps.experiments.domain.pages.formats import (
    day_short,
    days_written,
    moment_written,
    share_written,
)

_WIDE, _NARROW = (960.0, 74.0), (360.0, 74.0)
_TOP, _HEIGHT = 8.0, 36.0
_LETTER = 7.4
_SECONDS = 86_400
_COLUMNS = ("Phase", "From", "To", "Lasted", "Coverage", "Weights", "Salt", "Design", "Because")


def timeline_chart(phases: Sequence[PhaseView], *, ends_at: datetime) -> Chart | None:
    """One bar a phase, its height the coverage; None before the first phase."""
    if not phases:
        return None
    salts = sorted({phase.salt_version for phase in phases})
    legend = [(tone("phase", salt), f"allocation {salt}") for salt in salts]
    return Chart(
        key="timeline",
        wide=_drawing(phases, ends_at, _WIDE),
        narrow=_drawing(phases, ends_at, _NARROW),
        legend=tuple(legend) if len(salts) > 1 else (),
        columns=_COLUMNS,
        rows=tuple(_row(phase, ends_at) for phase in phases),
    )


def _weights(phase: PhaseView) -> str:
    return " : ".join(f"{100 * weight:.4g}" for weight in phase.weights)


def _row(phase: PhaseView, ends_at: datetime) -> tuple[str, ...]:
    end = phase.ends_at or ends_at
    lasted = max((end - phase.starts_at).total_seconds(), 0) / _SECONDS
    return (
        str(phase.number),
        moment_written(phase.starts_at),
        "open" if phase.ends_at is None else moment_written(phase.ends_at),
        days_written(lasted),
        share_written(phase.coverage),
        _weights(phase),
        str(phase.salt_version),
        str(phase.design_version),
        phase.reason,
    )


def _drawing(phases: Sequence[PhaseView], ends_at: datetime, size: tuple[float, float]) -> Drawing:
    first = phases[0].starts_at.timestamp()
    last = max(ends_at.timestamp(), phases[-1].starts_at.timestamp() + 1)
    x = Scale(first, last, 0.0, size[0])
    marks: list[Mark] = []
    stops: list[Stop] = []
    free = 0.0
    for phase in phases:
        left = x.at(phase.starts_at.timestamp())
        right = x.at((phase.ends_at or ends_at).timestamp())
        marks += _bar(phase, left, right)
        stops.append(Stop(left, _TOP, max(right - left, 1), _HEIGHT, _said(phase)))
        if left >= free and left <= size[0] - 8 * _LETTER:
            marks.append(Label(left, size[1] - 10, day_short(phase.starts_at.date()), "tick"))
            free = left + 8 * _LETTER
    words = f"{len(phases)} phases. " + " ".join(f"{_said(phase)}." for phase in phases)
    return Drawing(*size, "Phases", words, tuple(marks), tuple(stops))


def _bar(phase: PhaseView, left: float, right: float) -> list[Mark]:
    """The whole height in a soft tone, the coverage in a strong one, and words if they fit."""
    width = max(right - left - 2, 1.0)
    covered = max(_HEIGHT * phase.coverage, 2.0)
    marks: list[Mark] = [
        Box(left, _TOP, width, _HEIGHT, "phase-rest", 3),
        Box(left, _TOP + _HEIGHT - covered, width, covered, tone("phase", phase.salt_version), 3),
    ]
    text = f"{phase.number}: {share_written(phase.coverage)}"
    if width > _LETTER * len(text) + 12:
        marks.append(Label(left + 8, _TOP + 23, text, "phase-words"))
    return marks


def _said(phase: PhaseView) -> str:
    end = "now" if phase.ends_at is None else moment_written(phase.ends_at)
    span = f"{moment_written(phase.starts_at)} to {end}"
    parts = f"{share_written(phase.coverage)} of units, weights {_weights(phase)}"
    return f"Phase {phase.number}, {span}: {parts}, allocation {phase.salt_version}"
