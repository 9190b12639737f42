"""An offline evaluation: what each system ranked, against what people judged."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from apps.common.domain.relevance import (
    Interval,
    PairedDifference,
    bootstrap_interval,
    is_answerable,
    judged_only,
    judged_share,
    ndcg_at_k,
    paired_difference,
    recall_at_k,
    reciprocal_rank,
)

CUT = 10
DEPTH = 100
CONFIDENCE = 0.95
RESAMPLES = 10_000
SEED = 20_260_101
_RATINGS = frozenset({"0", "1", "2", "3"})
_COLUMNS = ("query", "product_id", "rating")

Judgements = Mapping[str, Mapping[str, int]]
Figure = float | int | list[float] | None


class JudgementsInvalid(ValueError):
    """A judgement list that cannot be read; the message names the line."""


# Which system is tested against which, pair by pair of queries.
COMPARED = (
    ("hybrid", "baseline"),
    ("served", "baseline"),
    ("hybrid", "keyword"),
    ("hybrid", "not_understood"),
    ("served", "served_as_typed"),
)


@dataclass(frozen=True, slots=True)
class Answered:
    """How one query was answered.

    Attributes:
        found: products over all pages.
        label: how they were found, as the answer says it; `nothing` for none.
    """

    found: int
    label: str


@dataclass(frozen=True, slots=True)
class SystemRun:
    """What one system answered.

    Attributes:
        ranked: query to product ids, best first, at most 100 of them.
        latencies_ms: milliseconds, one a query.
    """

    ranked: Mapping[str, Sequence[str]]
    latencies_ms: Sequence[float]


def judgements_read(lines: Iterable[str]) -> dict[str, dict[str, int]]:
    """Query to product id to rating, from CSV `query,product_id,rating`.

    Raises:
        JudgementsInvalid: other columns, a rating that is not 0 to 3, an empty query or id,
            or two ratings of one pair that disagree.
    """
    reader = csv.DictReader(lines)
    if tuple(reader.fieldnames or ()) != _COLUMNS:
        raise JudgementsInvalid(f"line 1: the columns must be {','.join(_COLUMNS)}")
    found: dict[str, dict[str, int]] = {}
    for row in reader:
        query, product_id, rating = (str(row[name] or "").strip() for name in _COLUMNS)
        if not query or not product_id or rating not in _RATINGS:
            raise JudgementsInvalid(
                f"line {reader.line_num}: needs a query, a product id and a rating from 0 to 3"
            )
        ratings = found.setdefault(query, {})
        if ratings.setdefault(product_id, int(rating)) != int(rating):
            raise JudgementsInvalid(
                f"line {reader.line_num}: {product_id} is rated twice for {query!r}, differently"
            )
    return found


def answerable_queries(judgements: Judgements) -> list[str]:
    """Queries with at least one relevant product, in the order of the list."""
    return [query for query, ratings in judgements.items() if is_answerable(ratings)]


def unanswerable_queries(judgements: Judgements) -> list[str]:
    """Queries whose judged products are all irrelevant: no ranking of them is better or worse."""
    return [query for query, ratings in judgements.items() if not is_answerable(ratings)]


def definition(judgements: Judgements, unknown_products: int) -> dict[str, str | int | float]:
    """What the figures mean and over what they are: it stands beside them."""
    kept = answerable_queries(judgements)
    return {
        "ndcg": f"DCG@{CUT} over the ideal DCG@{CUT}; gain 2^r - 1, discount 1 / log2(rank + 1)",
        "unjudged": "counts 0; under judged_only it is taken out before the cut",
        "queries": len(kept),
        "queries_left_out_without_relevant_product": len(judgements) - len(kept),
        "judgements": sum(len(ratings) for ratings in judgements.values()),
        "judged_products_not_in_catalogue": unknown_products,
        "mrr": "1 / rank of the first product rated above 0, at most 100 deep",
        "recall_at_100": "share of the products rated above 0 among the first 100",
        "interval": f"percentile bootstrap over queries, {RESAMPLES} resamples, seed {SEED}",
        "confidence": CONFIDENCE,
        "latency": "one query at a time, warm, query vector cached",
        "comparison": "mean NDCG difference over queries; two-sided sign-flip permutation test",
        "baseline": "PostgreSQL full text alone: all words, ts_rank_cd over 1 + log(length)",
        "keyword": "the keyword list alone",
        "semantic": "the semantic list alone",
        "hybrid": "both lists fused, before weights",
        "not_understood": "hybrid without query understanding, spelling and synonyms",
        "served_as_typed": "served with spell=false and understand=false: nothing read out of it",
        "served": "what the endpoint answers: weights and rules applied",
    }


def system_figures(run: SystemRun, judgements: Judgements) -> dict[str, Figure]:
    """The figures of one system over the answerable queries."""
    kept = answerable_queries(judgements)
    pairs = [(run.ranked.get(query, ()), judgements[query]) for query in kept]
    ndcg = [ndcg_at_k(ranked, ratings, CUT) for ranked, ratings in pairs]
    condensed = [
        ndcg_at_k(judged_only(ranked, ratings), ratings, CUT) for ranked, ratings in pairs
    ]
    interval = bootstrap_interval(ndcg, seed=SEED, confidence=CONFIDENCE, resamples=RESAMPLES)
    latency = np.quantile(run.latencies_ms, [0.5, 0.95]).tolist() if run.latencies_ms else None
    return {
        "ndcg_at_10": _mean(ndcg),
        "ndcg_at_10_judged_only": _mean(condensed),
        "ndcg_at_10_ci": (
            [interval.low, interval.high] if isinstance(interval, Interval) else None
        ),
        "mrr": _mean([reciprocal_rank(ranked, ratings) for ranked, ratings in pairs]),
        "recall_at_100": _mean([recall_at_k(ranked, ratings, DEPTH) for ranked, ratings in pairs]),
        "zero_result_rate": _mean([float(not ranked) for ranked, _ in pairs]),
        "judged_at_10": _mean([judged_share(ranked, ratings, CUT) for ranked, ratings in pairs]),
        "queries": len(kept),
        "p50_ms": latency[0] if latency else None,
        "p95_ms": latency[1] if latency else None,
    }


def systems_compared(
    runs: Mapping[str, SystemRun], judgements: Judgements
) -> dict[str, dict[str, Figure]]:
    """Every pair of `COMPARED`, by `first_over_second`."""
    return {
        f"{first}_over_{second}": _comparison(runs[first], runs[second], judgements)
        for first, second in COMPARED
    }


def _comparison(first: SystemRun, second: SystemRun, judgements: Judgements) -> dict[str, Figure]:
    kept = answerable_queries(judgements)
    ndcg = [
        [ndcg_at_k(run.ranked.get(query, ()), judgements[query], CUT) for query in kept]
        for run in (first, second)
    ]
    found = paired_difference(*ndcg, seed=SEED, confidence=CONFIDENCE, resamples=RESAMPLES)
    tested = found if isinstance(found, PairedDifference) else None
    pairs = list(zip(*ndcg, strict=True))
    return {
        "difference": tested.difference if tested else None,
        "ci": [tested.low, tested.high] if tested else None,
        "p_value": tested.p_value if tested else None,
        "better": sum(a > b for a, b in pairs),
        "worse": sum(a < b for a, b in pairs),
        "queries": len(kept),
    }


def answers_counted(answers: Mapping[str, Answered]) -> dict[str, int]:
    """Label to how many queries were answered so, most first."""
    labels = Counter(answer.label for answer in answers.values())
    return dict(labels.most_common())


def _mean(values: Sequence[float]) -> float | None:
    """None over no query: there is no such figure."""
    return float(np.mean(values)) if len(values) else None
