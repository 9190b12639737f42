"""Which share of what somebody did went to each category or brand: the one arithmetic of it.

What is done in a request is read by these functions; of all shoppers at once the database works
out the same (`selectors_affinity`), and a test holds both to 1e-6.
"""

import numpy as np

from apps.features.contracts import Float32, Float64
from apps.features.contracts_store import Deeds


def session_affinity(deeds: Deeds) -> Float32:
    """float32[size + 1]: each code's share of all the deeds; the last place, of no code, is 0.

    What was done with a product that has no code counts for nobody: shares sum to 1 at most.
    """
    return _shares(deeds, np.asarray(deeds.weights, dtype=np.float64))


def user_affinity(
    deeds: Deeds, *, window_days: float, half_life_days: float, most: int
) -> Float32:
    """The same of deeds that fade: halved with every half-life, gone past the window.

    Args:
        deeds: of one shopper, with their ages.
        window_days: what is older does not count.
        half_life_days: positive.
        most: so many of the largest shares are kept, the others are 0.
    """
    ages = np.zeros(len(deeds.codes)) if deeds.ages_days is None else deeds.ages_days
    faded = deeds.weights * np.exp2(-np.maximum(ages, 0.0) / half_life_days)
    found = _shares(deeds, np.where(ages <= window_days, faded, 0.0))
    places = np.flatnonzero(found)
    found[places[np.argsort(-found[places], kind="stable")[most:]]] = 0.0
    return found


def _shares(deeds: Deeds, weights: Float64) -> Float32:
    whole = float(weights.sum())
    if whole <= 0.0:
        return np.zeros(deeds.size + 1, dtype=np.float32)
    shares = np.zeros(deeds.size + 1)
    # A negative code is the last place.
    np.add.at(shares, deeds.codes, weights / whole)
    shares[-1] = 0.0
    return shares.astype(np.float32)
