"""How likely each place is looked at, from neighbours that were exchanged by chance.

Where chance alone exchanges two neighbours, the same hit is clicked at both places, and the
ratio of its clicks is the ratio of the places.
Source: Joachims, Swaminathan and Schnabel, "Unbiased learning-to-rank with biased feedback",
WSDM 2017, section 5.1 (swap interventions) and 5.2 (P = (1 / rank) ^ eta).
"""

from dataclasses import dataclass

import numpy as np

from apps.ranking_weights.domain.learning.values import (
    Bool,
    Float64,
    Int64,
    Lists,
    Propensities,
    Source,
)

STANDARD_EXPONENT = 1.0
# Shops differ from the standard by about so much: swaps are believed against it by their error.
STANDARD_SPREAD = 0.3
# With a larger error than that, swaps say less than what is known without them.
MOST_ERROR = STANDARD_SPREAD
# No click counts for more than twenty.
FLOOR = 0.05
# A step's own ratio may leave the power law by about so much (of its logarithm).
_SPREAD = 0.15
_ROUNDS = 60


@dataclass(frozen=True, slots=True, eq=False)
class SwapRates:
    """Clicks at neighbouring places; the j-th pair is of positions j + 1 and j + 2.

    Attributes:
        upper: float64[k - 1], clicks at the upper place of the pair's two hits together, each
            once there and once not, so that both hits count alike at both places.
        lower: float64[k - 1], the same at the lower place.
        upper_variance, lower_variance: float64[k - 1].
        swaps: int64[k - 1], exchanged lists.
    """

    upper: Float64
    lower: Float64
    upper_variance: Float64
    lower_variance: Float64
    swaps: Int64


def swap_rates(lists: Lists) -> SwapRates:
    """Clicks of exchanged and untouched neighbours.

    An answer of n hits exchanges each of its n - 1 pairs as likely as another: exchanged lists
    are weighed by n - 1, so that long and short ones are mixed as among the untouched ones.
    Lists that a rule acted on are left out: a pinned pair is never exchanged.
    """
    clicks, lengths = lists.clicks, lists.shown.sum(axis=1)
    free = ~lists.ruled
    pairs = [
        _pair(lists, clicks, lengths, free, place) for place in range(1, lists.shown.shape[1])
    ]
    table = np.array(pairs, dtype=np.float64).reshape(len(pairs), 5)
    return SwapRates(
        table[:, 0], table[:, 1], table[:, 2], table[:, 3], table[:, 4].astype(np.int64)
    )


def _pair(
    lists: Lists, clicks: Float64, lengths: Int64, free: Bool, place: int
) -> tuple[float, float, float, float, int]:
    """Upper and lower clicks, their variances, and how many were exchanged."""
    both = free & lists.shown[:, place]
    swapped, plain = both & (lists.swapped == place), both & (lists.swapped == 0)
    weights = (lengths[swapped] - 1).astype(np.float64)
    pair = clicks[:, place - 1 : place + 1]
    moved = _rates(pair[swapped], weights)
    stayed = _rates(pair[plain], np.ones(int(plain.sum())))
    (upper_m, upper_mv), (lower_m, lower_mv) = moved
    (upper_s, upper_sv), (lower_s, lower_sv) = stayed
    return (
        upper_m + upper_s,
        lower_m + lower_s,
        upper_mv + upper_sv,
        lower_mv + lower_sv,
        int(swapped.sum()),
    )


def _rates(clicks: Float64, weights: Float64) -> list[tuple[float, float]]:
    """Rate and variance of each column; a rate of none is not known (nan)."""
    total = float(weights.sum())
    if total <= 0.0:
        return [(float("nan"), float("nan"))] * 2
    size = total**2 / float((weights**2).sum())
    found = []
    for column in clicks.T:
        rate = float(weights @ column) / total
        # Agresti and Coull: no clicks among few lists is no proof that there never are any.
        likely = (rate * size + 0.5) / (size + 1.0)
        found.append((rate, likely * (1.0 - likely) / size))
    return found


def propensities_estimate(lists: Lists) -> Propensities:
    """The swaps' own curve where they tell enough, else the standard power law.

    The exponent is the mean of both by their precision, so that few swaps move it little.

    Args:
        lists: first pages, exchanged or not.
    """
    places = lists.shown.shape[1]
    rates = swap_rates(lists)
    swaps = int(rates.swaps.sum())
    found = exponent_fit(rates)
    if found is None or found[1] > MOST_ERROR:
        values = np.arange(1, places + 1, dtype=np.float64) ** -STANDARD_EXPONENT
        error = None if found is None else found[1]
        return Propensities(values, Source.STANDARD, STANDARD_EXPONENT, error, swaps, FLOOR)
    trust = STANDARD_SPREAD**2 / (STANDARD_SPREAD**2 + found[1] ** 2)
    # Whatever the shape, the law under it does not rise: single steps may.
    eta = max(0.0, STANDARD_EXPONENT + trust * (found[0] - STANDARD_EXPONENT))
    return Propensities(_curve(rates, eta), Source.SWAPS, eta, found[1], swaps, FLOOR)


def exponent_fit(rates: SwapRates) -> tuple[float, float] | None:
    """The power law's exponent and its standard error; None: no exchanged hit was clicked.

    Weighted least squares on each pair's share of clicks at its lower place, whose expectation
    is 1 / (1 + (place + 1 / place) ^ eta) whatever the hits are.
    """
    known = np.isfinite(rates.upper) & np.isfinite(rates.lower) & (rates.swaps > 0)
    known &= rates.upper + rates.lower > 0.0
    if not known.any():
        return None
    steps = _steps(len(rates.upper))[known]
    upper, lower = rates.upper[known], rates.lower[known]
    whole = upper + lower
    share = lower / whole
    spread = (
        upper**2 * rates.lower_variance[known] + lower**2 * rates.upper_variance[known]
    ) / whole**4
    eta = STANDARD_EXPONENT
    for _ in range(_ROUNDS):
        expected = 1.0 / (1.0 + np.exp(eta * steps))
        slope = -steps * expected * (1.0 - expected)
        information = float(np.sum(slope**2 / spread))
        eta = float(
            np.clip(eta + np.sum(slope * (share - expected) / spread) / information, -2, 5)
        )
    return eta, information**-0.5


def _curve(rates: SwapRates, eta: float) -> Float64:
    """The power law, bent where a step's own clicks say so: precision-weighted, step by step."""
    law = -eta * _steps(len(rates.upper))
    steps = law.copy()
    known = (rates.upper > 0.0) & (rates.lower > 0.0) & (rates.swaps > 0)
    own = np.log(rates.lower[known] / rates.upper[known])
    spread = (
        rates.lower_variance[known] / rates.lower[known] ** 2
        + rates.upper_variance[known] / rates.upper[known] ** 2
    )
    trust = _SPREAD**2 / (_SPREAD**2 + spread)
    steps[known] += trust * (own - law[known])
    heights = np.concatenate([[0.0], np.cumsum(steps)])
    curve: Float64 = np.exp(heights - heights.max())
    return curve


def _steps(pairs: int) -> Float64:
    places = np.arange(1, pairs + 1, dtype=np.float64)
    found: Float64 = np.log((places + 1.0) / places)
    return found
