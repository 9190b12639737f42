"""Guardrails: is the metric no worse than we said we would bear?"""

from scipy.special import stdtr, stdtrit

from apps.experiments.contracts.statistics import ArmSums, Reason, Scale
from apps.experiments.contracts.statistics_results import GuardrailResult
from apps.experiments.domain.statistics.effects import effect_compute
from apps.experiments.domain.statistics.errors import NotComputable, require_level, typed_state


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
    require_level(alpha)
    if not margin >= 0:
        raise NotComputable(Reason.INVALID_INPUT, "the margin is a positive number")
    estimate = effect_compute(control, treatment, scale)
    # Read downwards: harm is a fall of the metric, or a rise where lower is better.
    side = -1.0 if lower_is_better else 1.0
    effect, error = side * estimate.effect, estimate.standard_error
    degrees = estimate.degrees_of_freedom
    p_value = float(stdtr(degrees, -(effect + margin) / error))
    reach = float(stdtrit(degrees, 1 - alpha)) * error
    return GuardrailResult(
        estimate=estimate,
        margin=margin,
        p_value=p_value,
        bound=side * (effect - reach),
        safe=effect - reach > -margin,
        breached=effect + reach < -margin,
        alpha=alpha,
    )
