"""Period-stratified values of every arm: what a changing allocation cannot bias.

Within a period the allocation is constant and units are randomised, so every arm's mean there
is unbiased whatever was learnt before. Periods are then weighed alike in every arm, by their
share of all units. Pooling all periods' units instead lets an arm that got more traffic in good
periods look better (Simpson's paradox). `analysis.periods` has the effects of this estimate.

Source: Hadad, Hirshberg, Zhan, Wager and Athey, "Confidence intervals for policy evaluation in
adaptive experiments", PNAS 118(15), 2021 (why pooled means are biased); Miratrix, Sekhon and
Yu, JRSS B 75, 2013 (post-stratification).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.experiments.contracts.bandits import PeriodArms
from apps.experiments.contracts.statistics import (
    CupedSums,
    MeanSums,
    ProportionSums,
    RatioSums,
    Reason,
    SummableSums,
)
from apps.experiments.domain.statistics.errors import NotComputable
from apps.experiments.domain.statistics.estimands import Estimand
from apps.experiments.domain.statistics.moments import Matrix, MomentVector, Vector, moment_vector

LEAST_UNITS = 2
"""A variance needs two units; a period in which an arm has fewer counts for no arm."""


@dataclass(frozen=True, slots=True)
class ArmMoments:
    """One arm over all periods.

    n units, of effective number `effective_n`; z (k) the weighted means, `covariance` (k x k)
    that of z.
    """

    n: int
    effective_n: float
    z: Vector
    covariance: Matrix


def periods_usable(periods: Sequence[PeriodArms]) -> list[PeriodArms]:
    """Periods in which every arm allows a mean and a variance."""
    return [period for period in periods if all(_usable(arm) for arm in period.arms)]


def _plain(sums: SummableSums) -> MeanSums | ProportionSums | RatioSums:
    """Without covariates: they are not used here."""
    return sums.outcome if isinstance(sums, CupedSums) else sums


def _usable(sums: SummableSums) -> bool:
    plain = _plain(sums)
    return plain.n >= LEAST_UNITS and not (isinstance(plain, RatioSums) and plain.sum_d == 0)


def arms_stratified(periods: Sequence[PeriodArms]) -> list[ArmMoments]:
    """Every arm's weighted moments over the usable periods.

    Raises:
        NotComputable: no usable period, or sums that contradict each other.
    """
    used = periods_usable(periods)
    if not used:
        raise NotComputable(Reason.NO_DATA, "no period has 2 or more units in every variant")
    moments = [[moment_vector(_plain(arm)) for arm in period.arms] for period in used]
    sizes = np.array([sum(arm.n for arm in arms) for arms in moments], dtype=np.float64)
    shares = sizes / sizes.sum()
    return [_arm(shares, list(arm)) for arm in zip(*moments, strict=True)]


def _arm(shares: Vector, parts: list[MomentVector]) -> ArmMoments:
    """One arm's weighted mean; a period without variation takes the arm's common spread."""
    units = np.array([part.n for part in parts], dtype=np.float64)
    common = sum((part.n - 1) * part.s for part in parts) / max(1.0, units.sum() - len(parts))
    covariance = np.zeros_like(parts[0].s)
    for share, part in zip(shares, parts, strict=True):
        covariance += share**2 * (part.s if part.s.any() else common) / part.n
    return ArmMoments(
        n=int(units.sum()),
        effective_n=float(1.0 / (shares**2 / units).sum()),
        z=np.asarray(shares @ np.array([part.z for part in parts]), dtype=np.float64),
        covariance=covariance,
    )


def estimand_of(sums: SummableSums) -> Estimand:
    """Mean or ratio, without covariates."""
    return Estimand(ratio=isinstance(sums, RatioSums), theta=np.zeros(0))
