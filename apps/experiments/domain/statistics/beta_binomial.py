"""Beta posteriors of two rates: exact chance to win and loss, effects by quadrature."""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from apps.experiments.contracts.statistics import BetaPrior, ProportionSums, Reason, Scale
from apps.experiments.contracts.statistics_results import PosteriorResult
from apps.experiments.domain.scipy_late import betainc, betaincinv, brentq
from apps.experiments.domain.statistics.errors import NotComputable, require_level, typed_state
from apps.experiments.domain.statistics.moments import Vector

NODES = 600


@lru_cache(maxsize=1)
def _nodes() -> tuple[Vector, Vector]:
    """Gauss-Legendre nodes and weights, crowded towards both ends of (0, 1)."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    u = 0.5 * (x + 1)
    # u -> u² (3 - 2u): the quantile function is steep where the posterior has little mass.
    return u * u * (3 - 2 * u), 0.5 * w * 6 * u * (1 - u)


def _posterior(sums: ProportionSums, prior: BetaPrior) -> tuple[float, float]:
    """The Beta posterior's two parameters.

    Raises:
        NotComputable: More conversions than units, or a prior that is none.
    """
    if not (prior.alpha > 0 and prior.beta > 0):
        raise NotComputable(Reason.INVALID_INPUT, "a Beta prior has positive parameters")
    if not 0 <= sums.sum <= sums.n:
        raise NotComputable(Reason.INCONSISTENT_SUMS, "more conversions than units, or < 0")
    return prior.alpha + sums.sum, prior.beta + sums.n - sums.sum


def chance_greater(a: tuple[float, float], b: tuple[float, float]) -> float:
    """P(rate of b > rate of a) for two independent Beta posteriors."""
    u, w = _nodes()
    rates = betaincinv(b[0], b[1], u)
    return float(np.clip(w @ betainc(a[0], a[1], rates), 0.0, 1.0))


def _expected_gain(a: tuple[float, float], b: tuple[float, float]) -> float:
    """E[max(b - a, 0)] = E[b] P(b⁺ > a) - E[a] P(b > a⁺), ⁺ adding one conversion.

    Source: Stucchio (2015), Bayesian A/B testing at VWO, section 4.
    """
    mean_a, mean_b = a[0] / sum(a), b[0] / sum(b)
    raised_a, raised_b = (a[0] + 1, a[1]), (b[0] + 1, b[1])
    gain = mean_b * chance_greater(a, raised_b) - mean_a * chance_greater(raised_a, b)
    return max(0.0, gain)


def _quantile(cdf: Callable[[float], float], share: float, low: float, high: float) -> float:
    def gap(x: float) -> float:
        return cdf(x) - share

    return float(brentq(gap, low, high, xtol=1e-12))


def _effect_cdf(
    a: tuple[float, float], b: tuple[float, float], scale: Scale
) -> Callable[[float], float]:
    """P(effect <= x) by integrating over control's rate."""
    u, w = _nodes()
    rates = betaincinv(a[0], a[1], u)

    def cdf(x: float) -> float:
        edge = rates + x if scale is Scale.ABSOLUTE else rates * (1 + x)
        return float(w @ betainc(b[0], b[1], np.clip(edge, 0.0, 1.0)))

    return cdf


def _mean_effect(a: tuple[float, float], b: tuple[float, float], scale: Scale) -> float:
    """E[b - a], or E[b] E[1 / a] - 1 (needs more than one conversion in control's posterior)."""
    mean_b = b[0] / sum(b)
    if scale is Scale.ABSOLUTE:
        return mean_b - a[0] / sum(a)
    if a[0] <= 1:
        raise NotComputable(
            Reason.ZERO_DENOMINATOR, "control has no conversions: the relative effect has no mean"
        )
    return mean_b * (sum(a) - 1) / (a[0] - 1) - 1


def _sd_effect(a: tuple[float, float], b: tuple[float, float], scale: Scale) -> float:
    """Standard deviation of the effect; infinite where the second moment does not exist."""
    mean_b = b[0] / sum(b)
    var_b = b[0] * b[1] / (sum(b) ** 2 * (sum(b) + 1))
    if scale is Scale.ABSOLUTE:
        return math.sqrt(var_b + a[0] * a[1] / (sum(a) ** 2 * (sum(a) + 1)))
    if a[0] <= 2:  # noqa: PLR2004  # E[1 / rate²] exists from there on
        return math.inf
    inverse = (sum(a) - 1) / (a[0] - 1)
    square = inverse * (sum(a) - 2) / (a[0] - 2)
    return math.sqrt((var_b + mean_b**2) * square - (mean_b * inverse) ** 2)


@typed_state
def beta_posterior(
    control: ProportionSums,
    treatment: ProportionSums,
    *,
    scale: Scale = Scale.ABSOLUTE,
    alpha: float = 0.05,
    prior: BetaPrior | None = None,
    lower_is_better: bool = False,
) -> PosteriorResult:
    """Two rates with Beta posteriors, uniform prior when none is given.

    `effect` is the posterior mean, the interval has equal tails, `risk` is on the absolute scale
    (loss in rate) whatever the scale of the effect.

    Returns:
        The posterior, or `CannotCompute` with its reason.
    """
    require_level(alpha)
    own = prior or BetaPrior()
    a, b = _posterior(control, own), _posterior(treatment, own)
    cdf = _effect_cdf(a, b, scale)
    low = -1.0
    high = 1.0 if scale is Scale.ABSOLUTE else 1 / float(betaincinv(a[0], a[1], 1e-9))
    effect = _mean_effect(a, b, scale)
    ci = (_quantile(cdf, alpha / 2, low, high), _quantile(cdf, 1 - alpha / 2, low, high))
    gain, loss = _expected_gain(a, b), _expected_gain(b, a)
    win = chance_greater(b, a) if lower_is_better else chance_greater(a, b)
    return PosteriorResult(
        scale=scale,
        method="beta_binomial",
        effect=effect,
        posterior_sd=_sd_effect(a, b, scale),
        ci=ci,
        alpha=alpha,
        chance_to_win=win,
        risk=(loss, gain) if lower_is_better else (gain, loss),
    )
