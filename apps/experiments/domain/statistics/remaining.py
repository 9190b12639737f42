"""How much longer? Units still needed by a running experiment, and what its effect is worth."""

import math

from apps.experiments.contracts.statistics import NormalPrior, Reason, Scale
from apps.experiments.contracts.statistics_results import (
    EffectEstimate,
    PosteriorResult,
    ScaledImpact,
    TestResult,
)
from apps.experiments.domain.scipy_late import brentq, ndtr, ndtri
from apps.experiments.domain.statistics.bayesian import prior_on
from apps.experiments.domain.statistics.errors import NotComputable, require_level, typed_state
from apps.experiments.domain.statistics.sequential import sequence_factor, sequence_rho

MOST_GROWTH = 1e7


def _power_after(
    estimate: EffectEstimate,
    growth: float,
    *,
    effect: float,
    alpha: float,
    tuning_n: float | None,
    prior: NormalPrior | None,
) -> float:
    """Power for `effect` once `growth` times the present units have been added."""
    variance = estimate.standard_error**2 / (1 + growth)
    error, shift = math.sqrt(variance), 0.0
    reach = -float(ndtri(alpha / 2)) * error
    if prior is not None:
        own = prior_on(prior, estimate.scale, estimate.control_baseline)
        reach *= math.sqrt(1 + variance / own.variance)
        shift = variance * own.mean / own.variance
    elif tuning_n is not None:
        n = (estimate.n_control + estimate.n_treatment) * (1 + growth)
        reach = sequence_factor(n, sequence_rho(alpha, tuning_n), alpha) * error
    above = float(ndtr((effect + shift - reach) / error))
    return above + float(ndtr((-effect - shift - reach) / error))


@typed_state
def remaining_units(
    estimate: EffectEstimate,
    *,
    effect: float,
    power: float = 0.8,
    alpha: float = 0.05,
    tuning_n: float | None = None,
    prior: NormalPrior | None = None,
) -> float:
    """Units of both arms still to come until `effect` is found with `power`; 0 when there already.

    The variance per unit is taken to stay as it is. For a sequence the power is that of the look.

    Returns:
        Units (not rounded), or `CannotCompute`: no effect, or none is enough.
    """
    require_level(power, "power")
    require_level(alpha)
    if effect == 0:
        raise NotComputable(Reason.NO_SOLUTION, "no number of units finds an effect of zero")
    size = abs(effect) if prior is None else effect

    def gap(log_growth: float) -> float:
        growth = math.expm1(log_growth)
        after = _power_after(
            estimate, growth, effect=size, alpha=alpha, tuning_n=tuning_n, prior=prior
        )
        return after - power

    if gap(0.0) >= 0:
        return 0.0
    most = math.log1p(MOST_GROWTH)
    if gap(most) < 0:
        raise NotComputable(Reason.NO_SOLUTION, "no number of units is enough")
    growth = math.expm1(float(brentq(gap, 0.0, most, xtol=1e-13)))
    return growth * (estimate.n_control + estimate.n_treatment)


@typed_state
def scaled_impact(answer: TestResult | PosteriorResult, *, units: float) -> ScaledImpact:
    """What the effect would be worth if all `units` (say, of a day) had the treatment.

    Returns:
        Total and interval, or `CannotCompute` for an effect on the relative scale.
    """
    estimate = answer.estimate if isinstance(answer, TestResult) else answer
    if estimate.scale is not Scale.ABSOLUTE:
        raise NotComputable(Reason.INVALID_INPUT, "only absolute effects scale with units")
    return ScaledImpact(
        units=units,
        impact=estimate.effect * units,
        ci=(answer.ci[0] * units, answer.ci[1] * units),
    )
