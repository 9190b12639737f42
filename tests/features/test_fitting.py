"""The listwise fit: its minimum, its bounds, and what a parent's word counts for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize

from apps.features.domain.examined.fitting import (
    Clicked,
    Prior,
    _loss,
    clicked_of,
    coefficients_fit,
    information_of,
)
from tests.ranking_weights.learning.scene import known_curve, played


def drawn(seed: int, *, lists: int = 60, places: int = 6, features: int = 3) -> Clicked:
    rng = np.random.Generator(np.random.PCG64(seed))
    absent = np.where(rng.random((lists, places)) < 0.2, -np.inf, 0.0)
    absent[:, 0] = 0.0
    wanted = np.where(absent < 0, 0.0, rng.random((lists, places)) < 0.3).astype(np.float64)
    wanted *= rng.uniform(1.0, 5.0, wanted.shape)
    effective = float(wanted.sum() ** 2 / (wanted**2).sum())
    wanted *= effective / wanted.sum()
    return Clicked(rng.random((lists, places, features)), absent, wanted, effective, 10)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_it_finds_the_minimum_that_scipy_finds(seed: int) -> None:
    clicked = drawn(seed)
    found = coefficients_fit(clicked)
    assert (found >= 0.0).all()

    def value(theta: NDArray[np.float64]) -> float:
        return _loss(clicked, None, theta)[0]

    def slope(theta: NDArray[np.float64]) -> NDArray[np.float64]:
        return _loss(clicked, None, theta)[1]

    theirs = minimize(
        value,
        np.ones(3),
        jac=slope,
        bounds=Bounds(np.zeros(3), np.full(3, np.inf)),
        method="L-BFGS-B",
    )
    assert _loss(clicked, None, found)[0] <= theirs.fun + 1e-6


def test_gradient_and_hessian_are_those_of_the_loss() -> None:
    clicked, theta, step = drawn(5), np.array([0.7, 1.3, 0.2]), 1e-5
    prior = Prior(np.array([1.0, 0.5, 0.1]), np.eye(3), 7.0)
    _, slope, curve = _loss(clicked, prior, theta)
    for place in range(3):
        away = np.eye(3)[place] * step
        above, below = _loss(clicked, prior, theta + away), _loss(clicked, prior, theta - away)
        assert slope[place] == pytest.approx((above[0] - below[0]) / (2 * step), rel=1e-5)
        np.testing.assert_allclose(curve[place], (above[1] - below[1]) / (2 * step), rtol=1e-4)


def test_a_parent_that_is_loud_enough_is_what_comes_out() -> None:
    clicked = drawn(9)
    alone = coefficients_fit(clicked)
    parent = np.array([2.0, 0.5, 1.5])
    information = information_of(clicked, alone)
    spread = [
        float(np.abs(coefficients_fit(clicked, Prior(parent, information, loud)) - parent).sum())
        for loud in (0.0, 10.0, 1e3, 1e7)
    ]
    assert spread == sorted(spread, reverse=True)
    assert spread[-1] < 1e-3
    np.testing.assert_allclose(
        coefficients_fit(clicked, Prior(parent, information, 0.0)), alone, atol=1e-4
    )


def test_clicks_count_by_inverse_propensity_and_for_as_much_as_they_are_worth() -> None:
    lists = played({"books": 400})
    plain = clicked_of(lists, np.ones(20))
    weighed = clicked_of(lists, known_curve().clipped())
    assert plain.clicks == weighed.clicks == int(lists.clicks.sum())
    assert weighed.wanted.sum() == pytest.approx(weighed.effective)
    assert weighed.effective < plain.effective
    row = int(np.flatnonzero((weighed.wanted > 0).sum(axis=1) > 1)[0])
    ratio = weighed.wanted[row] / np.where(plain.wanted[row] > 0, plain.wanted[row], 1.0)
    seen = ratio[ratio > 0] * known_curve().clipped()[np.flatnonzero(ratio)]
    np.testing.assert_allclose(seen, seen[0])


def test_lists_without_a_click_are_left_out_of_the_fit() -> None:
    lists = played({"books": 50})
    none = lists.part(lists.clicks.sum(axis=1) == 0.0)
    empty = clicked_of(none, np.ones(20))
    assert (len(empty.features), empty.effective, empty.clicks) == (0, 0.0, 0)
