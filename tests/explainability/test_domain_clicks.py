"""Simulated shoppers whose attention and taste are known."""

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from apps.explainability.domain.clicks import (
    ClickCounts,
    Examination,
    Prior,
    clicks_fit,
    positions_moved,
    ratings_of,
)

POSITIONS = 10


def simulated(
    *, queries: int, searches: int, seed: int, fixed: bool = False
) -> tuple[ClickCounts, np.ndarray, np.ndarray]:
    """Lists of ten, ordered by a ranker that is half right; clicks by a position-based model."""
    random = np.random.default_rng(seed)
    theta = 1.0 / np.arange(1, POSITIONS + 1) ** 0.7
    alpha = random.beta(1.2, 3.0, size=(queries, POSITIONS))
    pairs, positions, shown, clicked = [], [], [], []
    for query in range(queries):
        score = alpha[query] + random.normal(0, 0.3, POSITIONS)
        counts: dict[tuple[int, int], list[int]] = {}
        for _ in range(searches):
            noise = 0 if fixed else random.normal(0, 0.3, POSITIONS)
            order = np.argsort(-(score + noise))
            hits = random.random(POSITIONS) < theta * alpha[query][order]
            for place, (product, hit) in enumerate(zip(order, hits, strict=True)):
                row = counts.setdefault((int(product), place), [0, 0])
                row[0] += 1
                row[1] += int(hit)
        for (product, place), (times, clicks) in counts.items():
            pairs.append(query * POSITIONS + product)
            positions.append(place + 1)
            shown.append(times)
            clicked.append(clicks)
    counts_all = ClickCounts(
        np.array(pairs), np.array(positions), np.array(shown, float), np.array(clicked, float)
    )
    return counts_all, alpha.ravel(), theta


def test_known_attention_and_taste_are_recovered() -> None:
    counts, alpha, theta = simulated(queries=40, searches=1000, seed=1)
    model = clicks_fit(counts)
    assert model.how is Examination.ESTIMATED
    assert np.abs(model.examination - theta).max() < 0.06
    assert spearmanr(model.attractiveness, alpha).statistic > 0.97
    assert np.abs(model.attractiveness - alpha).mean() < 0.03


def test_the_order_is_nearer_to_the_truth_than_that_of_plain_rates() -> None:
    counts, alpha, _ = simulated(queries=40, searches=500, seed=2)
    model = clicks_fit(counts)
    clicks = np.bincount(counts.pairs, counts.clicked, len(alpha))
    plain = clicks / np.bincount(counts.pairs, counts.shown, len(alpha))

    def order(found: np.ndarray) -> float:
        per_query = zip(found.reshape(-1, POSITIONS), alpha.reshape(-1, POSITIONS), strict=True)
        return float(np.mean([kendalltau(one, other).statistic for one, other in per_query]))

    assert order(model.attractiveness) > order(plain) + 0.03
    assert order(model.attractiveness) > 0.8


def test_what_never_moved_is_freed_by_the_power_law() -> None:
    counts, _, _ = simulated(queries=10, searches=50, seed=3, fixed=True)
    assert positions_moved(counts) == 0.0
    model = clicks_fit(counts)
    assert model.how is Examination.POWER_LAW
    assert model.examination == pytest.approx(1.0 / np.arange(1, POSITIONS + 1))


def test_few_impressions_are_drawn_to_the_mean() -> None:
    counts = ClickCounts(
        np.array([0, 1, 2]), np.array([1, 1, 1]), np.array([1.0, 1000.0, 1000.0]),
        np.array([1.0, 500.0, 10.0]),
    )  # fmt: skip
    model = clicks_fit(counts, Prior(impressions=20.0))
    assert model.attractiveness[0] < model.attractiveness[1]
    assert model.attractiveness[1] == pytest.approx(0.5, abs=0.02)
    assert model.attractiveness[2] == pytest.approx(0.01, abs=0.01)


def test_a_position_that_nothing_stood_at() -> None:
    counts = ClickCounts(
        np.array([0, 0, 1, 1]), np.array([1, 3, 1, 3]), np.full(4, 100.0),
        np.array([50.0, 20.0, 10.0, 4.0]),
    )  # fmt: skip
    model = clicks_fit(counts)
    assert model.how is Examination.ESTIMATED
    assert len(model.examination) == 3
    with pytest.raises(ValueError, match="one impression"):
        clicks_fit(ClickCounts(np.zeros(0, int), np.zeros(0, int), np.zeros(0), np.zeros(0)))


def test_ratings_are_equal_steps() -> None:
    assert ratings_of(
        np.array([0.0, 0.1, 0.16, 0.5, 0.84, 1.0]), top=3, best_share=1.0
    ).tolist() == [0, 0, 0, 2, 3, 3]
    assert ratings_of(np.zeros(0), top=3).tolist() == []
    assert ratings_of(np.full(3, 1e-9), top=4).tolist() == [0, 0, 0]


def test_impressions_of_nothing_never_moved() -> None:
    empty = ClickCounts(np.zeros(0, int), np.zeros(0, int), np.zeros(0), np.zeros(0))
    assert positions_moved(empty) == 0.0
