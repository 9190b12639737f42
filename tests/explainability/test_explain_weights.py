"""The change of one weight that lifts a product: exact, least, and impossible only where it is."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.explainability.domain.explain_weights import (
    Field,
    ahead_at,
    always_ahead,
    weight_changes,
    weights_with,
)
from tests.ranking.strategies import examples

NAMES = ("search_score", "popularity_score", "freshness_score")
_value = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 1, width=32))
_row = st.lists(_value, min_size=3, max_size=3)
_weights = st.lists(st.sampled_from([0.0, 0.1, 0.3, 1.0]), min_size=3, max_size=3).filter(
    lambda each: sum(each) > 0
)


@st.composite
def fields(draw: st.DrawFn) -> Field:
    size = draw(st.integers(0, 8))
    weights = np.array(draw(_weights))
    others = np.array(draw(st.lists(_row, min_size=size, max_size=size))).reshape(size, 3)
    ties = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    return Field(
        NAMES, weights / weights.sum(), np.array(draw(_row)), others, np.array(ties, dtype=bool)
    )


@examples
@given(fields(), st.integers(0, 4))
def test_every_change_does_what_it_says(field: Field, room: int) -> None:
    for change in weight_changes(field, room):
        weights = np.array([weight for _, weight in change.weights])
        assert np.isclose(weights.sum(), 1.0)
        assert (weights >= 0.0).all()
        assert weights[NAMES.index(change.feature)] == change.after
        assert ahead_at(field, weights) <= room
        assert change.rank == ahead_at(field, weights) + 1
        assert abs(change.after - change.threshold) <= 1.001e-6


@examples
@given(fields(), st.integers(0, 4))
def test_nothing_nearer_does_it(field: Field, room: int) -> None:
    """No weight between the present one and the threshold lifts it, nor any where none is told."""
    if ahead_at(field, field.weights) <= room:
        return
    told = {change.feature: change for change in weight_changes(field, room)}
    for at, name in enumerate(NAMES):
        before = float(field.weights[at])
        reach = abs(told[name].threshold - before) if name in told else 1.0
        for share in np.linspace(0.003, 0.997, 60):
            for way in (-1.0, 1.0):
                value = before + way * share * reach
                if 0.0 < value < 1.0:
                    margin = (field.own - field.others) @ weights_with(field.weights, at, value)
                    # At a crossing itself rounding decides: those are no counterexamples.
                    if (np.abs(margin[margin != 0.0]) > 1e-9).all():
                        assert ahead_at(field, weights_with(field.weights, at, value)) > room


def test_a_tie_is_broken_by_the_least_change() -> None:
    """Level with one that stands before it, and better in a feature that has no weight yet."""
    field = Field(
        names=NAMES,
        weights=np.array([0.0, 0.0, 1.0]),
        own=np.array([0.0, 0.25, 0.5]),
        others=np.array([[0.0, 0.0, 0.5], [0.0, 0.0, 0.5]]),
        ties_before=np.array([True, False]),
    )
    assert ahead_at(field, field.weights) == 1
    (change,) = (one for one in weight_changes(field, 0) if one.feature == "popularity_score")
    assert change.threshold == 0.0
    assert 0.0 < change.after <= 1e-6
    assert change.rank == 1


@examples
@given(fields(), _weights)
def test_who_is_always_ahead_is_ahead_under_any_weights(field: Field, drawn: list[float]) -> None:
    weights = np.array(drawn) / sum(drawn)
    assert ahead_at(field, weights) >= always_ahead(field)


def test_a_worked_example() -> None:
    field = Field(
        ("search_score", "freshness_score"),
        np.array([0.8, 0.2]),
        np.array([0.5, 1.0]),
        np.array([[0.9, 0.2]]),
        np.array([False]),
    )
    # 0.5 s + (1 - s) against 0.9 s + 0.2 (1 - s): equal at s = 2/3.
    up, down = weight_changes(field, 0)
    assert {up.feature, down.feature} == {"search_score", "freshness_score"}
    by_name = {change.feature: change for change in (up, down)}
    assert np.isclose(by_name["search_score"].threshold, 2 / 3)
    assert np.isclose(by_name["freshness_score"].threshold, 1 / 3)
    assert by_name["freshness_score"].after > 1 / 3
    assert by_name["search_score"].after < 2 / 3


def test_a_lone_feature_cannot_be_changed() -> None:
    lone = Field(
        ("search_score",), np.array([1.0]), np.array([0.1]), np.array([[0.9]]), np.array([False])
    )
    assert weight_changes(lone, 0) == ()
    assert weights_with(np.array([1.0]), 0, 0.5).tolist() == [0.5]


def test_weights_that_are_all_zero_share_equally() -> None:
    assert weights_with(np.array([1.0, 0.0, 0.0]), 0, 0.5).tolist() == [0.5, 0.25, 0.25]
