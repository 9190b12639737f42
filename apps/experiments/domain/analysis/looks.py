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

from apps.experiments.contracts.design import AnalysisPlan
from apps.experiments.contracts.statistics import SpendingPlan
from apps.experiments.domain.scipy_late import PchipInterpolator
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


@dataclass(frozen=True, slots=True)
class LookRead:
    """What one look showed: its effect in standard errors, and the least level that it passed."""

    information: float
    z: float
    boundary: float
    p_value: float


def looks_read(
    statistics: Sequence[float], information: tuple[float, ...], plan: AnalysisPlan
) -> tuple[LookRead, ...]:
    """Each look so far with its boundary at the plan's level and the level of its own z."""
    if not information:
        return ()
    spending = spending_of(plan)
    curves = _curves(information, plan.alpha, spending)
    bounds = boundary_of(information, plan.alpha, spending)
    found = []
    for at, z, bound, curve in zip(information, statistics, bounds, curves, strict=True):
        low, high = float(curve.x[0]), float(curve.x[-1])
        p_value = 1.0 if abs(z) < low else math.exp(float(curve(min(abs(z), high))))
        found.append(LookRead(at, z, bound, p_value))
    return tuple(found)


def repeated_p(taken: Sequence[LookRead]) -> float:
    """The smallest level at which any look so far would have stopped; 1 before the first.

    Source: repeated p-values, Jennison and Turnbull (2000), section 9.5.
    """
    return min((look.p_value for look in taken), default=1.0)


def crossed_z(taken: Sequence[LookRead], level: float) -> float | None:
    """The z of the first look that passed the boundary of a level: there it might have ended."""
    return next((look.z for look in taken if look.p_value <= level), None)


def spending_of(plan: AnalysisPlan) -> SpendingPlan:
    """The plan's two-sided spending."""
    return SpendingPlan(plan.spending, plan.spending_rho, 2)
