"""How good lists of recommendations are, by what shoppers took afterwards."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from apps.common.domain.relevance import (
    Interval,
    NotComputable,
    PairedDifference,
    bootstrap_interval,
    ndcg_at_k,
    paired_difference,
    recall_at_k,
    reciprocal_rank,
)
from apps.recommendations.contracts import Float32

K = 10
SEED = 20_101_101
_RESAMPLED_MOST = 20_000_000  # numbers that a bootstrap holds
Lists = Mapping[str, Sequence[str]]
Taken = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Figures:
    """One system over all shoppers; means, positions cut at 10.

    Attributes:
        ndcg: gain 1 for what was taken.
        hit_rate: share of shoppers with at least one hit.
        recall: share of what was taken that was found.
        mrr: 1 / position of the first hit.
        users: shoppers.
        interval: of ndcg over shoppers.
        ndcgs: of every shopper, by their id's order.
    """

    ndcg: float
    hit_rate: float
    recall: float
    mrr: float
    users: int
    interval: Interval | NotComputable
    ndcgs: tuple[float, ...]


def figures_of(lists: Lists, taken: Taken) -> Figures | NotComputable:
    """Every shopper who took something counts; one without a list has found nothing.

    Args:
        lists: shopper to products, best first, each once.
        taken: shopper to what they took; never empty.
    """
    if not taken:
        return NotComputable("nobody known took anything after the cut")
    rows = []
    for shopper in sorted(taken):
        ratings = dict.fromkeys(taken[shopper], 1)
        first = list(lists.get(shopper, ()))[:K]
        found = reciprocal_rank(first, ratings)
        rows.append(
            (ndcg_at_k(first, ratings, K), found > 0, recall_at_k(first, ratings, K), found)
        )
    table = np.array(rows, dtype=np.float64)
    ndcg, hit_rate, recall, mrr = table.mean(axis=0).tolist()
    ndcgs = tuple(table[:, 0].tolist())
    interval = bootstrap_interval(ndcgs, seed=SEED, resamples=_resamples(len(ndcgs)))
    return Figures(ndcg, hit_rate, recall, mrr, len(ndcgs), interval, ndcgs)


def difference_of(one: Figures, other: Figures) -> PairedDifference | NotComputable:
    """Is the first better for the same shoppers?"""
    resamples = _resamples(one.users)
    return paired_difference(one.ndcgs, other.ndcgs, seed=SEED, resamples=resamples)


def _resamples(users: int) -> int:
    return max(200, min(2_000, _RESAMPLED_MOST // max(users, 1)))


def coverage(lists: Lists, catalogue: int) -> float:
    """Share of the catalogue that is on anybody's list."""
    shown = {each for ranked in lists.values() for each in ranked[:K]}
    return len(shown) / catalogue if catalogue else 0.0


def novelty(lists: Lists, buyers: Mapping[str, int], users: int) -> float:
    """Mean surprise of what is shown, in bits: -log2 of the share of users who have it.

    Source: Castells, Hurley, Vargas, Novelty and diversity in recommender systems, 2015, 26.2.1.
    """
    shown = [each for ranked in lists.values() for each in ranked[:K]]
    shares = [(buyers.get(each, 0) + 1) / (users + 1) for each in shown]
    return float(-np.log2(shares).mean()) if shown else 0.0


def overlap(lists: Lists) -> float:
    """Mean share of products that two different shoppers' lists have in common; 1: all alike."""
    counts = Counter(each for ranked in lists.values() for each in ranked[:K])
    longest = max((len(ranked[:K]) for ranked in lists.values()), default=0)
    pairs = len(lists) * (len(lists) - 1)
    common = sum(count * (count - 1) for count in counts.values())
    return common / (pairs * longest) if pairs and longest else 0.0


def diversity(lists: Lists, vectors: Mapping[str, Float32]) -> float | None:
    """1 minus the mean cosine of two products on one list; None: no vectors.

    Args:
        lists: of products.
        vectors: float32[f] of length 1, of those that have one.
    """
    found = []
    for ranked in lists.values():
        known = [vectors[each] for each in ranked[:K] if each in vectors]
        if len(known) > 1:
            table = np.stack(known)
            total = float((table @ table.T).sum()) - len(known)
            found.append(1.0 - total / (len(known) * (len(known) - 1)))
    return float(np.mean(found)) if found else None
