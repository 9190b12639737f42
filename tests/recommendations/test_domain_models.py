from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.relevance import Interval, NotComputable
from apps.recommendations.contracts_models import Family, Unfit
from apps.recommendations.domain.blending import Parts, Recipe, best_codes
from apps.recommendations.domain.choosing import (
    Judged,
    judged_shoppers,
    recipes,
    recipes_measured,
)
from apps.recommendations.domain.evaluation import (
    Figures,
    coverage,
    difference_of,
    diversity,
    figures_of,
    novelty,
    overlap,
)
from apps.recommendations.domain.matrices import (
    Least,
    ages_of,
    cell_values,
    momentum,
    recent_popularity,
    unfit_reason,
)
from apps.recommendations.domain.parts import factors_empty, neighbours_empty
from apps.recommendations.domain.periods import horizon_s, validation_cuts
from tests.recommendations.taste_groups import DAY_S, NOW, cells, training_of


def values(*numbers: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return np.array(numbers, dtype=np.float32)


def parts_of(popularity: list[float]) -> Parts:
    count = len(popularity)
    return Parts(
        factors=factors_empty(count),
        neighbours={Family.EASE: neighbours_empty(count)},
        popularity=values(*popularity),
        momentum=np.ones(count, dtype=np.float32),
        half_life_days=180.0,
        repeat_half_life_days=180.0,
        scales={},
    )


def test_a_purchase_today_is_log_2_and_half_of_it_after_a_half_life() -> None:
    found = cell_values(values(3, 3, 30), values(0, 10, 0), 10.0)
    np.testing.assert_allclose(found, [np.log(2), np.log(2) / 2, np.log(11)], rtol=1e-6)
    assert cell_values(values(1), values(1e9), 1.0)[0] > 0


@given(
    weight=st.floats(0.5, 1e4), more=st.floats(0.5, 1e4), age=st.floats(0, 500), later=st.floats(0, 500)
)  # fmt: skip
def test_more_and_newer_is_never_less(
    weight: float, more: float, age: float, later: float
) -> None:
    base, heavier, older = cell_values(
        values(weight, weight + more, weight), values(age, age, age + later), 90.0
    )
    assert heavier >= base >= older > 0


def test_what_makes_no_model_is_named() -> None:
    training = training_of()
    assert unfit_reason(training, Least(40, 20, 200)) is None
    assert unfit_reason(training, Least(41, 20, 200)) is Unfit.FEW_USERS
    assert unfit_reason(training, Least(40, 21, 200)) is Unfit.FEW_PRODUCTS
    assert unfit_reason(training, Least(40, 20, 201)) is Unfit.FEW_INTERACTIONS
    none = replace(training, codes=training.codes[:0])
    assert unfit_reason(none, Least()) is Unfit.EMPTY


def test_momentum_falls_where_nobody_came_lately() -> None:
    training = training_of()
    at = np.full(len(training), NOW - DAY_S)
    at[training.codes == 4] = NOW - 100 * DAY_S
    found = momentum(replace(training, at=at), 21.0)
    assert found.argmin() == 4
    assert found.mean() == pytest.approx(1.0, rel=1e-5)
    popular = recent_popularity(replace(training, at=at), 30.0)
    assert popular.max() == 1.0
    assert popular.argmin() == 4


def test_ages_are_never_negative() -> None:
    training = training_of()
    assert (ages_of(replace(training, at=training.at + 1e9)) == 0).all()


def test_the_best_are_ordered_stably() -> None:
    scores = values(0.5, 0.9, 0.5, 0.9, 0.1)
    assert best_codes(scores, 3).tolist() == [1, 3, 0]
    assert best_codes(scores, 9).tolist() == [1, 3, 0, 2, 4]
    assert best_codes(scores, 0).tolist() == []


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=40), st.integers(1, 45))
def test_the_best_are_the_head_of_a_full_sort(numbers: list[float], k: int) -> None:
    scores = values(*numbers)
    assert best_codes(scores, k).tolist() == np.argsort(-scores, kind="stable")[:k].tolist()


def test_periods_lie_in_the_second_half_and_touch() -> None:
    assert horizon_s(0.0, 100 * DAY_S) == 10 * DAY_S
    assert horizon_s(0.0, 5_000 * DAY_S) == 60 * DAY_S
    assert horizon_s(0.0, 60.0) == 3_600.0
    cuts = validation_cuts(0.0, 100 * DAY_S, 9)
    assert [(round(a / DAY_S), round(b / DAY_S)) for a, b in cuts[:2]] == [(90, 100), (80, 90)]
    assert len(cuts) == 5
    assert validation_cuts(0.0, 60.0, 2) == ()


def test_every_recipe_can_order_for_somebody_unknown() -> None:
    tried = recipes()
    assert len(tried) == len({(*each.weights.items(), each.momentum) for each in tried})
    assert all(each.weights[Family.POPULARITY] > 0 for each in tried)


def test_recipes_are_measured_on_all_and_on_new() -> None:
    parts = parts_of([0.9, 0.8, 0.1, 0.0])
    shoppers = [Judged(cells(0), frozenset({0, 1})), Judged(cells(2), frozenset({2}))]
    popular, own = Recipe({Family.POPULARITY: 1.0}), Recipe({Family.REPEAT: 1.0})
    found = recipes_measured(parts, (popular, own), shoppers)
    assert found.shoppers == 2
    # The first took 0 and 1, which are most popular; the second's 2 stands third: 1 / log2(4).
    assert found.everything[0] == pytest.approx((1.0 + 0.5) / 2)
    assert found.everything[1] == pytest.approx(1.0)
    # New: only the first took something new, and popularity has it first.
    assert found.new[0] == pytest.approx(1.0)
    assert found.worth()[0] == pytest.approx(np.sqrt(0.75))


def test_nobody_new_measures_nothing_for_new() -> None:
    found = recipes_measured(
        parts_of([1.0, 0.5]), recipes()[:1], [Judged(cells(0), frozenset({0}))]
    )
    assert found.new.tolist() == [0.0]


def test_judged_shoppers_are_known_and_no_more_are_read_than_wanted() -> None:
    training = training_of()
    taken = [("u:zzz", {"a1"}), ("u:001", {"gone"})]
    taken += [(f"u:{user:03}", {"a1", "gone"}) for user in range(2, 40)]
    read = iter(taken)
    found = judged_shoppers(training, read, 10)
    assert len(found) == 10
    assert all(each.taken == {1} for each in found)
    assert len(found[0].cells) == 5
    assert next(read) == ("u:012", {"a1", "gone"})


def test_figures_of_one_hit_in_second_place() -> None:
    found = figures_of(
        {"u": ["x", "y"], "v": ["x"]}, {"u": frozenset({"y", "z"}), "v": frozenset("x")}
    )
    assert isinstance(found, Figures)
    discount = 1 / np.log2(3)
    assert found.ndcgs == pytest.approx((discount / (1 + discount), 1.0))
    assert (found.hit_rate, found.recall, found.mrr, found.users) == (1.0, 0.75, 0.75, 2)
    assert isinstance(found.interval, Interval)
    worse = figures_of({}, {"u": frozenset("y"), "v": frozenset("x")})
    assert isinstance(worse, Figures)
    assert worse.ndcg == 0.0
    difference = difference_of(found, worse)
    assert not isinstance(difference, NotComputable)
    assert difference.difference == pytest.approx(found.ndcg)
    assert isinstance(figures_of({}, {}), NotComputable)


def test_lists_are_told_apart() -> None:
    same, other = {"u": ["x", "y"], "v": ["x", "y"]}, {"u": ["x", "y"], "v": ["z", "w"]}
    assert (overlap(same), overlap(other), overlap({"u": ["x"]})) == (1.0, 0.0, 0.0)
    assert (coverage(same, 4), coverage(other, 4), coverage(same, 0)) == (0.5, 1.0, 0.0)
    assert novelty({"u": ["x"]}, {"x": 3}, 7) == pytest.approx(1.0)
    assert novelty({}, {}, 7) == 0.0
    vectors = {"x": values(1, 0), "y": values(0, 1), "z": values(1, 0)}
    assert diversity({"u": ["x", "y"], "v": ["x", "z"]}, vectors) == pytest.approx(0.5)
    assert diversity({"u": ["x"]}, vectors) is None
