"""Exchanged neighbours tell what a place is worth."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from apps.features.domain.examined.lists import Lists, Source
from apps.features.domain.examined.propensities import (
    MOST_ERROR,
    STANDARD_EXPONENT,
    exponent_fit,
    exponent_of_lists,
    propensities_estimate,
    swap_rates,
)
from tests.ranking_weights.learning.scene import played


def power_law(places: int, exponent: float) -> NDArray[np.float64]:
    law: NDArray[np.float64] = np.arange(1, places + 1, dtype=np.float64) ** -exponent
    return law


def clicked(curve: NDArray[np.float64], *, lists: int, share: float = 0.5, seed: int = 3) -> Lists:
    """Lists of unlike hits, better ones further up, clicked as a curve says; some are shorter."""
    rng = np.random.Generator(np.random.PCG64(seed))
    places = len(curve)
    worth = np.sort(rng.uniform(0.1, 0.9, (lists, places)), axis=1)[:, ::-1].copy()
    lengths = np.where(rng.random(lists) < 0.3, max(places // 2, 2), places)
    swapped = np.zeros(lists, dtype=np.int64)
    for row in np.flatnonzero(rng.random(lists) < share):
        place = int(rng.integers(lengths[row] - 1))
        worth[row, [place, place + 1]] = worth[row, [place + 1, place]]
        swapped[row] = place + 1
    shown = np.arange(places) < lengths[:, None]
    gains = shown & (rng.random((lists, places)) < worth * curve)
    return Lists(
        names=("search_score", "freshness_score"),
        features=np.zeros((lists, places, 2)),
        shown=shown,
        gains=gains.astype(np.float64),
        units=np.arange(lists, dtype=np.int64),
        paths=("",) * lists,
        swapped=swapped,
        ruled=np.zeros(lists, dtype=np.bool_),
    )


@pytest.mark.parametrize("exponent", [0.4, 0.75, 1.2])
def test_a_planted_power_law_is_recovered(exponent: float) -> None:
    curve = power_law(8, exponent)
    found = propensities_estimate(clicked(curve, lists=40_000))
    assert found.source is Source.SWAPS
    assert found.swaps == pytest.approx(20_000, rel=0.05)
    assert found.error is not None
    assert found.error < 0.05
    assert found.exponent == pytest.approx(exponent, abs=4 * found.error)
    np.testing.assert_allclose(found.values, curve, rtol=0.12)


def test_a_planted_curve_of_another_shape_is_recovered() -> None:
    """A first row of three that everybody sees, then a cliff: no power law."""
    curve = np.array([1.0, 0.95, 0.9, 0.45, 0.42, 0.4])
    found = propensities_estimate(clicked(curve, lists=150_000))
    np.testing.assert_allclose(found.values, curve, rtol=0.08)


def test_the_simulators_curve_is_recovered_from_its_swaps() -> None:
    lists = played({"electronics": 40_000}, swap_share=0.5)
    found = propensities_estimate(lists)
    assert found.source is Source.SWAPS
    assert found.error is not None
    assert found.exponent == pytest.approx(0.75, abs=4 * found.error)


@pytest.mark.parametrize("exponent", [0.4, 0.75, 1.2])
def test_without_swaps_the_lists_tell_their_own_exponent(exponent: float) -> None:
    lists = played({"electronics": 2_500, "books": 2_500}, exponent=exponent)
    found = propensities_estimate(lists)
    assert (found.source, found.error, found.swaps) == (Source.LISTS, None, 0)
    # The standard one pulls a little.
    assert found.exponent == pytest.approx(exponent, abs=0.12)
    assert found.clipped().min() >= found.floor


def test_few_swaps_are_not_enough_and_say_how_far_off_they_are() -> None:
    found = propensities_estimate(played({"books": 1_000}, swap_share=0.05))
    assert found.source is Source.LISTS
    assert found.error is not None
    assert found.error > MOST_ERROR
    assert 0 < found.swaps < 100
    assert found.exponent == pytest.approx(0.75, abs=0.2)


def test_with_next_to_nothing_it_is_the_standard_curve() -> None:
    lists = played({"books": 60})
    found = propensities_estimate(lists)
    assert (found.source, found.exponent) == (Source.STANDARD, STANDARD_EXPONENT)
    np.testing.assert_allclose(found.values, 1.0 / np.arange(1, 21))
    assert found.clipped().min() == found.floor


def test_lists_that_are_clicked_alike_everywhere_have_no_exponent() -> None:
    flat = clicked(np.linspace(0.2, 1.0, 6), lists=3_000, share=0.0)
    assert exponent_of_lists(flat) is None


def test_values_are_propensities() -> None:
    found = propensities_estimate(clicked(np.array([0.8, 1.0, 0.2]), lists=60_000))
    assert found.values.max() == 1.0
    assert found.values.min() > 0.0
    assert found.values[1] == 1.0


def test_lists_that_a_rule_acted_on_say_nothing() -> None:
    lists = clicked(power_law(5, 1.0), lists=2_000)
    ruled = replace(lists, ruled=np.ones(len(lists), dtype=np.bool_))
    assert exponent_fit(swap_rates(ruled)) is None
    assert swap_rates(ruled).swaps.sum() == 0


def test_swaps_that_nobody_clicked_say_nothing() -> None:
    lists = clicked(power_law(5, 1.0), lists=50)
    nobody = replace(lists, gains=np.zeros_like(lists.gains))
    assert propensities_estimate(nobody).source is Source.STANDARD
