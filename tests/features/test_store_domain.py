"""Rates, bands, stock and packing: worked examples, and what holds for all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from apps.features.domain.bands import price_bands
from apps.features.domain.packing import Layout, values_pack, values_unpack
from apps.features.domain.rates import STRENGTH, Priors, priors_estimate, rates_smoothed
from apps.features.domain.stock import stock_pressures
from tests.features.catalogue import TREE

F64 = np.float64
counts = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(-1, 2)), min_size=1, max_size=30
)


def _codes(*codes: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(codes, dtype=np.int32)


def test_a_rate_is_drawn_towards_its_category() -> None:
    priors = Priors(0.1, 20.0, np.array([0.2]))
    rates = rates_smoothed(
        np.array([5.0, 0.0, 0.0]), np.array([30.0, 0.0, 20.0]), _codes(0, 0, -1), priors
    )
    # (5 + 20·0.2) / 50; the category's own; (0 + 20·0.1) / 40
    assert rates == pytest.approx([0.18, 0.2, 0.05])


def test_categories_are_drawn_towards_the_shop() -> None:
    priors = priors_estimate(np.array([4.0, 0.0]), np.array([20.0, 20.0]), _codes(0, 1), groups=3)
    assert priors is not None
    # One product a category: no spread inside any, so the strength is the standing one.
    assert (priors.overall, priors.strength) == (0.1, STRENGTH)
    # (4 + 20·0.1) / 40, (0 + 20·0.1) / 40, nothing seen
    assert priors.groups == pytest.approx([0.15, 0.05, 0.1])


def test_without_trials_there_is_no_rate() -> None:
    assert priors_estimate(np.zeros(3), np.zeros(3), _codes(0, 0, 1), 2) is None


def test_the_strength_is_found_again() -> None:
    rng = np.random.default_rng(5)
    true, n = rng.beta(2.0, 18.0, 4000), rng.integers(20, 80, 4000).astype(F64)
    won = rng.binomial(n.astype(np.int64), true).astype(F64)
    priors = priors_estimate(won, n, np.zeros(4000, dtype=np.int32), 1)
    assert priors is not None
    assert priors.strength == pytest.approx(20.0, rel=0.15)  # 2 + 18
    smoothed = rates_smoothed(won, n, np.zeros(4000, dtype=np.int32), priors)
    assert np.mean((smoothed - true) ** 2) < 0.9 * np.mean((won / n - true) ** 2)


def test_products_alike_trust_their_category_and_unlike_ones_themselves() -> None:
    alike = priors_estimate(np.full(50, 10.0), np.full(50, 100.0), np.zeros(50, np.int32), 1)
    unlike = priors_estimate(
        np.tile([0.0, 100.0], 25), np.full(50, 100.0), np.zeros(50, np.int32), 1
    )
    assert alike is not None
    assert unlike is not None
    assert alike.strength > 1000
    assert 1.0 <= unlike.strength < 2.0


@given(counts)
def test_smoothed_rates_lie_between_their_own_and_the_prior(
    rows: list[tuple[int, int, int]],
) -> None:
    trials = np.array([max(a, b) for a, b, _ in rows], dtype=F64)
    won = np.array([min(a, b) for a, b, _ in rows], dtype=F64)
    codes = _codes(*(code for *_, code in rows))
    priors = priors_estimate(won, trials, codes, 3)
    assert (priors is None) == (trials.sum() == 0)
    if priors is None:
        return
    assert 1.0 <= priors.strength < 1e4
    rates, prior = rates_smoothed(won, trials, codes, priors), priors.of(codes)
    own = np.divide(won, trials, out=prior.copy(), where=trials > 0)
    low, high = np.minimum(own, prior), np.maximum(own, prior)
    assert ((rates >= low - 1e-6) & (rates <= high + 1e-6)).all()
    assert ((rates >= 0) & (rates <= 1)).all()


@given(st.integers(0, 40), st.integers(0, 40))
def test_more_successes_are_never_a_lower_rate(won: int, lost: int) -> None:
    priors = Priors(0.3, 10.0, np.array([0.3]))
    pair = np.array([won, won + 1.0])
    rates = rates_smoothed(pair, pair + lost, _codes(0, 0), priors)
    assert rates[1] >= rates[0]


def test_prices_fall_into_fifths_of_their_category() -> None:
    prices = np.arange(1.0, 11.0)
    bands = price_bands(prices, np.ones(10, np.bool_), _codes(*[0] * 10), TREE)
    assert bands.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_small_categories_take_their_parents_and_inactive_products_shape_none() -> None:
    # Electronics has ten prices with its child; Books has one, and takes the shop's.
    prices = np.array([*range(1, 11), 5.5, 1000.0])
    audio, electronics, books = (
        node.code
        for node in map(TREE.by_path, ("electronics/audio", "electronics", "books"))
        if node
    )
    codes = _codes(*[audio] * 5, *[electronics] * 5, books, audio)
    active = np.array([True] * 11 + [False])
    bands = price_bands(prices, active, codes, TREE)
    assert bands.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 3, 5]


def test_too_few_prices_have_no_bands() -> None:
    bands = price_bands(np.arange(9.0), np.ones(9, np.bool_), _codes(*[-1] * 9), TREE)
    assert np.isnan(bands).all()
    assert len(price_bands(np.zeros(0), np.zeros(0, np.bool_), _codes(), TREE)) == 0


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(-1, 2)), min_size=10, max_size=60))
def test_dearer_is_never_a_lower_band_inside_a_category(rows: list[tuple[float, int]]) -> None:
    prices, codes = np.array([r[0] for r in rows]), _codes(*(r[1] for r in rows))
    bands = price_bands(prices, np.ones(len(rows), np.bool_), codes, TREE)
    assert set(bands.tolist()) <= {1.0, 2.0, 3.0, 4.0, 5.0}
    for code in set(codes.tolist()):
        mine = np.argsort(prices[codes == code], kind="stable")
        assert (np.diff(bands[codes == code][mine]) >= 0).all()


def test_stock_pressure_by_hand() -> None:
    in_stock, out, backorder = 0, 1, 3
    pressures = stock_pressures(
        np.array([in_stock, in_stock, in_stock, out, in_stock, backorder, in_stock], np.uint8),
        np.array([10.0, np.nan, np.nan, 50.0, 0.0, 9.0, 8.0]),
        np.array([10.0, 7.0, 1.0, 0.0, 0.0, 4.0, 0.0]),
        np.array([0.0, 28.0, 0.0, 0.0, 0.0, 12.0, 90.0]),
    )
    # 10/20; 7/35; 1/2; sold out; none left; 4/16; nobody wants it
    assert pressures == pytest.approx([0.5, 0.2, 0.5, 1.0, 1.0, 0.25, 0.0])


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0.1, 1e4), st.floats(0, 1e4))
def test_more_demand_is_more_pressure_and_more_stock_less(
    recent: float, more: float, stock: float, usual: float
) -> None:
    kinds = np.zeros(3, dtype=np.uint8)
    base, wanted, filled = stock_pressures(
        kinds, np.array([stock, stock, stock + more]),
        np.array([recent, recent + more, recent]), np.full(3, usual),
    )  # fmt: skip
    assert 0 <= filled <= base <= wanted <= 1


LAYOUT = Layout.of(["a@1.0.0", "b@1.0.0"])


@given(arrays(np.float32, st.tuples(st.integers(0, 5), st.just(2))))
def test_what_is_packed_is_unpacked(
    values: np.ndarray[tuple[int, int], np.dtype[np.float32]],
) -> None:
    packed = values_pack(LAYOUT, values)
    assert all(len(each) == LAYOUT.width == 16 for each in packed)
    read, found = values_unpack(LAYOUT, packed)
    assert found.all()
    np.testing.assert_array_equal(read, values)


def test_other_layouts_and_nothing_count_as_none() -> None:
    mine = values_pack(LAYOUT, np.array([[1.0, np.nan]], dtype=np.float32))[0]
    other = values_pack(Layout.of(["a@1.0.0", "b@2.0.0"]), np.ones((1, 2), np.float32))[0]
    read, found = values_unpack(LAYOUT, [mine, other, None, b"", b"x" * 40])
    assert found.tolist() == [True, False, False, False, False]
    assert read[0, 0] == 1.0
    assert np.isnan(read[1:]).all()
    assert np.isnan(read[0, 1])
