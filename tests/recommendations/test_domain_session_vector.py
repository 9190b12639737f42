import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from apps.events.contracts import EventType
from apps.events.contracts_sessions import SessionEntry
from apps.events.domain.session_looks import FADING, MOST_LOOKED, Looked, looked_at
from apps.recommendations.contracts import Float32
from apps.recommendations.domain.session_vector import (
    UNLIKE,
    boosts_of,
    factor_likeness,
    likeness_of,
    mean_direction,
    similarity_of,
)

_shares = arrays(np.float32, 5, elements=st.floats(0, 1, width=32))


def entry(product_id: str | None, kind: EventType = EventType.VIEW) -> SessionEntry:
    return SessionEntry(type=kind, at=0.0, product_id=product_id)


def test_the_newest_product_counts_most_and_each_once() -> None:
    entries = [entry("b"), entry(None, EventType.SEARCH), entry("a"), entry("b")]

    assert looked_at(entries) == (Looked("b", 1.0, False), Looked("a", FADING, False))
    assert looked_at([]) == ()


def test_the_strongest_thing_done_with_a_product_counts() -> None:
    entries = [
        entry("cart", EventType.CLICK),
        entry("cart", EventType.ADD_TO_CART),
        entry("bought", EventType.PURCHASE),
        entry("bought", EventType.VIEW),
    ]

    assert looked_at(entries) == (Looked("cart", 2.0, False), Looked("bought", 3 * FADING, True))


def test_what_was_taken_out_of_the_cart_was_looked_at() -> None:
    taken = [entry("a", EventType.REMOVE_FROM_CART), entry("a", EventType.ADD_TO_CART)]

    assert looked_at(taken) == (Looked("a", 1.0, False),)
    assert looked_at([entry("a", EventType.ADD_TO_CART), *taken]) == (Looked("a", 2.0, False),)


def test_only_the_newest_products_count() -> None:
    entries = [entry(str(at)) for at in range(MOST_LOOKED + 5)] + [
        entry("0", EventType.ADD_TO_CART)
    ]

    looked = looked_at(entries)

    assert [one.product_id for one in looked] == [str(at) for at in range(MOST_LOOKED)]
    # What was done with one of them before still counts.
    assert looked[0].weight == 2.0


@given(
    arrays(np.float32, (4, 3), elements=st.floats(-1, 1, width=32)),
    arrays(np.float32, 4, elements=st.floats(0.125, 1, width=32)),
)
def test_a_mean_has_a_direction_or_none(vectors: Float32, weights: Float32) -> None:
    found = mean_direction(vectors, weights)

    if found is None:
        assert np.linalg.norm(weights @ vectors) < 1e-5
    else:
        assert np.linalg.norm(found) == pytest.approx(1.0, abs=1e-5)
        assert float(found @ (weights @ vectors)) > 0


def test_opposite_products_point_nowhere() -> None:
    vectors = np.array([[1, 0], [-1, 0]], dtype=np.float32)

    assert mean_direction(vectors, np.array([0.5, 0.5], dtype=np.float32)) is None


def test_texts_that_are_unlike_are_no_likeness() -> None:
    cosines = np.array([-1.0, 0.0, UNLIKE, 0.65, 1.0], dtype=np.float32)

    assert similarity_of(cosines).tolist() == pytest.approx([0, 0, 0, 0.5, 1.0], abs=1e-6)


def test_factors_that_point_the_same_way_are_alike_whatever_their_length() -> None:
    factors = np.array([[4, 0], [0.5, 0], [0, 3], [-1, 0], [0, 0]], dtype=np.float32)
    towards = np.array([1, 0], dtype=np.float32)

    found = factor_likeness(factors, towards, np.array([1, 0, 1, 1, 1], dtype=np.bool_))

    assert found[[0, 2, 3, 4]].tolist() == [1, 0, 0, 0]
    assert np.isnan(found[1])


def test_likeness_is_the_mean_of_what_is_known() -> None:
    texts = np.array([0.2, 0.6], dtype=np.float32)
    factors = np.array([0.8, np.nan], dtype=np.float32)

    both, alone = likeness_of(texts, factors), likeness_of(None, factors)

    assert both is not None
    assert alone is not None
    assert both.tolist() == pytest.approx([0.5, 0.6])
    assert alone.tolist() == pytest.approx([0.8, 0.0])
    assert likeness_of(texts, None) is texts
    assert likeness_of(None, None) is None


@given(_shares, _shares, _shares)
def test_boosts_stay_between_0_and_1_and_grow_with_each_part(
    similarity: Float32, category: Float32, brand: Float32
) -> None:
    boosts = boosts_of(similarity, category, brand)

    assert boosts.dtype == np.float32
    assert np.all((boosts >= 0) & (boosts <= 1))
    assert np.all(boosts_of(None, category, brand) <= boosts + 1e-6)
    assert np.allclose(boosts, 0.6 * similarity + 0.25 * category + 0.15 * brand, atol=1e-6)
