"""Normal posterior of the effect: chance to win, expected loss, credible interval."""

import math

from apps.experiments.contracts.statistics import ArmSums, NormalPrior, Reason, Scale
from apps.experiments.contracts.statistics_results import EffectEstimate, PosteriorResult
from apps.experiments.domain.scipy_late import ndtr, ndtri
from apps.experiments.domain.statistics.effects import effect_compute
from apps.experiments.domain.statistics.errors import NotComputable, require_level, typed_state

ROOT_TWO_PI = math.sqrt(2 * math.pi)


def expected_losses(mean: float, sd: float) -> tuple[float, float]:
    """(E[max(d, 0)], E[max(-d, 0)]) for d ~ N(mean, sd²): keep control, ship treatment."""
    z = mean / sd
    density = sd * math.exp(-0.5 * z * z) / ROOT_TWO_PI
    gain = mean * float(ndtr(z)) + density
    loss = density - mean * float(ndtr(-z))
    return max(gain, 0.0), max(loss, 0.0)


def prior_on(prior: NormalPrior, scale: Scale, baseline: float) -> NormalPrior:
    """The prior moved to the scale of the analysis by the control's mean.

    Raises:
        NotComputable: The variance is not positive, or control's mean is zero.
    """
    if not prior.variance > 0:
        raise NotComputable(Reason.INVALID_INPUT, "the prior's variance must be positive")
    if prior.scale is scale:
        return prior
    if baseline == 0:
        raise NotComputable(
            Reason.ZERO_DENOMINATOR, "control's mean is zero: the prior has no other scale"
        )
    factor = abs(baseline) if scale is Scale.ABSOLUTE else 1 / abs(baseline)
    return NormalPrior(prior.mean * factor, prior.variance * factor**2, scale)


def posterior_of(
    estimate: EffectEstimate,
    *,
    alpha: float = 0.05,
    prior: NormalPrior | None = None,
    lower_is_better: bool = False,
) -> PosteriorResult:
    """Conjugate normal update of the effect; no prior is the flat one.

    Source: Gelman et al., Bayesian Data Analysis (3rd ed.), eq. 2.10 to 2.12.

    Raises:
        NotComputable: alpha or the prior out of range.
    """
    require_level(alpha)
    variance = estimate.standard_error**2
    mean = estimate.effect
    if prior is not None:
        own = prior_on(prior, estimate.scale, estimate.control_baseline)
        precision = 1 / variance + 1 / own.variance
        mean = (mean / variance + own.mean / own.variance) / precision
        variance = 1 / precision
    sd = math.sqrt(variance)
    gain, loss = expected_losses(mean, sd)
    reach = float(ndtri(1 - alpha / 2)) * sd
    win = float(ndtr(-mean / sd if lower_is_better else mean / sd))
    return PosteriorResult(
        scale=estimate.scale,
        method="bayesian",
        effect=mean,
        posterior_sd=sd,
        ci=(mean - reach, mean + reach),
        alpha=alpha,
        chance_to_win=win,
        risk=(loss, gain) if lower_is_better else (gain, loss),
    )


@typed_state
def normal_posterior(
    control: ArmSums,
    treatment: ArmSums,
    *,
    scale: Scale = Scale.RELATIVE,
    alpha: float = 0.05,
    prior: NormalPrior | None = None,
    lower_is_better: bool = False,
) -> PosteriorResult:
    """Posterior of the effect of treatment against control.

    Args:
        control: Sums of the control arm.
        treatment: Sums of the treatment arm, of the same kind.
        scale: Difference, or share of control's mean.
        alpha: The credible interval holds 1 - alpha.
        prior: Normal prior of the effect; None is flat.
        lower_is_better: The metric wins by falling.

    Returns:
        The posterior, or `CannotCompute` with its reason.
    """
    estimate = effect_compute(control, treatment, scale)
    return posterior_of(estimate, alpha=alpha, prior=prior, lower_is_better=lower_is_better)
