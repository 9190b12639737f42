"""How good a ranked list is, by people's judgements; and how sure one may be of it.

A rating is 0 (irrelevant) to 3 (perfect); its gain is 2^r - 1; what nobody judged counts 0.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Ratings = Mapping[str, int]
_EXACT_UP_TO = 14  # 2^14 sign flips are enumerated; above, they are drawn


class NothingRelevant(ValueError):
    """No judged product is relevant: the ideal list is empty, so there is nothing to divide by."""


@dataclass(frozen=True, slots=True)
class NotComputable:
    """A figure that these observations do not support.

    Attributes:
        reason: why, in words.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the interval that holds it.

    Attributes:
        mean: over the queries.
        low, high: percentile bounds.
        confidence: such as 0.95.
    """

    mean: float
    low: float
    high: float
    confidence: float


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """How far one system is from another on the same queries.

    Attributes:
        difference: mean of `a - b`.
        low, high: bootstrap bounds of that mean.
        p_value: two-sided, sign-flip permutation test of mean difference 0.
    """

    difference: float
    low: float
    high: float
    p_value: float


def gain(rating: float) -> float:
    """2^r - 1.

    Source: Burges et al., Learning to rank using gradient descent, ICML 2005, section 3.
    """
    return float(2.0**rating - 1.0)


def dcg(gains: Sequence[float], k: int | None = None) -> float:
    """Sum of gain / log2(position + 1) over the first `k` (all when None).

    Source: Järvelin and Kekäläinen, TOIS 20(4), 2002, with Burges' discount.
    """
    first = np.asarray(gains[:k], dtype=np.float64)
    return float(first @ (1.0 / np.log2(np.arange(2.0, len(first) + 2.0))))


def is_answerable(ratings: Ratings) -> bool:
    """Whether any judged product is relevant."""
    return any(rating > 0 for rating in ratings.values())


def ndcg_at_k(ranked: Sequence[str], ratings: Ratings, k: int = 10) -> float:
    """DCG of the list over DCG of the best possible list; in [0, 1].

    Args:
        ranked: product ids, best first, no repeats.
        ratings: judged products of this query; anything else counts 0.
        k: where both lists are cut.

    Raises:
        NothingRelevant: no product is rated above 0.
    """
    ideal = dcg(sorted((gain(rating) for rating in ratings.values()), reverse=True), k)
    if ideal <= 0.0:
        raise NothingRelevant("no judged product is relevant")
    return dcg([gain(ratings.get(each, 0)) for each in ranked[:k]], k) / ideal


def judged_only(ranked: Sequence[str], ratings: Ratings) -> list[str]:
    """The list without what nobody judged: a second, kinder reading of pooled judgements.

    Source: Sakai, Alternatives to Bpref, SIGIR 2007 (condensed lists).
    """
    return [each for each in ranked if each in ratings]


def judged_share(ranked: Sequence[str], judged: Collection[str], k: int = 10) -> float:
    """Share of the first `k` that somebody judged; 0 for an empty list."""
    first = ranked[:k]
    return sum(each in judged for each in first) / len(first) if first else 0.0


def reciprocal_rank(ranked: Sequence[str], ratings: Ratings) -> float:
    """1 / position of the first relevant product; 0 when none is found.

    Source: Voorhees, TREC-8 question answering track, 1999.
    """
    for position, each in enumerate(ranked, start=1):
        if ratings.get(each, 0) > 0:
            return 1.0 / position
    return 0.0


def recall_at_k(ranked: Sequence[str], ratings: Ratings, k: int = 100) -> float:
    """Share of the relevant products that stand among the first `k`.

    Raises:
        NothingRelevant: no product is rated above 0.
    """
    relevant = {each for each, rating in ratings.items() if rating > 0}
    if not relevant:
        raise NothingRelevant("no judged product is relevant")
    return len(relevant.intersection(ranked[:k])) / len(relevant)


def bootstrap_interval(
    values: Sequence[float],
    *,
    seed: int,
    confidence: float = 0.95,
    resamples: int = 10_000,
) -> Interval | NotComputable:
    """Percentile bootstrap of the mean over queries; the same seed gives the same bounds.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    observed = np.asarray(values, dtype=np.float64)
    if len(observed) < 2:  # noqa: PLR2004 - one query has no spread
        return NotComputable(f"an interval needs two queries or more, not {len(observed)}")
    means = _resampled_means(observed, np.random.default_rng(seed), resamples)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(observed.mean()), float(low), float(high), confidence)


def paired_difference(
    a: Sequence[float],
    b: Sequence[float],
    *,
    seed: int,
    confidence: float = 0.95,
    resamples: int = 10_000,
) -> PairedDifference | NotComputable:
    """Is system `a` better than `b` on the same queries?

    Raises:
        ValueError: the lists differ in length.

    Source: Smucker, Allan and Carterette, CIKM 2007 (randomisation test).
    """
    differences = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    interval = bootstrap_interval(
        differences.tolist(), seed=seed, confidence=confidence, resamples=resamples
    )
    if isinstance(interval, NotComputable):
        return interval
    p_value = _sign_flip_p(differences, np.random.default_rng(seed), resamples)
    return PairedDifference(interval.mean, interval.low, interval.high, p_value)


def _resampled_means(
    observed: FloatArray, generator: np.random.Generator, resamples: int
) -> FloatArray:
    picks = generator.integers(0, len(observed), size=(resamples, len(observed)))
    means: FloatArray = observed[picks].mean(axis=1)
    return means


def _sign_flip_p(differences: FloatArray, generator: np.random.Generator, resamples: int) -> float:
    """Exact for few queries; else drawn, counting the observed one (never 0)."""
    count = len(differences)
    observed = abs(float(differences.mean())) - 1e-12
    if count <= _EXACT_UP_TO:
        bits = np.arange(2**count)[:, None] >> np.arange(count) & 1
        means = (1.0 - 2.0 * bits) @ differences / count
        return float((np.abs(means) >= observed).mean())
    signs = generator.choice((-1.0, 1.0), size=(resamples, count))
    extreme = int((np.abs(signs @ differences / count) >= observed).sum())
    return (extreme + 1) / (resamples + 1)
