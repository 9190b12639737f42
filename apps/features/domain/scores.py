"""The stored features, each a number in [0, 1] per product."""

import numpy as np

from apps.features.contracts import Float32, Float64, Int32

_SECONDS_PER_DAY = 86_400.0


def freshness_scores(released: Float64, *, as_of: float, half_life_days: float) -> Float32:
    """Half after one half-life, a quarter after two.

    Args:
        released: float64[n], unix seconds; nan when unknown.
        as_of: unix seconds.
        half_life_days: positive.

    Returns:
        float32[n]: 1 for what is released at or after `as_of`, 0 when unknown.
    """
    age_days = np.maximum(as_of - released, 0.0) / _SECONDS_PER_DAY
    scores = np.exp2(-age_days / half_life_days)
    return np.where(np.isnan(released), 0.0, scores).astype(np.float32)


def popularity_scores(totals: Float64) -> Float32:
    """Decayed interactions on a logarithmic scale: log1p(x) / log1p(max).

    Args:
        totals: float64[n], not negative; 0 for a product nobody touched.

    Returns:
        float32[n]; all 0 when nobody touched anything.
    """
    most = float(totals.max(initial=0.0))
    if most <= 0.0:
        return np.zeros(len(totals), dtype=np.float32)
    scores: Float64 = np.log1p(totals) / np.log1p(most)
    return scores.astype(np.float32)


def popularity_order(popularity: Float32, pks: Int32) -> Int32:
    """int32[n]: rows by descending popularity, equal ones by ascending key."""
    return np.lexsort((pks, -popularity)).astype(np.int32)
