"""Score = Σ wᵢ·fᵢ, with the products kept: they are the explanation."""

from collections.abc import Mapping

import numpy as np

from apps.features.contracts import SEARCH_SCORE
from apps.ranking.contracts import (
    Candidates,
    Float32,
    Float64,
    Int32,
    Int64,
    RankingInputInvalid,
)


def contributions_of(
    candidates: Candidates,
    features: Mapping[str, Float32],
    weights: tuple[tuple[str, float], ...],
) -> Float64:
    """Weight · value for every candidate and feature.

    Args:
        candidates: m of them; their search score is the feature `search_score`.
        features: the other features, float32[m] each, in [0, 1].
        weights: f pairs.

    Returns:
        float64[f, m], feature by feature: rows are contiguous.

    Raises:
        RankingInputInvalid: a weighed feature is not given, or not aligned.
    """
    size = len(candidates)
    products = np.empty((len(weights), size))
    for place, (name, _) in enumerate(weights):
        column = candidates.search_score if name == SEARCH_SCORE else features.get(name)
        if column is None:
            raise RankingInputInvalid(f"the weighed feature '{name}' was not given")
        if len(column) != size:
            raise RankingInputInvalid(f"'{name}' has {len(column)} values for {size} candidates")
        products[place] = column
    # Multiplied in float64: float32 products would not sum to the score within 1e-9.
    products *= np.array([weight for _, weight in weights]).reshape(-1, 1)
    return products


def scores_of(products: Float64) -> Float64:
    """float64[m]: the sum over features of float64[f, m].

    Raises:
        RankingInputInvalid: a value is not finite; it would make the order meaningless.
    """
    scores: Float64 = products.sum(axis=0)
    if not np.isfinite(scores.sum()):
        raise RankingInputInvalid("a feature value is not finite")
    return scores


def order_by_score(scores: Float64, tie_break: Int64) -> Int32:
    """int32[m]: indices by descending score, equal scores by ascending `tie_break`.

    The unstable sort is the fast one; only the members of ties are sorted a second time.
    """
    order = np.argsort(-scores)
    ranked = scores[order]
    equal = ranked[1:] == ranked[:-1]
    if equal.any():
        in_tie = np.zeros(len(order), dtype=bool)
        in_tie[1:] |= equal
        in_tie[:-1] |= equal
        members = order[in_tie]
        order[in_tie] = members[np.lexsort((tie_break[members], -scores[members]))]
    return order.astype(np.int32)


def ranks_of(order: Int32, size: int) -> Int32:
    """int32[m]: each candidate's 1-based rank in `order`; 0 for those it leaves out."""
    ranks = np.zeros(size, dtype=np.int32)
    ranks[order] = np.arange(1, len(order) + 1, dtype=np.int32)
    return ranks
