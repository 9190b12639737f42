"""How many units came, when, and where: from exposure rows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.contracts.rollups import ExposureDay
from apps.experiments.domain.analysis.scope import Scope

RECENT_DAYS = 7


def exposures_of(scope: Scope, *, dimension: str = "") -> tuple[ExposureDay, ...]:
    """Rows of the analysed phases, up to the scope's day and `as_of`."""
    numbers = {phase.number for phase in scope.phases}
    last = scope.day or scope.context.as_of.date()
    return tuple(
        row
        for row in scope.context.exposures
        if row.phase in numbers and row.dimension == dimension and row.day <= last
    )


def units_by_variant(rows: Sequence[ExposureDay], variants: Sequence[str]) -> dict[str, int]:
    """First-exposed units per variant, in the design's order."""
    found = dict.fromkeys(variants, 0)
    for row in rows:
        found[row.variant] = found.get(row.variant, 0) + row.units
    return found


def units_by_day(rows: Sequence[ExposureDay]) -> tuple[tuple[date, int], ...]:
    """Cumulative units of all variants at the end of each day with a row."""
    found: dict[date, int] = defaultdict(int)
    for row in rows:
        found[row.day] += row.units
    total, days = 0, []
    for day in sorted(found):
        total += found[day]
        days.append((day, total))
    return tuple(days)


def units_per_day(scope: Scope) -> float:
    """Units that the last full week brought a day (the whole run when it is shorter)."""
    rows = exposures_of(scope)
    if not rows:
        return 0.0
    first, today = min(row.day for row in rows), scope.context.as_of.date()
    last = max(row.day for row in rows)
    # The day that is still running is no full day, unless it is all there is.
    end = last if last < today else last - timedelta(days=1)
    start = max(first, end - timedelta(days=RECENT_DAYS - 1))
    if end < first:
        return float(sum(row.units for row in rows))
    days = (end - start).days + 1
    return sum(row.units for row in rows if start <= row.day <= end) / days


def expected_weights(
    phases: Sequence[PhaseView], rows: Sequence[ExposureDay], variants: Sequence[str]
) -> tuple[float, ...]:
    """Units that each variant was due, over phases with different weights."""
    due = [0.0] * len(variants)
    for phase in phases:
        total = sum(row.units for row in rows if row.phase == phase.number)
        for place, weight in enumerate(phase.weights):
            due[place] += total * weight
    return tuple(due)


def by_value(rows: Sequence[ExposureDay]) -> Mapping[str, tuple[ExposureDay, ...]]:
    """Rows of each value of a dimension, values sorted."""
    found: dict[str, list[ExposureDay]] = defaultdict(list)
    for row in rows:
        found[row.value].append(row)
    return {value: tuple(found[value]) for value in sorted(found)}
