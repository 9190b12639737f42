"""Fixed-horizon tests: Welch t on the delta-method effect, two proportions."""

import math

from apps.experiments.contracts.statistics import (
    Alternative,
    ArmSums,
    ProportionSums,
    Reason,
    Scale,
)
from apps.experiments.contracts.statistics_results import EffectEstimate, TestResult
from apps.experiments.domain.scipy_late import ndtr, ndtri, stdtr, stdtrit
from apps.experiments.domain.statistics.effects import effect_compute
from apps.experiments.domain.statistics.errors import NotComputable, require_level, typed_state
from apps.experiments.domain.statistics.moments import moment_vector


def interval(effect: float, halfwidth: float, alternative: Alternative) -> tuple[float, float]:
    """Effect ± halfwidth; one-sided tests leave one side unbounded."""
    low = -math.inf if alternative is Alternative.LESS else effect - halfwidth
    high = math.inf if alternative is Alternative.GREATER else effect + halfwidth
    return low, high


def t_test_of(
    estimate: EffectEstimate,
    *,
    alpha: float = 0.05,
    alternative: Alternative = Alternative.TWO_SIDED,
    null_effect: float = 0.0,
    method: str = "t_test",
) -> TestResult:
    """Student's t on an estimate with its Welch degrees of freedom.

    Source: Welch (1947).

    Raises:
        NotComputable: alpha outside (0, 1).
    """
    require_level(alpha)
    statistic = (estimate.effect - null_effect) / estimate.standard_error
    degrees = estimate.degrees_of_freedom
    tail = alpha / 2 if alternative is Alternative.TWO_SIDED else alpha
    halfwidth = -float(stdtrit(degrees, tail)) * estimate.standard_error
    if alternative is Alternative.TWO_SIDED:
        p_value = 2 * float(stdtr(degrees, -abs(statistic)))
    elif alternative is Alternative.GREATER:
        p_value = float(stdtr(degrees, -statistic))
    else:
        p_value = float(stdtr(degrees, statistic))
    return TestResult(
        estimate=estimate,
        method=method,
        p_value=min(1.0, p_value),
        ci=interval(estimate.effect, halfwidth, alternative),
        alpha=alpha,
        alternative=alternative,
        statistic=statistic,
        null_effect=null_effect,
    )


@typed_state
def t_test(
    control: ArmSums,
    treatment: ArmSums,
    *,
    scale: Scale = Scale.RELATIVE,
    alpha: float = 0.05,
    alternative: Alternative = Alternative.TWO_SIDED,
    null_effect: float = 0.0,
) -> TestResult:
    """Welch's t test of treatment against control.

    Args:
        control: Sums of the control arm.
        treatment: Sums of the treatment arm, of the same kind.
        scale: Difference, or share of control's mean (delta method).
        alpha: Level of the test; the interval's level is 1 - alpha.
        alternative: Two-sided, greater or less.
        null_effect: Effect under the null hypothesis, on the same scale.

    Returns:
        The test, or `CannotCompute` with its reason.
    """
    estimate = effect_compute(control, treatment, scale)
    return t_test_of(estimate, alpha=alpha, alternative=alternative, null_effect=null_effect)


@typed_state
def two_proportions_test(
    control: ProportionSums,
    treatment: ProportionSums,
    *,
    alpha: float = 0.05,
    alternative: Alternative = Alternative.TWO_SIDED,
) -> TestResult:
    """Z test of two proportions: pooled variance for p, unpooled for the interval.

    Source: Fleiss, Levin, Paik (2003), section 3.1; without continuity correction.
    """
    require_level(alpha)
    a, b = moment_vector(control), moment_vector(treatment)
    rate = (control.sum + treatment.sum) / (a.n + b.n)
    pooled = rate * (1 - rate) * (1 / a.n + 1 / b.n)
    if pooled <= 0:
        raise NotComputable(Reason.ZERO_VARIANCE, "every unit, or none, converted")
    estimate = effect_compute(control, treatment, Scale.ABSOLUTE)
    statistic = estimate.effect / math.sqrt(pooled)
    tail = alpha / 2 if alternative is Alternative.TWO_SIDED else alpha
    if alternative is Alternative.TWO_SIDED:
        p_value = 2 * float(ndtr(-abs(statistic)))
    else:
        p_value = float(ndtr(-statistic if alternative is Alternative.GREATER else statistic))
    return TestResult(
        estimate=estimate,
        method="two_proportions",
        p_value=min(1.0, p_value),
        ci=interval(estimate.effect, -float(ndtri(tail)) * estimate.standard_error, alternative),
        alpha=alpha,
        alternative=alternative,
        statistic=statistic,
    )
