"""Group sequential boundaries for any number of looks, by recursive numerical integration.

The score process B(t) has independent normal steps. Between looks we carry its sub-density over
the paths that have not stopped, on composite Gauss-Legendre nodes fine enough for the next step.
Source: Armitage, McPherson, Rowe (1969); Jennison and Turnbull (2000), chapter 19.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from apps.experiments.contracts.statistics import Reason, SpendingPlan
from apps.experiments.contracts.statistics_results import (
    GroupSequentialDesign,
    GroupSequentialLook,
)
from apps.experiments.domain.scipy_late import brentq, ndtr, ndtri
from apps.experiments.domain.statistics.errors import NotComputable, require_level, typed_state
from apps.experiments.domain.statistics.moments import Vector
from apps.experiments.domain.statistics.spending import alpha_spent

REACH = 9.0
"""Paths further than this many standard deviations out carry no mass that a double can hold."""
PANEL_NODES = 6
LEAST_SPEND = 1e-290
UNREACHABLE = 37.0
"""Boundary reported when nothing may be spent: no statistic gets there."""
_X, _W = np.polynomial.legendre.leggauss(PANEL_NODES)
ROOT_TWO_PI = math.sqrt(2 * math.pi)


@dataclass(frozen=True, slots=True)
class _Density:
    """Nodes, weights times sub-density, of the paths still going at time t."""

    nodes: Vector
    mass: Vector
    t: float


def _grid(low: float, high: float, step: float) -> tuple[Vector, Vector]:
    """Gauss-Legendre nodes and weights on panels no wider than `step`."""
    panels = max(8, math.ceil((high - low) / step))
    edges = np.linspace(low, high, panels + 1)
    half = (edges[1] - edges[0]) / 2
    nodes = (edges[:-1, None] + half * (1 + _X[None, :])).ravel()
    return nodes, np.tile(half * _W, panels)


def _limits(bound: float, t: float, drift: float, sides: int) -> tuple[float, float]:
    """Where paths may be that have not crossed z = bound at time t."""
    centre, reach = drift * t, REACH * math.sqrt(t)
    high = min(bound * math.sqrt(t), centre + reach)
    low = centre - reach
    if sides == 2:  # noqa: PLR2004  # two sides
        low = max(low, -bound * math.sqrt(t))
    return min(low, high - 1e-12), high


def _advance(
    before: _Density | None, bound: float, t: float, nxt: float, *, drift: float, sides: int
) -> _Density:
    """Density at time t of the paths that went on; `nxt` is the following look's time."""
    low, high = _limits(bound, t, drift, sides)
    start = 0.0 if before is None else before.t
    step = math.sqrt(t - start)
    fine = min(step, math.sqrt(nxt - t) if nxt > t else step)
    nodes, weights = _grid(low, high, 1.5 * fine)
    if before is None:
        density = np.exp(-0.5 * ((nodes - drift * t) / step) ** 2) / (step * ROOT_TWO_PI)
    else:
        gap = (nodes[:, None] - before.nodes[None, :] - drift * (t - start)) / step
        density = np.exp(-0.5 * gap**2) @ before.mass / (step * ROOT_TWO_PI)
    return _Density(nodes=nodes, mass=density * weights, t=t)


def _crossing(before: _Density | None, bound: float, t: float, drift: float) -> float:
    """Probability of first crossing above z = bound at time t."""
    edge = bound * math.sqrt(t)
    if before is None:
        return float(ndtr((drift * t - edge) / math.sqrt(t)))
    step = math.sqrt(t - before.t)
    return float(before.mass @ ndtr((before.nodes + drift * (t - before.t) - edge) / step))


def _solve(before: _Density | None, t: float, spend: float) -> float:
    """The boundary that spends exactly `spend` above at this look.

    Solved on the logarithm, so that a first look's 1e-20 is met as closely as a last look's 0.02.
    """
    if spend <= LEAST_SPEND:
        return UNREACHABLE
    if before is None:
        return -float(ndtri(spend))

    def gap(bound: float) -> float:
        crossing = _crossing(before, bound, t, 0.0)
        return math.log(max(crossing, 1e-320)) - math.log(spend)

    return float(brentq(gap, -REACH, UNREACHABLE, xtol=1e-12))


def _checked(information: Sequence[float]) -> tuple[float, ...]:
    """Information fractions, rising; a share beyond 1 spends no more than alpha.

    Raises:
        NotComputable: None given, or not positive and rising.
    """
    times = tuple(float(value) for value in information)
    if not times:
        raise NotComputable(Reason.NO_DATA, "there are no looks")
    rising = all(a < b for a, b in pairwise(times))
    if times[0] <= 0 or not rising or not math.isfinite(times[-1]):
        raise NotComputable(
            Reason.INVALID_INPUT, "information fractions are positive and rise from look to look"
        )
    return times


def boundaries_compute(
    information: Sequence[float], alpha: float, plan: SpendingPlan
) -> GroupSequentialDesign:
    """Boundaries whose crossing probabilities under no effect are what the plan spends.

    Two-sided designs are symmetric: each side spends the family's function of alpha / 2.

    Raises:
        NotComputable: Levels or information out of range.
    """
    require_level(alpha)
    if plan.sides not in {1, 2}:
        raise NotComputable(Reason.INVALID_INPUT, "a test has one side or two")
    times = _checked(information)
    before: _Density | None = None
    spent = 0.0
    z: list[float] = []
    path: list[float] = []
    for look, t in enumerate(times):
        target = alpha_spent(plan, alpha / plan.sides, t)
        z.append(_solve(before, t, target - spent))
        spent = max(spent, target)
        path.append(spent * plan.sides)
        if look + 1 < len(times):
            before = _advance(before, z[-1], t, times[look + 1], drift=0.0, sides=plan.sides)
    return GroupSequentialDesign(
        information=times,
        z=tuple(z),
        nominal_alpha=tuple(plan.sides * float(ndtr(-bound)) for bound in z),
        alpha_spent=tuple(path),
        sides=plan.sides,
    )


boundaries = typed_state(boundaries_compute)


def crossing_probabilities(
    design: GroupSequentialDesign, *, drift: float = 0.0
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Probability of first crossing above, and below, at each look.

    `drift` is the expected z at information 1. One-sided designs never cross below.
    """
    before: _Density | None = None
    above: list[float] = []
    below: list[float] = []
    times = design.information
    for look, (t, bound) in enumerate(zip(times, design.z, strict=True)):
        above.append(_crossing(before, bound, t, drift))
        mirrored = None
        if before is not None:
            mirrored = _Density(-before.nodes[::-1], before.mass[::-1], before.t)
        two = design.sides == 2  # noqa: PLR2004  # two sides
        below.append(_crossing(mirrored, bound, t, -drift) if two else 0.0)
        if look + 1 < len(times):
            before = _advance(before, bound, t, times[look + 1], drift=drift, sides=design.sides)
    return tuple(above), tuple(below)


def design_power(design: GroupSequentialDesign, drift: float) -> float:
    """Probability of crossing either boundary by the last look."""
    above, below = crossing_probabilities(design, drift=drift)
    return min(1.0, sum(above) + sum(below))


def looks_read(
    design: GroupSequentialDesign, effects: Sequence[float], standard_errors: Sequence[float]
) -> tuple[GroupSequentialLook, ...]:
    """The looks so far against their boundaries, with repeated confidence intervals.

    Source: Jennison and Turnbull (1989).

    Raises:
        NotComputable: More looks than boundaries, or a standard error that is not positive.
    """
    if len(effects) != len(standard_errors) or len(effects) > len(design.z):
        raise NotComputable(Reason.INVALID_INPUT, "looks, effects and boundaries do not match")
    if any(error <= 0 for error in standard_errors):
        raise NotComputable(Reason.ZERO_VARIANCE, "a look has no standard error")
    looks = []
    for index, (effect, error) in enumerate(zip(effects, standard_errors, strict=True)):
        bound, z = design.z[index], effect / error
        high = effect + bound * error if design.sides == 2 else math.inf  # noqa: PLR2004  # two
        crossed = z >= bound or (design.sides == 2 and z <= -bound)  # noqa: PLR2004  # two sides
        looks.append(
            GroupSequentialLook(index + 1, z, bound, crossed, (effect - bound * error, high))
        )
    return tuple(looks)
