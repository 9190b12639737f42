"""Guardrails: is the metric no worse than we said we would bear?"""

from apps.experiments.contracts.statistics import ArmSums, Reason, Scale
from apps.experiments.contracts.statistics_results import EffectEstimate, GuardrailResult
from apps.experiments.domain.scipy_late import stdtr, stdtrit
from apps.experiments.domain.statistics.effects import effect_compute
from apps.experiments.domain.statistics.errors import NotComputable, require_level, typed_state


def non_inferiority_of(
    estimate: EffectEstimate,
    *,
    margin: float,
    alpha: float = 0.05,
    lower_is_better: bool = False,
    reach: float | None = None,
) -> GuardrailResult:
    """The same on an estimate; `reach` (standard errors) is that of a sequential bound.

    Raises:
        NotComputable: alpha or the margin out of range.
    """
    require_level(alpha)
    if not margin >= 0:
        raise NotComputable(Reason.INVALID_INPUT, "the margin is a positive number")
    # Read downwards: harm is a fall of the metric, or a rise where lower is better.
    side = -1.0 if lower_is_better else 1.0
    effect, error = side * estimate.effect, estimate.standard_error
    degrees = estimate.degrees_of_freedom
    wide = (float(stdtrit(degrees, 1 - alpha)) if reach is None else reach) * error
    return GuardrailResult(
        estimate=estimate,
        margin=margin,
        p_value=float(stdtr(degrees, -(effect + margin) / error)),
        bound=side * (effect - wide),
        safe=effect - wide > -margin,
        breached=effect + wide < -margin,
        alpha=alpha,
    )


@typed_state
def non_inferiority(
    control: ArmSums,
    treatment: ArmSums,
    *,
    margin: float,
    scale: Scale = Scale.RELATIVE,
    alpha: float = 0.05,
    lower_is_better: bool = False,
) -> GuardrailResult:
    """One-sided t test against a loss of `margin` (positive, on the effect's scale).

    Safe: the confidence bound of the harm lies within the margin. Breached: the harm is
    significantly beyond the margin. Neither: not known yet.

    Source: CONSORT extension for non-inferiority trials (Piaggio et al. 2012).
    """
    estimate = effect_compute(control, treatment, scale)
    return non_inferiority_of(
        estimate, margin=margin, alpha=alpha, lower_is_better=lower_is_better
    )
