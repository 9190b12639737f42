import math
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from apps.recommendations.contracts_models import Family
from apps.recommendations.domain.searching import MOST_POINTS, Knob, knobs_of, points

START = {
    "als.factors": 64, "als.regularization": 5.0, "als.alpha": 1.0,
    "ease.regularization": 80.0, "half_life_days": 180.0,
}  # fmt: skip
BOTH = (Family.EASE, Family.ALS, Family.POPULARITY)


def best_of(
    knobs: tuple[Knob, ...], worth: Callable[[dict[str, float]], float]
) -> tuple[dict[str, float], list[tuple[float, ...]]]:
    """Where a search ends, and every point that it tried."""
    now, tried = {knob.name: float(START[knob.name]) for knob in knobs}, []
    search = points(knobs, START)
    point = next(search, None)
    while point is not None:
        moved = {**now, point.knob.name: point.value}
        tried.append(tuple(moved.values()))
        better = worth(moved) > worth(now)
        now = moved if better else now
        try:
            point = search.send(better)
        except StopIteration:
            break
    return now, tried


def test_what_matters_follows_from_the_recipe() -> None:
    assert [knob.name for knob in knobs_of(BOTH)] == [
        "ease.regularization", "half_life_days", "als.alpha", "als.factors", "als.regularization",
    ]  # fmt: skip
    assert [knob.name for knob in knobs_of((Family.ITEM_ITEM,))] == ["half_life_days"]
    assert knobs_of((Family.POPULARITY, Family.REPEAT)) == ()
    changed = {knob.name: knob.families for knob in knobs_of(BOTH)}
    assert changed["half_life_days"] == {Family.EASE, Family.ALS}
    assert changed["als.alpha"] == {Family.ALS}


@given(st.floats(5.0, 3_000.0), st.floats(0.2, 20.0), st.floats(20.0, 1_000.0))
def test_it_comes_near_the_best_of_a_smooth_valley(
    regularization: float, alpha: float, days: float
) -> None:
    goal = {"ease.regularization": regularization, "als.alpha": alpha, "half_life_days": days}

    def worth(point: dict[str, float]) -> float:
        return -sum(math.log(point[name] / goal[name]) ** 2 for name in goal)

    found, tried = best_of(knobs_of(BOTH), worth)
    assert len(tried) <= MOST_POINTS
    for name, wanted in goal.items():
        away = abs(math.log(found[name] / wanted))
        assert away <= max(0.6, abs(math.log(START[name] / wanted)) - 1.0)


def test_where_nothing_is_better_each_is_tried_both_ways_and_none_twice() -> None:
    found, tried = best_of(knobs_of(BOTH), lambda _point: 0.0)
    assert found == START
    assert len(tried) == len(set(tried)) == 4 * len(START)


def test_values_stay_within_their_bounds() -> None:
    _, tried = best_of(knobs_of((Family.ALS,)), lambda point: point["als.factors"])
    factors = [point[2] for point in tried]
    assert max(factors) == 192
    assert all(value == int(value) for value in factors)


def test_nothing_to_look_for_ends_at_once() -> None:
    assert list(points((), START)) == []
