"""Metrics of a ranked list, each with the sentence that defines it.

Gain is 2^r - 1; relevant is rated above 0; what nobody judged counts as 0. Positions are 1-based.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from apps.common.domain.relevance import (
    Ratings,
    dcg,
    gain,
    is_answerable,
    judged_share,
    ndcg_at_k,
    recall_at_k,
    reciprocal_rank,
)

CUT, DEPTH = 10, 100
GATED = "ndcg@10"
_Value = Callable[[Sequence[str], Ratings, int, int], float]


def precision_at_k(ranked: Sequence[str], ratings: Ratings, k: int) -> float:
    """Relevant products among the first `k`, over `k` (also when fewer were found)."""
    return sum(ratings.get(each, 0) > 0 for each in ranked[:k]) / k


def average_precision_at_k(ranked: Sequence[str], ratings: Ratings, k: int) -> float:
    """Mean over all relevant products of the precision where each stands; 0 for those beyond `k`.

    Source: Buckley and Voorhees, Retrieval System Evaluation, 2005; trec_eval's `map_cut`.
    """
    relevant = sum(rating > 0 for rating in ratings.values())
    found, total = 0, 0.0
    for position, each in enumerate(ranked[:k], start=1):
        if ratings.get(each, 0) > 0:
            found += 1
            total += found / position
    return total / relevant if relevant else 0.0


def expected_reciprocal_rank(ranked: Sequence[str], ratings: Ratings, k: int, top: int) -> float:
    """Expectation of 1 / position where a shopper stops.

    Who looks at a product rated r stops there with probability (2^r - 1) / 2^top.

    Source: Chapelle, Metzler, Zhang and Grinspan, CIKM 2009, equation 5 and algorithm 2.
    """
    looking, total = 1.0, 0.0
    for position, each in enumerate(ranked[:k], start=1):
        stops = gain(ratings.get(each, 0)) / 2.0**top
        total += looking * stops / position
        looking *= 1.0 - stops
    return total


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric at one depth.

    Attributes:
        name: `ndcg`, …
        k: how deep it looks.
        title: for tables.
        definition: one sentence; printed with every figure.
    """

    name: str
    k: int
    title: str
    definition: str

    @property
    def key(self) -> str:
        """`ndcg@10`."""
        return f"{self.name}@{self.k}"


_DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "ndcg": (
        "NDCG",
        "DCG@{k} over the DCG@{k} of the best possible order of the judged products",
    ),
    "dcg": (
        "DCG",
        "sum over positions i = 1 … {k} of (2^r - 1) / log2(i + 1), r the rating at i",
    ),
    "mrr": ("MRR", "1 / position of the first product rated above 0, 0 when none is in {k}"),
    "map": (
        "MAP",
        "mean over all products rated above 0 of the precision at their position; 0 beyond {k}",
    ),
    "p": ("P", "products rated above 0 among the first {k}, over {k}"),
    "recall": ("Recall", "share of the products rated above 0 that stand among the first {k}"),
    "err": (
        "ERR",
        (
            "expected 1 / position of the product that satisfies, within {k}; a product rated r "
            "satisfies with probability (2^r - 1) / 2^s, s the best rating of the scale"
        ),
    ),
    "judged": ("Judged", "share of the first {k} shown that anybody judged"),
}
_VALUES: Mapping[str, _Value] = {
    "ndcg": lambda ranked, ratings, k, _top: ndcg_at_k(ranked, ratings, k),
    "dcg": lambda ranked, ratings, k, _top: dcg(
        [gain(ratings.get(each, 0)) for each in ranked[:k]], k
    ),
    "mrr": lambda ranked, ratings, k, _top: reciprocal_rank(ranked[:k], ratings),
    "map": lambda ranked, ratings, k, _top: average_precision_at_k(ranked, ratings, k),
    "p": lambda ranked, ratings, k, _top: precision_at_k(ranked, ratings, k),
    "recall": lambda ranked, ratings, k, _top: recall_at_k(ranked, ratings, k),
    "err": expected_reciprocal_rank,
    "judged": lambda ranked, ratings, k, _top: judged_share(ranked, ratings, k),
}


def metric_of(name: str, k: int) -> Metric:
    """The metric at a depth.

    Raises:
        KeyError: there is no such metric.
        ValueError: the depth is below 1.
    """
    if k < 1:
        raise ValueError("a metric looks at one position or more")
    title, definition = _DEFINITIONS[name]
    return Metric(name, k, f"{title}@{k}", definition.format(k=k))


METRICS = (
    *(metric_of(name, CUT) for name in ("ndcg", "dcg", "mrr", "map", "p", "recall", "err")),
    metric_of("recall", DEPTH),
    metric_of("judged", CUT),
)
METRIC_KEYS = tuple(metric.key for metric in METRICS)


def metric_value(metric: Metric, ranked: Sequence[str], ratings: Ratings, *, top: int) -> float:
    """One metric of one list.

    Args:
        metric: which.
        ranked: product ids, best first, no repeats.
        ratings: of the query's judged products.
        top: the best rating of the scale.

    Raises:
        NothingRelevant: NDCG and recall, where no judged product is relevant.
    """
    return _VALUES[metric.name](ranked, ratings, metric.k, top)


def query_scores(ranked: Sequence[str], ratings: Ratings, *, top: int) -> dict[str, float]:
    """Every metric of one list by key; empty where no judged product is relevant."""
    if not is_answerable(ratings):
        return {}
    return {metric.key: metric_value(metric, ranked, ratings, top=top) for metric in METRICS}


def definitions() -> dict[str, str]:
    """Key to definition, and what holds for all of them."""
    return {
        **{metric.key: metric.definition for metric in METRICS},
        "rating": "of several raters the median, of an even number the lower of the middle two",
        "unjudged": "what nobody judged counts as rated 0",
        "queries": "those with a product rated above 0; over others no order is better or worse",
    }
