"""Ranking against the bare matrix product, interleaved: `python -m benchmarks.bench_ranking`.

Three costs over the same candidates and features: the product alone; contributions, their sum
and the check (what scoring adds to it); the whole pipeline with its total order.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from apps.features.contracts import CF_SCORE, FRESHNESS_SCORE, POPULARITY_SCORE, SEARCH_SCORE
from apps.ranking.contracts import Candidates
from apps.ranking.domain.pipeline import rank
from apps.ranking.domain.records import hit_records
from apps.ranking.domain.scoring import contributions_of, scores_of
from apps.ranking_weights.contracts import ResolvedWeights

ROUNDS = 400
# At 1,000 candidates: what keeping the contributions, and ranking, may cost.
SCORING_AT_MOST = 8.0  # x the bare product
RANK_AT_MOST = 3.0  # x the product and its argsort
WEIGHTS = ResolvedWeights(
    (
        (SEARCH_SCORE, 0.4),
        (CF_SCORE, 0.3),
        (POPULARITY_SCORE, 0.2),
        (FRESHNESS_SCORE, 0.1),
    ),
    "default",
    "",
    0,
)


def calls_of(size: int) -> dict[str, Callable[[], object]]:
    random = np.random.default_rng(17)
    candidates = Candidates(
        rows=np.arange(size, dtype=np.int32),
        keyword_score=random.random(size, dtype=np.float32),
        keyword_rank=np.arange(1, size + 1, dtype=np.int32),
        semantic_score=random.random(size, dtype=np.float32),
        semantic_rank=np.arange(1, size + 1, dtype=np.int32),
        search_score=random.random(size, dtype=np.float32),
    )
    features = {
        name: random.random(size, dtype=np.float32)
        for name in (CF_SCORE, POPULARITY_SCORE, FRESHNESS_SCORE)
    }
    matrix = np.column_stack([candidates.search_score, *features.values()]).astype(np.float64)
    vector = np.array([weight for _, weight in WEIGHTS.weights])
    keys = random.permutation(size).astype(np.int64)

    def ranked() -> object:
        return rank(candidates=candidates, features=features, weights=WEIGHTS, tie_break=keys)

    ranking = rank(candidates=candidates, features=features, weights=WEIGHTS, tie_break=keys)
    return {
        "matrix product": lambda: matrix @ vector,
        "product, then argsort": lambda: np.argsort(-(matrix @ vector)),
        "contributions and scores": lambda: scores_of(
            contributions_of(candidates, features, WEIGHTS.weights)
        ),
        "rank (all of it)": ranked,
        "20 records": lambda: hit_records(ranking, 1, 20),
    }


def measure(size: int) -> dict[str, list[float]]:
    calls = calls_of(size)
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            taken[name].append((time.perf_counter() - started) * 1e6)
    return taken


def main() -> int:
    missed = False
    for size in (1_000, 10_000):
        taken = measure(size)
        bare = statistics.median(taken["matrix product"])
        ordered = statistics.median(taken["product, then argsort"])
        print(f"ranking, {size:,} candidates, 4 features, {ROUNDS} interleaved rounds")
        for name, times in taken.items():
            p50, p95, p99 = np.percentile(times, [50, 95, 99])
            print(
                f"  {name:26} p50 {p50:8.1f} us  p95 {p95:8.1f}  p99 {p99:8.1f}  "
                f"{p50 / bare:6.1f} x product  {p50 / ordered:5.2f} x product+argsort"
            )
        if size == 1_000:
            scoring = statistics.median(taken["contributions and scores"]) / bare
            ranking = statistics.median(taken["rank (all of it)"]) / ordered
            missed = scoring > SCORING_AT_MOST or ranking > RANK_AT_MOST
            print(
                f"  scoring {scoring:.1f} x product (at most {SCORING_AT_MOST:.0f}), "
                f"rank {ranking:.2f} x product+argsort (at most {RANK_AT_MOST:.0f}): "
                f"{'MISSED' if missed else 'ok'}"
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
