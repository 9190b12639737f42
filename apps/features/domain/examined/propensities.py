"""How likely each place is looked at, from neighbours that were exchanged by chance.

Where chance alone exchanges two neighbours, the same hit is clicked at both places, and the
ratio of its clicks is the ratio of the places.
Source: Joachims, Swaminathan and Schnabel, "Unbiased learning-to-rank with biased feedback",
WSDM 2017, section 5.1 (swap interventions) and 5.2 (P = (1 / rank) ^ eta). Where swaps
are few, the clicked lists help: Wang et al., "Position bias estimation for unbiased learning to
rank in personal search", WSDM 2018, section 4 (position and relevance fitted together).
"""

from dataclasses import dataclass, replace

import numpy as np

from apps.features.domain.examined.fitting import (
    clicked_of,
    coefficients_fit,
    information_of,
)
from apps.features.domain.examined.lists import Bool, Float64, Int64, Lists, Propensities, Source

STANDARD_EXPONENT = 1.0
# Shops differ from the standard by about so much: swaps are believed against it by their error.
STANDARD_SPREAD = 0.3
# What the lists themselves say may be wrong by so much beside its error: shoppers are no model.
MODEL_SPREAD = 0.1
# With a larger error than that, swaps say less than what is known without them.
MOST_ERROR = 0.15
# With fewer, the lists themselves say nothing.
LEAST_CLICKS = 200
# No click counts for more than twenty.
FLOOR = 0.05
# A step's own ratio may leave the power law by about so much (of its logarithm).
_SPREAD = 0.15
_ROUNDS = 60
_SMALLEST = 1e-6


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
    """The curve of the shop's own swaps where they tell enough, else a power law.

    The law's exponent is the mean, by precision, of what each source says: the standard one,
    the lists' own (`exponent_of_lists`), and the swaps'. So a few swaps move it little, and many
    are all that counts.

    Args:
        lists: first pages, exchanged or not.
    """
    rates = swap_rates(lists)
    swaps, own = exponent_fit(rates), exponent_of_lists(lists)
    said = [(STANDARD_EXPONENT, STANDARD_SPREAD)]
    if own is not None:
        said.append((own[0], float(np.hypot(own[1], MODEL_SPREAD))))
    enough = swaps is not None and swaps[1] <= MOST_ERROR
    if swaps is not None:
        said.append(swaps)
    # Whatever the shape, the law under it does not rise: single steps may.
    eta = max(0.0, _mean_by_precision(said))
    return Propensities(
        values=_curve(rates, eta) if enough else _law(lists.shown.shape[1], eta),
        source=Source.SWAPS if enough else Source.STANDARD if own is None else Source.LISTS,
        exponent=eta,
        error=None if swaps is None else swaps[1],
        swaps=int(rates.swaps.sum()),
        floor=FLOOR,
    )


def exponent_of_lists(lists: Lists) -> tuple[float, float] | None:
    """The power law's exponent that the clicked lists themselves fit best, and its error.

    Lists are ranked by the logged features and nothing else: with these in the model, what is
    left of a place is chance's, made by a hit's neighbours. One listwise fit of features and of
    -log(position) together; None: too few clicks, or nothing that differs. Its error is that of
    the fit alone, as if the model were right.
    """
    free = lists.part(~lists.ruled)
    clicked = clicked_of(free, np.ones(lists.shown.shape[1]))
    if clicked.clicks < LEAST_CLICKS:
        return None
    places = np.log(np.arange(1, lists.shown.shape[1] + 1, dtype=np.float64))
    column = np.broadcast_to(-places[:, None], (*clicked.wanted.shape, 1))
    told = replace(clicked, features=np.concatenate([clicked.features, column], axis=2))
    theta = coefficients_fit(told)
    found = information_of(told, theta) * told.effective
    present = np.flatnonzero(np.diag(found) > 0.0)
    if theta[-1] <= 0.0 or len(present) == 1:
        return None
    return float(theta[-1]), float(np.linalg.pinv(found)[-1, -1] ** 0.5)


def _mean_by_precision(said: list[tuple[float, float]]) -> float:
    weights = [1.0 / max(error, _SMALLEST) ** 2 for _, error in said]
    return sum(w * value for w, (value, _) in zip(weights, said, strict=True)) / sum(weights)


def _law(places: int, eta: float) -> Float64:
    law: Float64 = np.arange(1, places + 1, dtype=np.float64) ** -eta
    return law


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
