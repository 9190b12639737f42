"""Counting, significance and scores, against scipy, statsmodels and tables worked out by hand."""

import tracemalloc
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, fisher_exact, hypergeom

from apps.recommendations.contracts_relations import Baskets, PairRules, Relation
from apps.recommendations.domain.basket_pairs import DAY, relation_of
from apps.recommendations.domain.significance import discoveries, together_p

RULES = PairRules(least=3, false_share=0.05, half_life_days=90.0, most=50)


def baskets_of(listed: Sequence[Sequence[int]], at: Sequence[float] | None = None) -> Baskets:
    """Codes are the products' keys."""
    most = max((code for each in listed for code in each), default=-1)
    return Baskets(
        pks=np.arange(most + 1, dtype=np.int32),
        starts=np.cumsum([0, *map(len, listed)]).astype(np.int64),
        codes=np.array([code for each in listed for code in sorted(each)], dtype=np.int32),
        at=np.array(at if at is not None else [0.0] * len(listed), dtype=np.float64),
    )


def found(relation: Relation, code: int) -> list[int]:
    codes: list[int] = relation.codes[relation.starts[code] : relation.starts[code + 1]].tolist()
    return codes


def test_the_tail_as_worked_out_by_hand() -> None:
    # 10 baskets, 4 hold A, 3 hold B, all 3 of those hold A: C(4,3) C(6,0) / C(10,3) = 4 / 120.
    # 2 of them: (C(4,2) C(6,1) + 4) / 120 = (36 + 4) / 120.
    got = together_p(np.array([3, 2]), np.array([4, 4]), np.array([3, 3]), 10)
    assert got == pytest.approx([4 / 120, 40 / 120], rel=1e-12)


@given(st.integers(5, 3_000), st.data())
def test_the_tail_is_that_of_fishers_test(baskets: int, draw: st.DataObject) -> None:
    left = draw.draw(st.integers(1, baskets))
    right = draw.draw(st.integers(1, baskets))
    lowest = max(1, left * right // baskets + 1)
    if lowest > min(left, right):
        return
    both = draw.draw(st.integers(lowest, min(left, right)))
    if left + right - both > baskets:
        return
    got = together_p(np.array([both]), np.array([left]), np.array([right]), baskets)[0]
    assert got == pytest.approx(hypergeom.sf(both - 1, baskets, left, right), rel=1e-8, abs=1e-250)
    table = np.array([[both, left - both], [right - both, baskets - left - right + both]])
    assert got == pytest.approx(fisher_exact(table, "greater")[1], rel=1e-8, abs=1e-250)


@given(st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=30), st.floats(0.01, 0.3))
def test_discoveries_are_those_of_benjamini_and_hochberg(
    p_values: list[float], share: float
) -> None:
    adjusted = false_discovery_control(p_values)
    if np.isclose(adjusted, share, rtol=1e-9).any():
        return
    got = discoveries(np.array(p_values), tested=len(p_values), false_share=share)
    assert got.tolist() == (adjusted <= share).tolist()


def test_what_is_not_listed_counts_as_tested() -> None:
    p_values = np.array([0.001, 0.02])
    assert discoveries(p_values, tested=2, false_share=0.05).tolist() == [True, True]
    # 0.02 > 2 · 0.05 / 20, 0.001 <= 0.05 / 20
    assert discoveries(p_values, tested=20, false_share=0.05).tolist() == [True, False]
    assert discoveries(np.zeros(0), tested=0, false_share=0.05).tolist() == []


def test_lift_and_score_as_worked_out_by_hand() -> None:
    """20 baskets: 0 and 1 together in 6; 0 once alone, 1 once alone; 2 in all of the other 12."""
    relation = relation_of(
        baskets_of([[0, 1]] * 6 + [[0]] + [[1]] + [[2]] * 12),
        products=3,
        as_of=0.0,
        rules=RULES,
    )
    assert (found(relation, 0), found(relation, 1), found(relation, 2)) == ([1], [0], [])
    assert relation.together.tolist() == [6, 6]
    assert relation.alone.tolist() == [7, 7, 12]
    assert relation.lifts == pytest.approx([6 * 20 / (7 * 7)] * 2, rel=1e-6)
    assert relation.scores == pytest.approx([6 / 7 - 7 / 20] * 2, rel=1e-6)
    assert (relation.baskets, relation.tested) == (20, 3)


def test_support_has_a_floor() -> None:
    few = baskets_of([[0, 1]] * 2 + [[0], [1]] * 5 + [[2]] * 500)
    rules = PairRules(2, 0.05, 90.0, 50)
    assert len(relation_of(few, products=3, as_of=0.0, rules=RULES)) == 0
    assert len(relation_of(few, products=3, as_of=0.0, rules=rules)) == 2


def test_what_is_together_by_chance_is_no_pair() -> None:
    """Both in half of all baskets, together in a quarter."""
    listed = [[0, 1], [0], [1], [2]] * 25
    assert len(relation_of(baskets_of(listed), products=3, as_of=0.0, rules=RULES)) == 0


def test_a_shop_of_chance_has_hardly_any_pair() -> None:
    rng = np.random.default_rng(5)
    listed = [np.flatnonzero(rng.random(60) < 0.08).tolist() for _ in range(3_000)]
    relation = relation_of(baskets_of(listed), products=60, as_of=0.0, rules=RULES)
    assert len(relation) <= 4


def test_newer_baskets_weigh_more_in_the_order_alone() -> None:
    listed = [[0, 1]] * 5 + [[0, 2]] * 5 + [[3]] * 40
    at = [0.0] * 5 + [300 * DAY] * 5 + [150 * DAY] * 40
    relation = relation_of(baskets_of(listed, at), products=4, as_of=300 * DAY, rules=RULES)
    assert found(relation, 0) == [2, 1]
    assert relation.lifts[0] == relation.lifts[1]


def test_a_basket_so_old_that_it_weighs_nothing_still_counts() -> None:
    listed = [[0, 1]] * 5 + [[2]] * 40
    rules = PairRules(3, 0.05, 0.1, 50)
    relation = relation_of(
        baskets_of(listed, [0.0] * 5 + [300 * DAY] * 40),
        products=3,
        as_of=300 * DAY,
        rules=rules,
    )
    assert relation.together.tolist() == [5, 5]


def test_a_product_keeps_its_best_neighbours() -> None:
    listed = [[0, 1]] * 9 + [[0, 2]] * 7 + [[0, 3]] * 5 + [[4]] * 60
    rules = PairRules(3, 0.05, 90.0, 2)
    relation = relation_of(baskets_of(listed), products=5, as_of=0.0, rules=rules)
    assert found(relation, 0) == [1, 2]
    assert found(relation, 3) == [0]


@pytest.mark.parametrize("listed", [[], [[0]], [[0, 1]], [[0, 1]] * 40])
def test_small_shops(listed: list[list[int]]) -> None:
    """None, one basket, one pair; and a shop in which everybody takes the same."""
    relation = relation_of(baskets_of(listed), products=2, as_of=0.0, rules=RULES)
    assert len(relation) == 0
    assert relation.starts.tolist() == [0, 0, 0]


SOME = st.lists(st.sets(st.integers(0, 7), min_size=1, max_size=5), max_size=40)


@given(SOME, st.integers(1, 60))
def test_pairs_are_counted_alike_whatever_fits_in_memory(
    listed: list[set[int]], budget: int
) -> None:
    baskets = baskets_of([sorted(each) for each in listed])
    rules = PairRules(1, 0.999, 90.0, 50)
    whole = relation_of(baskets, products=8, as_of=0.0, rules=rules)
    pieces = relation_of(baskets, products=8, as_of=0.0, rules=rules, budget=budget)
    assert whole.codes.tolist() == pieces.codes.tolist()
    assert whole.scores.tolist() == pieces.scores.tolist()
    counted = {
        pair: sum(set(pair) <= each for each in listed) for pair in combinations(range(8), 2)
    }
    for code in range(8):
        at = slice(int(whole.starts[code]), int(whole.starts[code + 1]))
        for other, count in zip(
            whole.codes[at].tolist(), whole.together[at].tolist(), strict=True
        ):
            assert count == counted[min(code, other), max(code, other)]
        assert whole.scores[at].tolist() == sorted(whole.scores[at].tolist(), reverse=True)
    assert ((whole.scores > 0) & (whole.scores <= 1)).all()
    assert (whole.lifts > 1).all()


def test_memory_follows_the_budget() -> None:
    rng = np.random.default_rng(3)
    listed = [np.unique(rng.integers(0, 3_000, 25)).tolist() for _ in range(3_000)]
    baskets = baskets_of(listed)

    def peak(budget: int) -> int:
        tracemalloc.start()
        try:
            relation_of(baskets, products=3_000, as_of=0.0, rules=RULES, budget=budget)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(50_000) < peak(4_000_000) / 4
