"""Does the effect last, and do the phases agree with their pool?"""

import math
from collections.abc import Sequence

import numpy as np

from apps.experiments.contracts.statistics import ArmSums, DayEffect, Reason, Scale
from apps.experiments.contracts.statistics_results import NoveltyResult, SimpsonResult
from apps.experiments.domain.scipy_late import chdtrc, ndtr
from apps.experiments.domain.statistics.effects import effect_compute
from apps.experiments.domain.statistics.errors import NotComputable, require_level, typed_state


@typed_state
def novelty(days: Sequence[DayEffect], *, alpha: float = 0.05) -> NoveltyResult:
    """Straight line through the effects by day since exposure, weighted by their precision.

    Fading: the effect at the first day shrinks significantly towards zero; growing: it moves away.

    Source: weighted least squares with known variances (Aitken 1936).
    """
    require_level(alpha)
    if len({day.day for day in days}) < 3:  # noqa: PLR2004  # a line and something to test it by
        raise NotComputable(Reason.TOO_FEW_UNITS, "a trend needs at least 3 different days")
    if min(day.standard_error for day in days) <= 0:
        raise NotComputable(Reason.ZERO_VARIANCE, "a day's effect has no standard error")
    x = np.array([day.day for day in days], dtype=np.float64)
    y = np.array([day.effect for day in days], dtype=np.float64)
    w = np.array([day.standard_error**-2 for day in days], dtype=np.float64)
    centre = float(w @ x / w.sum())
    spread = float(w @ (x - centre) ** 2)
    slope = float(w @ ((x - centre) * y)) / spread
    intercept = float(w @ y / w.sum()) - slope * centre
    error = 1 / math.sqrt(spread)
    p_value = 2 * float(ndtr(-abs(slope / error)))
    first, last = intercept + slope * float(x.min()), intercept + slope * float(x.max())
    moving = p_value < alpha
    return NoveltyResult(
        slope=slope,
        slope_standard_error=error,
        intercept=intercept,
        p_value=p_value,
        first_effect=first,
        last_effect=last,
        fading=moving and slope * first < 0,
        growing=moving and slope * first > 0,
    )


def _opposite(one: float, other: float) -> bool:
    return one * other < 0


@typed_state
def simpson(
    phases: Sequence[tuple[ArmSums, ArmSums]],
    pooled: tuple[ArmSums, ArmSums],
    *,
    scale: Scale = Scale.ABSOLUTE,
    alpha: float = 0.05,
) -> SimpsonResult:
    """Phases combined by inverse variance against all units thrown together.

    `reversal`: pool and combination point to opposite sides, or the phases differ (Cochran's Q)
    and at least one points against the pool.

    Source: Simpson (1951); Cochran (1954) for Q.
    """
    require_level(alpha)
    if len(phases) < 2:  # noqa: PLR2004  # there is nothing to compare
        raise NotComputable(Reason.TOO_FEW_UNITS, "there is only one phase")
    estimates = [effect_compute(a, b, scale) for a, b in phases]
    whole = effect_compute(pooled[0], pooled[1], scale).effect
    y = np.array([estimate.effect for estimate in estimates])
    w = np.array([estimate.standard_error**-2 for estimate in estimates])
    combined = float(w @ y / w.sum())
    q = float(w @ (y - combined) ** 2)
    p_value = float(chdtrc(len(phases) - 1, q))
    against = any(_opposite(float(effect), whole) for effect in y)
    return SimpsonResult(
        phase_effects=tuple(float(effect) for effect in y),
        combined_effect=combined,
        combined_standard_error=float(w.sum() ** -0.5),
        pooled_effect=whole,
        heterogeneity=q,
        p_value=p_value,
        reversal=_opposite(combined, whole) or (p_value < alpha and against),
    )
