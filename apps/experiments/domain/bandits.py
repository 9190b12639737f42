"""Thompson sampling: how likely each variant is the best, and the allocation that follows.

Units are allocated in proportion to the posterior chance of being best (probability matching),
never below a floor, from period-stratified values. Rates have beta posteriors with a uniform
prior at their effective numbers of units; means and ratios have normal posteriors with the
variance as estimated and a flat prior.

Source: Thompson, "On the likelihood that one unknown probability exceeds another", Biometrika
25, 1933; Scott, "A modern Bayesian look at the multi-armed bandit", Applied Stochastic Models
in Business and Industry 26, 2010 (probability matching in batches).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from apps.experiments.contracts.bandits import (
    ArmEstimate,
    BanditUpdate,
    PeriodArms,
    UpdateOutcome,
)
from apps.experiments.contracts.statistics import (
    CannotCompute,
    CupedSums,
    ProportionSums,
    Reason,
    SummableSums,
)
from apps.experiments.domain.period_strata import (
    ArmMoments,
    arms_stratified,
    estimand_of,
    periods_usable,
)
from apps.experiments.domain.scipy_late import betainc, betaincinv, ndtr, ndtri
from apps.experiments.domain.statistics.errors import NotComputable, typed_state
from apps.experiments.domain.statistics.estimands import Estimand

Vector = NDArray[np.float64]

NODES = 1_000
PARTS = 10_000
"""Weights are in ten-thousandths, the grain of assignment's buckets."""
_ROUNDING = 1e-6
HARDLY = 0.005
"""A move by less than this share of the units is not worth drawing all of them anew."""


class Posterior(Protocol):
    """The posterior distribution of one arm's value."""

    def cdf(self, x: Vector, /) -> Vector:
        """Chance of a value of at most x."""
        ...

    def ppf(self, q: Vector, /) -> Vector:
        """The value below which the chance is q."""
        ...


@dataclass(frozen=True, slots=True)
class BetaPosterior:
    """Beta(a, b)."""

    a: float
    b: float

    def cdf(self, x: Vector, /) -> Vector:
        """Chance of a value of at most x; beyond [0, 1] it is certain."""
        below: Vector = betainc(self.a, self.b, np.clip(x, 0.0, 1.0))
        return below

    def ppf(self, q: Vector, /) -> Vector:
        """The value below which the chance is q."""
        value: Vector = betaincinv(self.a, self.b, q)
        return value


@dataclass(frozen=True, slots=True)
class NormalPosterior:
    """Normal around a mean, with a standard deviation above 0."""

    mean: float
    deviation: float

    def cdf(self, x: Vector, /) -> Vector:
        """Chance of a value of at most x."""
        below: Vector = ndtr((x - self.mean) / self.deviation)
        return below

    def ppf(self, q: Vector, /) -> Vector:
        """The value below which the chance is q."""
        value: Vector = self.mean + self.deviation * ndtri(q)
        return value


def chances_best(posteriors: Sequence[Posterior], *, highest: bool = True) -> tuple[float, ...]:
    """Chance of each arm to be the best, by numeric integration; they sum to 1.

    P(i is best) = ∫₀¹ Π_{j≠i} F_j(F_i⁻¹(q)) dq with the midpoint rule, so the same evidence
    gives the same allocation in every process; no random numbers.

    Args:
        posteriors: one an arm, independent.
        highest: the best is the highest; else the lowest.
    """
    q = (np.arange(NODES) + 0.5) / NODES
    chances = np.empty(len(posteriors))
    for i, own in enumerate(posteriors):
        x = own.ppf(q)
        beats = np.ones(NODES)
        for j, other in enumerate(posteriors):
            if j != i:
                below = other.cdf(x)
                beats *= below if highest else 1 - below
        chances[i] = beats.mean()
    return tuple((chances / chances.sum()).tolist())


def weights_floored(chances: Sequence[float], *, floor: float) -> tuple[float, ...]:
    """Weights in proportion to the chances above a floor, in ten-thousandths that sum to 1.

    w = floor + (1 - k · floor) · chance; what rounding leaves goes to the largest remainders.
    A floor that leaves nothing to move gives equal weights.

    Args:
        chances: of k variants, summing to 1.
        floor: least weight of a variant; at most 1 / k.
    """
    grain = math.ceil(floor * PARTS - _ROUNDING)
    if grain * len(chances) > PARTS:
        return (1 / len(chances),) * len(chances)
    spare = PARTS - grain * len(chances)
    exact = np.array(chances) / sum(chances) * spare
    parts = np.floor(exact + _ROUNDING).astype(int)
    order = np.argsort(parts - exact, kind="stable")
    parts[order[: spare - int(parts.sum())]] += 1
    return tuple(((grain + parts) / PARTS).tolist())


def allocation_update(
    variants: Sequence[str],
    periods: Sequence[PeriodArms],
    current: Sequence[float],
    *,
    floor: float,
    burn_in_units: int,
    highest: bool = True,
) -> BanditUpdate:
    """The allocation that the evidence of all periods asks for.

    Args:
        variants: keys, control first.
        periods: one a phase of constant allocation, arms in the order of the variants.
        current: weights in force.
        floor: least weight of a variant.
        burn_in_units: units that every variant needs before the first move.
        highest: whether a higher value is better.
    """
    units = {
        key: sum(_units(period.arms[place]) for period in periods)
        for place, key in enumerate(variants)
    }
    stay = BanditUpdate(
        outcome=UpdateOutcome.BURN_IN,
        weights=tuple(current),
        chances_best={},
        arms=(),
        units=units,
        periods=len(used := periods_usable(periods)),
        left_out=len(periods) - len(used),
    )
    if min(units.values()) < burn_in_units:
        return stay
    arms = arms_estimated(variants, periods, highest=highest)
    return _moved(stay, arms, floor)


def _moved(
    stay: BanditUpdate, arms: tuple[ArmEstimate, ...] | CannotCompute, floor: float
) -> BanditUpdate:
    """The update with what was estimated."""
    if isinstance(arms, CannotCompute):
        return _changed(stay, UpdateOutcome.CANNOT_COMPUTE, stay.weights, (), arms)
    weights = weights_floored([arm.chance_best for arm in arms], floor=floor)
    shift = max(abs(new - old) for new, old in zip(weights, stay.weights, strict=True))
    if shift < HARDLY:
        return _changed(stay, UpdateOutcome.STAY, stay.weights, arms, None)
    return _changed(stay, UpdateOutcome.MOVE, weights, arms, None)


def _changed(
    stay: BanditUpdate,
    outcome: UpdateOutcome,
    weights: tuple[float, ...],
    arms: tuple[ArmEstimate, ...],
    state: CannotCompute | None,
) -> BanditUpdate:
    return BanditUpdate(
        outcome=outcome,
        weights=weights,
        chances_best={arm.variant: arm.chance_best for arm in arms},
        arms=arms,
        units=stay.units,
        periods=stay.periods,
        left_out=stay.left_out,
        state=state,
    )


def _units(sums: SummableSums) -> int:
    return sums.outcome.n if isinstance(sums, CupedSums) else sums.n


@typed_state
def arms_estimated(
    variants: Sequence[str], periods: Sequence[PeriodArms], *, highest: bool = True
) -> tuple[ArmEstimate, ...]:
    """Every variant's stratified value and its chance to be best.

    Returns:
        One estimate a variant, or `CannotCompute`: no usable period, or an arm that does not
        vary (means and ratios).
    """
    moments = arms_stratified(periods)
    sums = periods[0].arms[0]
    estimand = estimand_of(sums)
    plain = sums.outcome if isinstance(sums, CupedSums) else sums
    rate = isinstance(plain, ProportionSums)
    values = [_value(estimand, arm) for arm in moments]
    posteriors = [
        _rate_posterior(value, arm) if rate else _normal_posterior(value, error)
        for arm, (value, error) in zip(moments, values, strict=True)
    ]
    chances = chances_best(posteriors, highest=highest)
    rows = zip(variants, moments, values, chances, strict=True)
    return tuple(
        ArmEstimate(key, arm.n, arm.effective_n, value, error, chance)
        for key, arm, (value, error), chance in rows
    )


def _value(estimand: Estimand, arm: ArmMoments) -> tuple[float, float]:
    value, gradient = estimand.value(arm.z)
    return value, math.sqrt(float(gradient @ arm.covariance @ gradient))


def _rate_posterior(rate: float, arm: ArmMoments) -> Posterior:
    """Beta(1 + s, 1 + n - s) with n the effective number of units and s = rate · n."""
    successes = rate * arm.effective_n
    return BetaPosterior(1 + successes, 1 + arm.effective_n - successes)


def _normal_posterior(value: float, error: float) -> Posterior:
    """Normal around the value.

    Raises:
        NotComputable: the standard error is zero.
    """
    if error <= 0:
        raise NotComputable(Reason.ZERO_VARIANCE, "a variant does not vary: no posterior")
    return NormalPosterior(value, error)
