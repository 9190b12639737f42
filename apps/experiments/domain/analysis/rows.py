"""Cumulative rows, found by what they are about and the last day at or before a given one."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.contracts.rollups import RollupKey, RollupSums
from apps.experiments.domain.analysis.sums import EMPTY, rollups_added

_About = tuple[str, str, str, int, str]
_Days = tuple[list[date], list[RollupSums]]


@dataclass(frozen=True, slots=True)
class Rows:
    """An experiment's rows; keys are (metric, dimension, value, phase, variant)."""

    found: Mapping[_About, _Days]

    def at(
        self,
        metric: str,
        phase: int,
        variant: str,
        *,
        day: date | None = None,
        dimension: str = "",
        value: str = "",
    ) -> RollupSums:
        """Sums up to a day (None: all of it); nothing yet is an arm without units."""
        days, sums = self.found.get((metric, dimension, value, phase, variant), ([], []))
        place = len(days) if day is None else bisect_right(days, day)
        return sums[place - 1] if place else EMPTY

    def pooled(
        self,
        metric: str,
        phases: tuple[PhaseView, ...],
        variant: str,
        *,
        day: date | None = None,
        dimension: str = "",
        value: str = "",
    ) -> RollupSums:
        """The units of several phases together."""
        return rollups_added(
            self.at(metric, phase.number, variant, day=day, dimension=dimension, value=value)
            for phase in phases
        )

    def values(self, dimension: str) -> tuple[str, ...]:
        """The values of a dimension, sorted."""
        return tuple(sorted({key[2] for key in self.found if key[1] == dimension}))

    def days(self, metric: str, phases: tuple[PhaseView, ...]) -> tuple[date, ...]:
        """Days on which any arm of a metric has a row."""
        numbers = {phase.number for phase in phases}
        return tuple(
            sorted(
                {
                    day
                    for key, (days, _) in self.found.items()
                    if key[0] == metric and not key[1] and key[3] in numbers
                    for day in days
                }
            )
        )


def rows_index(rollups: Mapping[RollupKey, RollupSums]) -> Rows:
    """Sort the rows of one experiment by day."""
    found: dict[_About, _Days] = {}
    for key in sorted(rollups, key=lambda each: each.day):
        about = (key.metric, key.dimension, key.value, key.phase, key.variant)
        days, sums = found.setdefault(about, ([], []))
        days.append(key.day)
        sums.append(rollups[key])
    return Rows(found)
