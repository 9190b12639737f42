"""Effects stratified by period, so that an allocation that moves does not bias them.

A bandit sends more units to what has done well. Thrown together, arms would then differ in when
their units came; within a period they do not. Periods are weighed by all their units, a number
that no outcome has moved, never by what they found.
"""

from collections.abc import Sequence

import numpy as np

from apps.experiments.contracts.statistics import (
    CupedSums,
    QuantileSummary,
    RatioCupedSums,
    Reason,
    Scale,
    SummableSums,
)
from apps.experiments.contracts.statistics_results import EffectEstimate
from apps.experiments.domain.statistics.effects import effect_of_moments
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.estimands import estimand_for
from apps.experiments.domain.statistics.moments import MomentVector, Vector, moments_of

PeriodSums = SummableSums | RatioCupedSums
LEAST = 2


def _combined(arms: Sequence[MomentVector], shares: Vector) -> MomentVector:
    """Weighted means and n times their covariance: Σ wₖ zₖ, Σ wₖ² sₖ / nₖ."""
    n = sum(arm.n for arm in arms)
    z = np.sum([share * arm.z for share, arm in zip(shares, arms, strict=True)], axis=0)
    parts = [share**2 * arm.s / arm.n for share, arm in zip(shares, arms, strict=True)]
    return MomentVector(n=n, z=z, s=np.sum(parts, axis=0) * n)


def arm_units(sums: PeriodSums | QuantileSummary) -> int:
    """Units of one arm."""
    if isinstance(sums, CupedSums):
        return sums.outcome.n
    return sums.post.n if isinstance(sums, RatioCupedSums) else sums.n


def period_effect(
    periods: Sequence[tuple[PeriodSums, PeriodSums, int]], scale: Scale
) -> EffectEstimate:
    """Treatment against control over periods of (control, treatment, units of all arms).

    Periods in which an arm has fewer than 2 units are left out.

    Source: post-stratification with known weights; unbiased under adaptive allocation because
    the weights are set before the outcomes (Hadad et al. 2021, section 2, discusses why
    outcome-dependent pooling is not).

    Raises:
        NotComputable: no period is left, an arm never varies, or a denominator is zero.
    """
    kept = [each for each in periods if min(arm_units(each[0]), arm_units(each[1])) >= LEAST]
    if not kept:
        raise NotComputable(Reason.TOO_FEW_UNITS, "no period has 2 units in both arms")
    shares = np.array([units for _, _, units in kept], dtype=np.float64)
    shares /= shares.sum()
    a = _combined([moments_of(control) for control, _, _ in kept], shares)
    b = _combined([moments_of(treatment) for _, treatment, _ in kept], shares)
    first = kept[0][0]
    drop = isinstance(first, CupedSums)
    return effect_of_moments(estimand_for(first, a, b), a, b, scale, drop_imbalance=drop)
