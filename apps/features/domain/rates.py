"""Rates of products that were seen little: drawn towards their category's by how little.

Empirical Bayes with a beta prior: the posterior mean of s successes in n trials is
(s + m · prior) / (n + m), where m, the prior's strength in trials, is what the products' own
spread around their categories' rates says.
Source: Kleinman, "Proportions with extraneous variance: single and independent samples",
J. American Statistical Association 68 (1973), moment estimator of the intraclass correlation.
"""

from dataclasses import dataclass

import numpy as np

from apps.features.contracts import Float32, Float64, Int32

# Without a spread that could be measured, the category speaks as loudly as so many trials.
STRENGTH = 20.0
# So alike that no product has a rate of its own; so different that the category says nothing.
_LEAST_SHARE, _MOST_SHARE = 1e-4, 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Priors:
    """What rates are drawn towards.

    Attributes:
        overall: the shop's rate, in [0, 1].
        strength: how many trials the prior speaks as loudly as; positive.
        groups: float64[g], each category's rate, itself drawn towards `overall`.
    """

    overall: float
    strength: float
    groups: Float64

    def of(self, codes: Int32) -> Float64:
        """float64[n]: the prior of each product by its category's code; negative: the shop's."""
        table = np.append(self.groups, self.overall)
        return table[np.where((codes >= 0) & (codes < len(self.groups)), codes, -1)]


def priors_estimate(
    successes: Float64, trials: Float64, codes: Int32, groups: int
) -> Priors | None:
    """The priors that products' own trials tell; None: there are no trials at all.

    Args:
        successes: float64[n], not negative.
        trials: float64[n], not negative; need not be whole (places are examined in part).
        codes: int32[n], each product's category; negative for none.
        groups: how many categories there are.
    """
    total = float(trials.sum())
    if total <= 0.0:
        return None
    overall = min(float(successes.sum()) / total, 1.0)
    inside = codes >= 0
    won = np.bincount(codes[inside], successes[inside], minlength=groups).astype(np.float64)
    tried = np.bincount(codes[inside], trials[inside], minlength=groups).astype(np.float64)
    strength = _strength(successes, trials, codes, won, tried)
    drawn = np.minimum((won + strength * overall) / (tried + strength), 1.0)
    return Priors(overall, strength, drawn)


def _strength(
    successes: Float64, trials: Float64, codes: Int32, won: Float64, tried: Float64
) -> float:
    """1 / share - 1, the share of variance being that between products of a category."""
    used = (trials > 0.0) & (codes >= 0)
    n, at = trials[used], codes[used]
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = won / tried
    expected = rates[at]
    varies = (expected > 0.0) & (expected < 1.0)
    n, at, expected = n[varies], at[varies], expected[varies]
    own = successes[used][varies] / n
    freedom = len(n) - len(np.unique(at))
    squares = float(np.sum(n * (own - expected) ** 2 / (expected * (1.0 - expected))))
    beyond = float(n.sum() - np.sum(n**2 / tried[at])) - freedom
    if freedom <= 0 or beyond <= 0.0:
        return STRENGTH
    share = float(np.clip((squares - freedom) / beyond, _LEAST_SHARE, _MOST_SHARE))
    return 1.0 / share - 1.0


def rates_smoothed(successes: Float64, trials: Float64, codes: Int32, priors: Priors) -> Float32:
    """float32[n] in [0, 1]: posterior means; without trials the prior itself."""
    prior, strength = priors.of(codes), priors.strength
    means = (successes + strength * prior) / (trials + strength)
    return np.clip(means, 0.0, 1.0).astype(np.float32)
