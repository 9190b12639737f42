"""Ratings from clicks: the position-based model, with what to do where it cannot be told.

The model: a shopper examines position k with probability theta_k, and clicks what is examined
with probability alpha, its attractiveness for the query; the two are independent.

Source: Richardson, Dominowska and Ragno, WWW 2007; the estimation by expectation maximisation is
Chuklin, Markov and de Rijke, Click Models for Web Search, 2015, section 4.2.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_MOST_STEPS, _CLOSE = 500, 1e-6
_LEAST, _MOST = 1e-6, 1.0 - 1e-6
# Below this share of impressions on products seen at two positions or more nothing tells
# position from attractiveness.
_MOVED_ENOUGH = 0.2


class Examination(StrEnum):
    """How theta was found."""

    ESTIMATED = "estimated"
    POWER_LAW = "power_law"


@dataclass(frozen=True, slots=True, eq=False)
class ClickCounts:
    """What was shown where, and clicked; one row per pair and position, all of one length.

    Attributes:
        pairs: int64[n], a number for each (query, product).
        positions: int64[n], 1-based.
        shown: float64[n], impressions, at least 1.
        clicked: float64[n], of them clicked.
    """

    pairs: Ints
    positions: Ints
    shown: Floats
    clicked: Floats


@dataclass(frozen=True, slots=True)
class Prior:
    """The Beta distribution that every attractiveness starts from.

    Attributes:
        impressions: how many impressions it counts as; its mean is that of all pairs.
    """

    impressions: float = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class ClickModel:
    """The fitted model.

    Attributes:
        attractiveness: float64[pairs], clicks per impression at position 1, smoothed.
        examination: float64[positions], relative to position 1.
        how: whether theta was estimated, or is the power law 1 / position.
        steps: of expectation maximisation.
    """

    attractiveness: Floats
    examination: Floats
    how: Examination
    steps: int


def positions_moved(counts: ClickCounts) -> float:
    """Share of impressions on pairs that were seen at two positions or more."""
    pairs, places = np.unique(np.stack([counts.pairs, counts.positions]), axis=1)
    times = np.bincount(pairs, minlength=int(counts.pairs.max(initial=-1)) + 1)
    del places
    moved = times[counts.pairs] > 1
    return float(counts.shown[moved].sum() / counts.shown.sum()) if len(counts.shown) else 0.0


def clicks_fit(counts: ClickCounts, prior: Prior | None = None) -> ClickModel:
    """Attractiveness of every pair, freed from position and smoothed.

    Theta is estimated where products moved between positions; where they did not, it cannot
    be told from attractiveness, and the power law 1 / position is taken.

    Raises:
        ValueError: there is no row.
    """
    if not len(counts.pairs):
        raise ValueError("clicks are fitted on one impression or more")
    prior = prior or Prior()
    deepest = int(counts.positions.max())
    theta = 1.0 / np.arange(1.0, deepest + 1.0)
    estimated = positions_moved(counts) >= _MOVED_ENOUGH
    rate = float(counts.clicked.sum() / (counts.shown * theta[counts.positions - 1]).sum())
    alpha = np.full(int(counts.pairs.max()) + 1, min(max(rate, _LEAST), _MOST))
    steps = 0
    for steps in range(1, _MOST_STEPS + 1):  # noqa: B007 - the last number is told
        before = alpha
        alpha, theta = _step(counts, alpha, theta, prior=prior, estimated=estimated)
        if float(np.abs(alpha - before).max()) < _CLOSE:
            break
    how = Examination.ESTIMATED if estimated else Examination.POWER_LAW
    return ClickModel(np.minimum(alpha * theta[0], 1.0), theta / theta[0], how, steps)


def _step(
    counts: ClickCounts, alpha: Floats, theta: Floats, *, prior: Prior, estimated: bool
) -> tuple[Floats, Floats]:
    """One step of expectation maximisation."""
    places = counts.positions - 1
    of_pair, of_place = alpha[counts.pairs], theta[places]
    unclicked = counts.shown - counts.clicked
    nothing = np.maximum(1.0 - of_pair * of_place, _LEAST)
    attracted = counts.clicked + unclicked * of_pair * (1.0 - of_place) / nothing
    attraction = np.bincount(counts.pairs, attracted, len(alpha))
    shown = np.bincount(counts.pairs, counts.shown, len(alpha))
    mean = float(attraction.sum() / shown.sum())
    fitted = (attraction + prior.impressions * mean) / (shown + prior.impressions)
    if not estimated:
        return np.clip(fitted, _LEAST, _MOST), theta
    examined = counts.clicked + unclicked * of_place * (1.0 - of_pair) / nothing
    at = np.bincount(places, counts.shown, len(theta))
    looked = np.bincount(places, examined, len(theta))
    # A position that nothing was ever shown at keeps what it had.
    seen = np.where(at > 0, looked / np.maximum(at, 1.0), theta)
    return np.clip(fitted, _LEAST, _MOST), np.clip(seen, _LEAST, 1.0)


def ratings_of(attractiveness: Floats, *, top: int, best_share: float = 0.95) -> Ints:
    """Ratings 0 … `top`, in equal steps of attractiveness.

    Args:
        attractiveness: float64[n].
        top: the best rating of the scale.
        best_share: the quantile of attractiveness that stands for the best rating; above it
            everything is best.

    Returns:
        int64[n].
    """
    if not len(attractiveness):
        return np.zeros(0, dtype=np.int64)
    best = max(float(np.quantile(attractiveness, best_share)), _LEAST)
    steps = np.floor(attractiveness / best * top + 0.5)
    return np.clip(steps, 0, top).astype(np.int64)
