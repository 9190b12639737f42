import csv
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain import relevance

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


def _rows(name: str) -> list[dict[str, str]]:
    with (GOLDEN / name).open() as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("row", _rows("ndcg.csv"))
def test_ndcg_agrees_with_scikit_learn(row: dict[str, str]) -> None:
    ratings = [int(each) for each in row["ratings"].split()]
    judged = {str(at): rating for at, rating in enumerate(ratings)}
    k = int(row["k"])
    gains = [relevance.gain(rating) for rating in ratings]
    assert relevance.dcg(gains, k) == pytest.approx(float(row["dcg"]), abs=1e-12)
    assert relevance.ndcg_at_k(list(judged), judged, k) == pytest.approx(
        float(row["ndcg"]), abs=1e-12
    )


@pytest.mark.parametrize("row", _rows("relevance_published.csv"))
def test_published_examples(row: dict[str, str]) -> None:
    numbers = [int(each) for each in row["input"].split()]
    if row["measure"] == "dcg":
        value = relevance.dcg(numbers)
    else:
        lists = [["x"] * (rank - 1) + ["hit"] for rank in numbers]
        value = sum(relevance.reciprocal_rank(each, {"hit": 1}) for each in lists) / len(lists)
    assert value == pytest.approx(float(row["expected"]), abs=0.5 * 10.0 ** -int(row["places"]))


ratings_of = st.dictionaries(st.text(max_size=3), st.integers(0, 3), max_size=30)


@given(ratings_of, st.randoms(), st.integers(1, 20))
def test_ndcg_is_between_none_and_ideal(ratings: dict[str, int], random: Random, k: int) -> None:
    ranked = [*ratings, "unjudged-1", "unjudged-2"]
    random.shuffle(ranked)
    if not relevance.is_answerable(ratings):
        with pytest.raises(relevance.NothingRelevant):
            relevance.ndcg_at_k(ranked, ratings, k)
        with pytest.raises(relevance.NothingRelevant):
            relevance.recall_at_k(ranked, ratings, k)
        return
    best = sorted(ratings, key=ratings.__getitem__, reverse=True)
    assert 0.0 <= relevance.ndcg_at_k(ranked, ratings, k) <= 1.0 + 1e-12
    assert relevance.ndcg_at_k(best, ratings, k) == pytest.approx(1.0)
    assert relevance.ndcg_at_k([], ratings, k) == 0.0


@given(st.lists(st.integers(0, 3), min_size=2, max_size=12), st.integers(0, 10))
def test_swapping_a_better_product_up_never_lowers_ndcg(values: list[int], at: int) -> None:
    at = at % (len(values) - 1)
    ratings = {str(each): rating for each, rating in enumerate(values)}
    if not relevance.is_answerable(ratings) or values[at] >= values[at + 1]:
        return
    ranked = list(ratings)
    swapped = [*ranked[:at], ranked[at + 1], ranked[at], *ranked[at + 2 :]]
    assert relevance.ndcg_at_k(swapped, ratings) >= relevance.ndcg_at_k(ranked, ratings)


def test_recall_share_and_condensed_list() -> None:
    ratings = {"a": 3, "b": 1, "c": 0}
    assert relevance.recall_at_k(["x", "a", "b"], ratings, 2) == 0.5
    assert relevance.judged_share(["x", "a", "c", "y"], ratings, 4) == 0.5
    assert relevance.judged_share([], ratings) == 0.0
    assert relevance.judged_only(["x", "a", "c", "y"], ratings) == ["a", "c"]
    assert relevance.reciprocal_rank(["x", "c"], ratings) == 0.0


def test_bootstrap_interval_is_seeded_and_holds_the_mean() -> None:
    values = [0.1 * (each % 10) for each in range(50)]
    first = relevance.bootstrap_interval(values, seed=7, resamples=2000)
    assert first == relevance.bootstrap_interval(values, seed=7, resamples=2000)
    assert isinstance(first, relevance.Interval)
    assert first.low < first.mean < first.high
    # Normal theory: mean ± 1.96 · s / √n = 0.45 ± 0.0804.
    assert first.low == pytest.approx(0.45 - 0.0796, abs=0.01)
    assert first.high == pytest.approx(0.45 + 0.0796, abs=0.01)


def test_too_few_queries_is_said_so() -> None:
    assert isinstance(relevance.bootstrap_interval([0.5], seed=1), relevance.NotComputable)
    assert isinstance(relevance.paired_difference([], [], seed=1), relevance.NotComputable)


def test_paired_difference_agrees_with_scipy() -> None:
    a = [0.9, 0.4, 0.7, 0.65, 0.3, 1.0, 0.55, 0.8]
    b = [0.7, 0.45, 0.5, 0.6, 0.2, 0.9, 0.6, 0.5]
    # scipy.stats.permutation_test(permutation_type="samples", n_resamples=inf): 0.0703125
    found = relevance.paired_difference(a, b, seed=1)
    assert isinstance(found, relevance.PairedDifference)
    assert found.p_value == 0.0703125
    other = relevance.paired_difference(b, a, seed=1)
    assert isinstance(other, relevance.PairedDifference)
    assert other.difference == pytest.approx(-found.difference)
    assert other.p_value == found.p_value


def test_paired_difference_of_many_queries_draws_signs() -> None:
    a = [0.5 + 0.01 * (each % 7) for each in range(40)]
    same = relevance.paired_difference(a, a, seed=1, resamples=500)
    better = relevance.paired_difference(a, [x - 0.2 for x in a], seed=1, resamples=500)
    assert isinstance(same, relevance.PairedDifference)
    assert isinstance(better, relevance.PairedDifference)
    assert same.p_value == 1.0
    assert better.p_value == pytest.approx(1 / 501)
    assert better.low == pytest.approx(0.2)
