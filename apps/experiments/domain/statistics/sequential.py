"""Asymptotic confidence sequences: intervals that stay valid however often one looks."""

import math

from apps.experiments.contracts.statistics import Alternative, ArmSums, Reason, Scale
from apps.experiments.contracts.statistics_results import EffectEstimate, TestResult
from apps.experiments.domain.statistics.effects import effect_compute
from apps.experiments.domain.statistics.errors import NotComputable, require_level, typed_state
from apps.experiments.domain.statistics.frequentist import interval

ONE_SIDED_P_CEILING = 0.4999
"""One-sided boundaries are defined for alpha < 1/2: larger p-values are reported as this."""


def sequence_rho(alpha: float, tuning_n: float, *, sides: int = 2) -> float:
    """The mixture's scale that makes the sequence tightest at `tuning_n` units (both arms).

    Source: Waudby-Smith et al. (2021), arXiv 2103.06476v7, eq. 161.

    Raises:
        NotComputable: alpha outside (0, 1), one-sided alpha of 1/2 or more, tuning_n <= 0.
    """
    require_level(alpha)
    if not tuning_n > 0:
        raise NotComputable(Reason.INVALID_INPUT, "tuning_n must be positive")
    level = alpha if sides == 2 else 2 * alpha  # noqa: PLR2004  # two sides
    require_level(level, "alpha, doubled for one side,")
    return math.sqrt((-2 * math.log(level) + math.log(-2 * math.log(level) + 1)) / tuning_n)


def sequence_factor(n: float, rho: float, alpha: float, *, sides: int = 2) -> float:
    """How many standard errors the sequence's interval reaches at n units (both arms).

    Source: the same, eq. 9 (two sides) and eq. 134 (one side).
    """
    growth = n * rho**2 + 1
    if sides == 2:  # noqa: PLR2004  # two sides
        inner = math.log(math.sqrt(growth) / alpha)
    else:
        inner = math.log(1 + math.sqrt(growth) / (2 * alpha))
    return math.sqrt(2 * growth * inner / (n * rho**2))


def _two_sided_p(z: float, n: float, rho: float) -> float:
    """1 over the mixture's e-value, at most 1 (eq. 155)."""
    growth = n * rho**2 + 1
    exponent = n * rho**2 * z**2 / (2 * growth)
    return min(1.0, math.exp(min(0.0, 0.5 * math.log(growth) - exponent)))


def _one_sided_p(z: float, n: float, rho: float) -> float:
    """The level at which the one-sided bound just touches the null value (eq. 134 solved)."""
    if z <= 0:
        return ONE_SIDED_P_CEILING
    growth = n * rho**2 + 1
    exponent = n * rho**2 * z**2 / (2 * growth)
    log_p = 0.5 * math.log(growth) - math.log(2) - exponent - math.log(-math.expm1(-exponent))
    return min(ONE_SIDED_P_CEILING, math.exp(min(log_p, 0.0)))


def sequence_of(
    estimate: EffectEstimate,
    *,
    alpha: float = 0.05,
    tuning_n: float = 5000.0,
    alternative: Alternative = Alternative.TWO_SIDED,
    null_effect: float = 0.0,
) -> TestResult:
    """The sequence's interval and p-value at this look.

    Raises:
        NotComputable: A level or tuning_n out of range.
    """
    sides = 2 if alternative is Alternative.TWO_SIDED else 1
    rho = sequence_rho(alpha, tuning_n, sides=sides)
    n = estimate.n_control + estimate.n_treatment
    z = (estimate.effect - null_effect) / estimate.standard_error
    if alternative is Alternative.TWO_SIDED:
        p_value = _two_sided_p(z, n, rho)
    else:
        p_value = _one_sided_p(z if alternative is Alternative.GREATER else -z, n, rho)
    halfwidth = sequence_factor(n, rho, alpha, sides=sides) * estimate.standard_error
    return TestResult(
        estimate=estimate,
        method="sequential",
        p_value=p_value,
        ci=interval(estimate.effect, halfwidth, alternative),
        alpha=alpha,
        alternative=alternative,
        statistic=z,
        null_effect=null_effect,
    )


@typed_state
def confidence_sequence(
    control: ArmSums,
    treatment: ArmSums,
    *,
    scale: Scale = Scale.RELATIVE,
    alpha: float = 0.05,
    tuning_n: float = 5000.0,
    alternative: Alternative = Alternative.TWO_SIDED,
    null_effect: float = 0.0,
) -> TestResult:
    """Asymptotic confidence sequence for the effect; may be read every day.

    Args:
        control: Sums of the control arm.
        treatment: Sums of the treatment arm, of the same kind.
        scale: Difference, or share of control's mean.
        alpha: Error over the whole path, not at one look.
        tuning_n: Units of both arms at which the interval is tightest.
        alternative: Two-sided, greater or less.
        null_effect: Effect under the null hypothesis.

    Returns:
        The look, or `CannotCompute` with its reason.
    """
    return sequence_of(
        effect_compute(control, treatment, scale),
        alpha=alpha,
        tuning_n=tuning_n,
        alternative=alternative,
        null_effect=null_effect,
    )
