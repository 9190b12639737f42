"""Looks of a group sequential plan, counted honestly.

A look is the end of a day on which another planned share of the planned units has been reached.
What is read between two looks is the last look; the day that is still running is none.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from scipy.interpolate import PchipInterpolator

from apps.experiments.contracts.design import AnalysisPlan
from apps.experiments.contracts.statistics import SpendingPlan
from apps.experiments.domain.statistics.group_sequential import UNREACHABLE, boundaries_compute

_LEVELS = (1e-9, 1e-7, 1e-5, 1e-4, 1e-3, 5e-3, 0.02, 0.1, 0.2, 0.4, 0.7, 0.99)
_REACHABLE = 12.0
_NEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks taken so far.

    Attributes:
        days: on whose evening each was taken; empty before the first.
        information: units by then over planned units, rising.
        planned_units: over all variants.
    """

    days: tuple[date, ...]
    information: tuple[float, ...]
    planned_units: float

    @property
    def last(self) -> date | None:
        """The evening whose numbers stand."""
        return self.days[-1] if self.days else None


def looks_taken(
    units_by_day: Sequence[tuple[date, int]],
    *,
    planned_units: float,
    looks: int,
    before: date,
    ended: bool,
) -> Looks:
    """The looks among full days.

    Args:
        units_by_day: cumulative units over all variants at the end of each day, days rising.
        planned_units: at the last look.
        looks: planned ones, evenly spaced in units.
        before: the day that is still running; only earlier ones are read (all when ended).
        ended: the run is over: its end is the last look, however little was reached.
    """
    days: list[date] = []
    information: list[float] = []
    taken = 0
    full = [(day, units) for day, units in units_by_day if ended or day < before]
    for place, (day, units) in enumerate(full):
        share = units / planned_units
        reached = min(looks, math.floor(share * looks + _NEAR))
        final = ended and place == len(full) - 1 and taken < looks
        rising = share > (information[-1] if information else 0.0)
        if (reached > taken or final) and rising:
            days.append(day)
            information.append(share)
            taken = looks if final else reached
    return Looks(tuple(days), tuple(information), planned_units)


@lru_cache(maxsize=4096)
def boundary_of(
    information: tuple[float, ...], alpha: float, spending: SpendingPlan
) -> tuple[float, ...]:
    """The z to be passed at each look so far at this level.

    Source: Lan and DeMets (1983); information beyond the plan spends no more than alpha.
    """
    return boundaries_compute(information, alpha, spending).z


@lru_cache(maxsize=256)
def _curves(
    information: tuple[float, ...], alpha: float, spending: SpendingPlan
) -> tuple[PchipInterpolator, ...]:
    """For each look: z → ln of the level whose boundary it is, exact at the plan's own level."""
    levels = sorted({*_LEVELS, alpha}, reverse=True)
    table = np.array([boundary_of(information, level, spending) for level in levels])
    curves = []
    for z in table.T:
        # Levels that may spend nothing at this look have a boundary that nothing reaches.
        held = (z < UNREACHABLE) & np.concatenate(([True], np.diff(z) > 0))
        curves.append((z[held], np.log(np.array(levels)[held])))
    return tuple(
        PchipInterpolator(z, logs) if z.size > 1 else PchipInterpolator([0, _REACHABLE], [0, 0])
        for z, logs in curves
    )


def repeated_p(
    statistics: Sequence[float], information: tuple[float, ...], plan: AnalysisPlan
) -> float:
    """The smallest level at which any look so far would have stopped.

    Source: repeated p-values, Jennison and Turnbull (2000), section 9.5.
    """
    curves = _curves(information, plan.alpha, spending_of(plan))
    p_values = []
    for z, curve in zip(statistics, curves, strict=True):
        low, high = float(curve.x[0]), float(curve.x[-1])
        p_values.append(1.0 if abs(z) < low else math.exp(float(curve(min(abs(z), high)))))
    return min(p_values)


def spending_of(plan: AnalysisPlan) -> SpendingPlan:
    """The plan's two-sided spending."""
    return SpendingPlan(plan.spending, plan.spending_rho, 2)
