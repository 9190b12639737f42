"""Effects of a treatment against control with delta-method standard errors."""

import math

import numpy as np

from apps.experiments.contracts.statistics import (
    ArmSums,
    CupedSums,
    QuantileSummary,
    Reason,
    Scale,
)
from apps.experiments.contracts.statistics_results import EffectEstimate
from apps.experiments.domain.statistics.errors import NotComputable, typed_state
from apps.experiments.domain.statistics.estimands import Estimand, estimand_for
from apps.experiments.domain.statistics.moments import MomentVector, Vector, moment_vector
from apps.experiments.domain.statistics.quantile_moments import quantile_moments

CANCELLED = 1e-12
"""Share of the parts' variances below which their combination is only rounding."""


def welch_degrees(variance_a: float, n_a: float, variance_b: float, n_b: float) -> float:
    """Welch-Satterthwaite degrees of freedom from per-unit variances."""
    a, b = variance_a / n_a, variance_b / n_b
    return (a + b) ** 2 / (a**2 / (n_a - 1) + b**2 / (n_b - 1))


def effect_gradients(
    estimand: Estimand, za: Vector, zb: Vector, scale: Scale, *, drop_imbalance: bool = False
) -> tuple[float, Vector, Vector]:
    """The effect and its gradients over control's and treatment's moments.

    `drop_imbalance` leaves the covariates' imbalance (zero in expectation) out of the gradient
    of a relative effect.

    Raises:
        NotComputable: A denominator, or control's mean for a relative effect, is zero.
    """
    value_a, gradient_a = estimand.value(za)
    value_b, gradient_b = estimand.value(zb)
    difference = value_b - value_a
    if scale is Scale.ABSOLUTE:
        return difference, -gradient_a, gradient_b
    base, base_gradient = estimand.baseline(za)
    if base == 0:
        raise NotComputable(
            Reason.ZERO_DENOMINATOR, "control's mean is zero: there is no relative effect"
        )
    size = abs(base)
    moving = estimand.baseline(zb)[0] - base if drop_imbalance else difference
    slope = -moving * math.copysign(1.0, base) / size**2
    return difference / size, -gradient_a / size + slope * base_gradient, gradient_b / size


def _arm_variance(estimand: Estimand, arm: MomentVector, name: str) -> float:
    """Per-unit variance of the arm's value.

    Raises:
        NotComputable: The value does not vary.
    """
    _, gradient = estimand.value(arm.z)
    variance = float(gradient @ arm.s @ gradient)
    if variance <= CANCELLED * float(gradient**2 @ np.diag(arm.s)):
        raise NotComputable(Reason.ZERO_VARIANCE, f"{name} does not vary: its variance is zero")
    return variance


def _moments(sums: ArmSums) -> MomentVector:
    if isinstance(sums, QuantileSummary):
        return quantile_moments(sums)
    return moment_vector(sums)


def effect_of_moments(
    estimand: Estimand,
    a: MomentVector,
    b: MomentVector,
    scale: Scale,
    *,
    drop_imbalance: bool = False,
) -> EffectEstimate:
    """The effect of treatment b against control a from their moments.

    Raises:
        NotComputable: An arm does not vary, or a denominator is zero.
    """
    variance_a = _arm_variance(estimand, a, "control")
    variance_b = _arm_variance(estimand, b, "treatment")
    effect, grad_a, grad_b = effect_gradients(
        estimand, a.z, b.z, scale, drop_imbalance=drop_imbalance
    )
    variance = float(grad_a @ a.s @ grad_a) / a.n + float(grad_b @ b.s @ grad_b) / b.n
    return EffectEstimate(
        scale=scale,
        effect=effect,
        standard_error=math.sqrt(variance),
        degrees_of_freedom=welch_degrees(variance_a, a.n, variance_b, b.n),
        n_control=a.n,
        n_treatment=b.n,
        control_mean=estimand.value(a.z)[0],
        treatment_mean=estimand.value(b.z)[0],
        control_variance=variance_a,
        treatment_variance=variance_b,
        control_baseline=estimand.baseline(a.z)[0],
        theta=tuple(float(value) for value in estimand.theta),
    )


def effect_compute(control: ArmSums, treatment: ArmSums, scale: Scale) -> EffectEstimate:
    """Treatment against control by the delta method.

    Source: Deng, Knoblich, Lu (2018), sections 2 and 3; Deng et al. (2013) for covariates.

    Raises:
        NotComputable: Arms of different kinds, no data, zero variance or zero denominator.
    """
    if type(control) is not type(treatment):
        raise NotComputable(Reason.INVALID_INPUT, "the arms hold different kinds of sums")
    a, b = _moments(control), _moments(treatment)
    if a.z.size != b.z.size:
        raise NotComputable(Reason.INVALID_INPUT, "the arms hold different covariates")
    if isinstance(control, QuantileSummary):
        estimand = Estimand(ratio=False, theta=np.zeros(0))
    else:
        estimand = estimand_for(control, a, b)
    drop = isinstance(control, CupedSums)
    return effect_of_moments(estimand, a, b, scale, drop_imbalance=drop)


effect_estimate = typed_state(effect_compute)
