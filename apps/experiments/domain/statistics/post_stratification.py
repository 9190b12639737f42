"""Post-stratified effects: strata weighed by their share of all units, not of each arm's."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from apps.experiments.contracts.statistics import (
    CupedSums,
    MeanSums,
    ProportionSums,
    RatioSums,
    Reason,
    Scale,
    SummableSums,
)
from apps.experiments.contracts.statistics_results import EffectEstimate
from apps.experiments.domain.statistics.effects import effect_compute, effect_gradients
from apps.experiments.domain.statistics.errors import NotComputable, typed_state
from apps.experiments.domain.statistics.estimands import Estimand, covariate_adjusted
from apps.experiments.domain.statistics.moments import Matrix, MomentVector, Vector, moment_vector

Stratum = tuple[SummableSums, SummableSums]


def _sum(a: float, b: float) -> float:
    return a + b


def sums_added(a: SummableSums, b: SummableSums) -> SummableSums:
    """The sums of both groups of units together.

    Raises:
        NotComputable: They are of different kinds.
    """
    if isinstance(a, MeanSums) and isinstance(b, MeanSums):
        return MeanSums(a.n + b.n, a.sum + b.sum, a.sum_squares + b.sum_squares)
    if isinstance(a, ProportionSums) and isinstance(b, ProportionSums):
        return ProportionSums(a.n + b.n, a.sum + b.sum)
    if isinstance(a, RatioSums) and isinstance(b, RatioSums):
        return RatioSums(
            a.n + b.n,
            a.sum_m + b.sum_m,
            a.sum_squares_m + b.sum_squares_m,
            a.sum_d + b.sum_d,
            a.sum_squares_d + b.sum_squares_d,
            a.sum_md + b.sum_md,
        )
    if isinstance(a, CupedSums) and isinstance(b, CupedSums):
        return _cuped_added(a, b)
    raise NotComputable(Reason.INVALID_INPUT, "the strata hold different kinds of sums")


def _cuped_added(a: CupedSums, b: CupedSums) -> CupedSums:
    outcome = sums_added(a.outcome, b.outcome)
    if len(a.sum_x) != len(b.sum_x) or not isinstance(outcome, MeanSums | ProportionSums):
        raise NotComputable(Reason.INVALID_INPUT, "the strata hold different covariates")
    return CupedSums(
        outcome=outcome,
        sum_x=tuple(map(_sum, a.sum_x, b.sum_x)),
        sum_xx=tuple(tuple(map(_sum, p, q)) for p, q in zip(a.sum_xx, b.sum_xx, strict=True)),
        sum_xy=tuple(map(_sum, a.sum_xy, b.sum_xy)),
    )


def _units(sums: SummableSums) -> int:
    return sums.outcome.n if isinstance(sums, CupedSums) else sums.n


def _viable(stratum: Stratum) -> bool:
    """Does the stratum allow an effect of its own?"""
    try:
        effect_compute(stratum[0], stratum[1], Scale.ABSOLUTE)
    except NotComputable:
        return False
    return True


def _merged(strata: Sequence[Stratum]) -> list[Stratum]:
    """Strata that allow no effect of their own join the largest."""
    ordered = sorted(strata, key=lambda pair: _units(pair[0]) + _units(pair[1]), reverse=True)
    kept = [ordered[0]]
    for stratum in ordered[1:]:
        if _viable(stratum):
            kept.append(stratum)
        else:
            first = kept[0]
            kept[0] = (sums_added(first[0], stratum[0]), sums_added(first[1], stratum[1]))
    return kept


def _weighted(
    arms: Sequence[tuple[MomentVector, MomentVector]], shares: Vector, shared: Sequence[float]
) -> tuple[Vector, Matrix]:
    """Stacked means (2k) of both arms and their covariance, shares being multinomial.

    `shared`: variance that both arms' means have in common, per stratum.
    """
    means = np.array([np.concatenate((a.z, b.z)) for a, b in arms])
    width = means.shape[1] // 2
    centre = shares @ means
    total = sum(a.n + b.n for a, b in arms)
    between = ((means - centre).T * shares) @ (means - centre) / total
    within = np.zeros_like(between)
    for share, common, (a, b) in zip(shares, shared, arms, strict=True):
        within += share**2 * common
        within[:width, :width] += share**2 * a.s / a.n
        within[width:, width:] += share**2 * b.s / b.n
    return centre, between + within


def _moments(
    strata: Sequence[Stratum],
) -> tuple[list[tuple[MomentVector, MomentVector]], list[float]]:
    """Every stratum's arms, moved to common covariates where there are any; variance shared."""
    arms = [(moment_vector(a), moment_vector(b)) for a, b in strata]
    if not isinstance(strata[0][0], CupedSums):
        return arms, [0.0] * len(arms)
    adjusted = [covariate_adjusted(a, b) for a, b in arms]
    return [(a, b) for a, b, _ in adjusted], [common for _, _, common in adjusted]


@typed_state
def post_stratified_effect(
    strata: Sequence[Stratum], *, scale: Scale = Scale.RELATIVE
) -> EffectEstimate:
    """The effect with strata weighed by their share of both arms together.

    The shares are themselves estimated (multinomial), which widens the standard error; degrees of
    freedom are those of the unstratified comparison.

    Source: Miratrix, Sekhon, Yu (2013); covariance of multinomially weighted means.

    Returns:
        The estimate, or `CannotCompute`: no strata, or what the whole sample cannot give.
    """
    if not strata:
        raise NotComputable(Reason.NO_DATA, "there are no strata")
    whole = strata[0]
    for stratum in strata[1:]:
        whole = (sums_added(whole[0], stratum[0]), sums_added(whole[1], stratum[1]))
    plain = effect_compute(whole[0], whole[1], scale)
    kept = _merged(strata)
    if len(kept) == 1:
        return plain
    arms, shared = _moments(kept)
    shares = np.array([a.n + b.n for a, b in arms], dtype=np.float64)
    centre, covariance = _weighted(arms, shares / shares.sum(), shared)
    estimand = Estimand(ratio=isinstance(whole[0], RatioSums), theta=np.zeros(0))
    za, zb = np.split(centre, 2)
    effect, grad_a, grad_b = effect_gradients(estimand, za, zb, scale)
    gradient = np.concatenate((grad_a, grad_b))
    return replace(
        plain,
        effect=effect,
        standard_error=math.sqrt(float(gradient @ covariance @ gradient)),
        control_mean=estimand.value(za)[0],
        treatment_mean=estimand.value(zb)[0],
        control_baseline=estimand.baseline(za)[0],
        theta=(),
    )
