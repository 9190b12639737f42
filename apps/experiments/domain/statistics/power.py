"""Plans: power, smallest detectable effect and sample size, fixed and sequential designs."""

import math

from apps.experiments.contracts.statistics import (
    Alternative,
    ArmSums,
    NormalPrior,
    PlanInputs,
    QuantileSummary,
    Reason,
    Scale,
)
from apps.experiments.contracts.statistics_results import PlanResult
from apps.experiments.domain.scipy_late import brentq, ndtr, ndtri
from apps.experiments.domain.statistics.bayesian import prior_on
from apps.experiments.domain.statistics.errors import NotComputable, require_level, typed_state
from apps.experiments.domain.statistics.estimands import estimand_for
from apps.experiments.domain.statistics.group_sequential import boundaries_compute, design_power
from apps.experiments.domain.statistics.moments import moment_vector
from apps.experiments.domain.statistics.quantile_moments import quantile_moments
from apps.experiments.domain.statistics.sequential import sequence_factor, sequence_rho

MOST_UNITS = 1e13


def plan_baseline(sums: ArmSums) -> tuple[float, float]:
    """One unit's mean and variance (delta method for a ratio), to plan from past traffic.

    Covariates are not subtracted from the mean: only the variance gains from them. For a quantile
    the unit is an event.

    Raises:
        NotComputable: No data, too few units or a zero denominator.
    """
    if isinstance(sums, QuantileSummary):
        summary = quantile_moments(sums)
        return float(summary.z[0]), float(summary.s[0, 0])
    arm = moment_vector(sums)
    estimand = estimand_for(sums, arm, arm)
    _, gradient = estimand.value(arm.z)
    return estimand.baseline(arm.z)[0], float(gradient @ arm.s @ gradient)


def _checked(inputs: PlanInputs, arm: int) -> tuple[float, float]:
    """Shares of control and of the treatment.

    Raises:
        NotComputable: Levels, shares, mean or variance out of range.
    """
    require_level(inputs.alpha)
    if len(inputs.weights) < 2 or min(inputs.weights) <= 0:  # noqa: PLR2004  # two arms
        raise NotComputable(Reason.INVALID_INPUT, "two or more arms with positive weights")
    if not 0 < arm < len(inputs.weights):
        raise NotComputable(Reason.INVALID_INPUT, "there is no such treatment")
    if not inputs.variance > 0:
        raise NotComputable(Reason.ZERO_VARIANCE, "the metric does not vary")
    if inputs.scale is Scale.RELATIVE and inputs.mean == 0:
        raise NotComputable(Reason.ZERO_DENOMINATOR, "the mean is zero: no relative effect")
    total = sum(inputs.weights)
    return inputs.weights[0] / total, inputs.weights[arm] / total


def _tail(inputs: PlanInputs) -> float:
    return inputs.alpha / 2 if inputs.alternative is Alternative.TWO_SIDED else inputs.alpha


def _unit_variances(inputs: PlanInputs, effect: float) -> tuple[float, float]:
    """Variance per unit of control's and treatment's part of the effect (delta method)."""
    if inputs.scale is Scale.ABSOLUTE:
        return inputs.variance, inputs.variance
    scaled = inputs.variance / inputs.mean**2
    return scaled * (1 + effect) ** 2, scaled


def _widening(inputs: PlanInputs, n_pair: float) -> tuple[float, float]:
    """The sequence's reach in standard errors, and that over the fixed test's."""
    fixed = -float(ndtri(_tail(inputs)))
    if inputs.tuning_n is None:
        return fixed, 1.0
    sides = 2 if inputs.alternative is Alternative.TWO_SIDED else 1
    rho = sequence_rho(inputs.alpha, inputs.tuning_n, sides=sides)
    reach = sequence_factor(n_pair, rho, inputs.alpha, sides=sides)
    return reach, reach / fixed


def _normal_power(inputs: PlanInputs, z: float, reach: float) -> float:
    """P(the statistic passes its reach) when it is expected at z."""
    if inputs.alternative is Alternative.TWO_SIDED:
        return float(ndtr(z - reach) + ndtr(-z - reach))
    return float(ndtr((z if inputs.alternative is Alternative.GREATER else -z) - reach))


def _posterior_power(inputs: PlanInputs, prior: NormalPrior, effect: float, error: float) -> float:
    """P(the credible interval excludes zero): the posterior's mean is shrunk by the prior."""
    own = prior_on(prior, inputs.scale, inputs.mean)
    variance = error**2
    precision = 1 / own.variance + 1 / variance
    reach = variance * math.sqrt(precision) * -float(ndtri(inputs.alpha / 2))
    shift = variance * own.mean / own.variance
    above = float(ndtr((effect + shift - reach) / error))
    return above + float(ndtr((-effect - shift - reach) / error))


def plan_power_compute(
    inputs: PlanInputs, *, effect: float, n_total: float, arm: int = 1
) -> PlanResult:
    """Power to find `effect` in one treatment with `n_total` units over all arms.

    Sequences: `power` inflates the standard error by reach / z as published planners do;
    `power_at_look` is the probability that the interval excludes zero at this look. Both agree at
    one half; above it the published one is the lower.

    Raises:
        NotComputable: Inputs out of range.
    """
    control, treatment = _checked(inputs, arm)
    n_a, n_b = n_total * control, n_total * treatment
    if not n_total > 0:
        raise NotComputable(Reason.NO_DATA, "there are no units")
    var_a, var_b = _unit_variances(inputs, effect)
    error = math.sqrt(var_a / n_a + var_b / n_b)
    reach, widening = _widening(inputs, n_a + n_b)
    z = effect / error
    if inputs.prior is not None:
        power = at_look = _posterior_power(inputs, inputs.prior, effect, error)
    elif inputs.spending is not None:
        design = boundaries_compute(inputs.information, inputs.alpha, inputs.spending)
        power = at_look = design_power(design, z / math.sqrt(design.information[-1]))
    else:
        power = _normal_power(inputs, z / widening, reach / widening)
        at_look = _normal_power(inputs, z, reach)
    return PlanResult(effect, n_total, n_a, n_b, error, power, at_look)


def _needed_z(inputs: PlanInputs, power: float) -> float:
    """Expected statistic that gives the power: z(1 - alpha / 2) + z(power), or a design's drift.

    Raises:
        NotComputable: Power not above alpha.
    """
    require_level(power, "power")
    if power <= inputs.alpha:
        raise NotComputable(Reason.INVALID_INPUT, "power must be greater than alpha")
    if inputs.spending is None:
        return -float(ndtri(_tail(inputs))) + float(ndtri(power))
    design = boundaries_compute(inputs.information, inputs.alpha, inputs.spending)
    drift = float(brentq(lambda d: design_power(design, d) - power, 0.0, 40.0, xtol=1e-10))
    return drift * math.sqrt(design.information[-1])


def mde_compute(inputs: PlanInputs, *, power: float, n_total: float, arm: int = 1) -> float:
    """Smallest positive effect found with `power` by `n_total` units over all arms.

    On the relative scale the effect moves its own standard error: a quadratic is solved.

    Raises:
        NotComputable: Inputs out of range, or no effect is large enough (too few units).
    """
    control, treatment = _checked(inputs, arm)
    if not n_total > 0:
        raise NotComputable(Reason.NO_DATA, "there are no units")
    n_a, n_b = n_total * control, n_total * treatment
    _, widening = _widening(inputs, n_a + n_b)
    z = _needed_z(inputs, power) * widening
    if inputs.prior is not None:
        return _searched_mde(inputs, power=power, n_total=n_total, arm=arm)
    if inputs.scale is Scale.ABSOLUTE:
        return z * math.sqrt(inputs.variance * (1 / n_a + 1 / n_b))
    unit = z**2 * inputs.variance / inputs.mean**2
    a, b = unit / n_b, unit / n_a
    if b >= 1:
        raise NotComputable(Reason.NO_SOLUTION, "too few units: no effect would be found")
    return (b + math.sqrt(b**2 + (1 - b) * (a + b))) / (1 - b)


def _searched_mde(inputs: PlanInputs, *, power: float, n_total: float, arm: int) -> float:
    """The effect at which the power is met, by search over growing effects.

    Raises:
        NotComputable: No effect up to a thousandfold is found.
    """

    def gap(effect: float) -> float:
        return plan_power_compute(inputs, effect=effect, n_total=n_total, arm=arm).power - power

    unit = abs(inputs.mean) if inputs.scale is Scale.ABSOLUTE else 1.0
    high = 1e-6 * unit
    while gap(high) < 0:
        high *= 2
        if high > 1e3 * unit:
            raise NotComputable(Reason.NO_SOLUTION, "too few units: no effect would be found")
    return float(brentq(gap, high / 2, high, xtol=1e-14)) if gap(high / 2) < 0 else high


def sample_size_compute(inputs: PlanInputs, *, effect: float, power: float, arm: int = 1) -> float:
    """Units over all arms (whole, rounded up) at which `effect` is found with `power`.

    Raises:
        NotComputable: Inputs out of range, no effect, or more units than there are.
    """
    control, treatment = _checked(inputs, arm)
    if effect == 0:
        raise NotComputable(Reason.NO_SOLUTION, "no number of units finds an effect of zero")
    if inputs.prior is not None:
        return _searched_size(inputs, effect=effect, power=power, arm=arm)
    var_a, var_b = _unit_variances(inputs, effect)
    spread = var_a / control + var_b / treatment
    need = spread * _needed_z(inputs, power) ** 2 / effect**2
    if inputs.tuning_n is None:
        return float(math.ceil(round(need, 6)))
    pair = control + treatment

    def gap(log_n: float) -> float:
        n = math.exp(log_n)
        return log_n - math.log(need) - 2 * math.log(_widening(inputs, n * pair)[1])

    low = math.log(need)
    if gap(math.log(MOST_UNITS)) < 0:
        raise NotComputable(Reason.NO_SOLUTION, "no number of units is enough")
    return float(math.ceil(math.exp(float(brentq(gap, low, math.log(MOST_UNITS), xtol=1e-12)))))


def _searched_size(inputs: PlanInputs, *, effect: float, power: float, arm: int) -> float:
    """Units by bisection of the power; the prior lends it some from the start.

    Raises:
        NotComputable: More units than there are.
    """
    require_level(power, "power")

    def gap(log_n: float) -> float:
        n_total = math.exp(log_n)
        return plan_power_compute(inputs, effect=effect, n_total=n_total, arm=arm).power - power

    low, high = math.log(len(inputs.weights)), math.log(MOST_UNITS)
    if gap(high) < 0:
        raise NotComputable(Reason.NO_SOLUTION, "no number of units is enough")
    return float(math.ceil(math.exp(float(brentq(gap, low, high)) if gap(low) < 0 else low)))


plan_power = typed_state(plan_power_compute)
mde = typed_state(mde_compute)
sample_size = typed_state(sample_size_compute)
