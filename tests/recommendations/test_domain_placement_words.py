"""Placements in words, and two shelves beside each other."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.contracts import ProductDocument
from apps.recommendations.contracts import Constraints, PlacementName, StrategyName, StrategyUse
from apps.recommendations.contracts_answers import (
    Fallback,
    Reason,
    ReasonCode,
    RecommendedItem,
)
from apps.recommendations.domain.placement_words import (
    STRATEGY_ABOUT,
    STRATEGY_TITLES,
    constraints_words,
    content_place_title,
    placement_lines,
    strategies_words,
    variety_words,
    weights_words,
)
from apps.recommendations.domain.placements import DEFAULT_PLACEMENTS
from apps.recommendations.domain.shelf_comparison import (
    FALLBACK_WORDS,
    Shelf,
    shelves_compare,
)

HOME = DEFAULT_PLACEMENTS[PlacementName.HOME]
orders = st.lists(st.integers(0, 20), unique=True, max_size=12)


def item(position: int, product: int) -> RecommendedItem:
    document = ProductDocument(
        product_id=f"p{product}", title=f"Product {product}", description="", brand="",
        category_path="", price=Decimal(1), sale_price=None, currency="EUR",
        availability="in_stock", image_link="", link="", attributes={}, item_group_id="",
        released_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    return RecommendedItem(position, 1.0, document, Reason(ReasonCode.POPULAR, "Popular"))


def shelf(products: list[int], *fallback: Fallback) -> Shelf:
    items = tuple(item(place, product) for place, product in enumerate(products, start=1))
    return Shelf(HOME, items, fallback)


def test_every_strategy_and_fallback_has_words() -> None:
    assert set(STRATEGY_TITLES) == set(STRATEGY_ABOUT) == set(StrategyName)
    assert set(FALLBACK_WORDS) == set(Fallback)


def test_a_placement_in_lines() -> None:
    lines = dict(placement_lines(HOME))
    assert lines["Strategies"] == "1. For you, 2. This visit, 3. Trending, 4. Popular"
    assert lines["Weights"] == "those in force"
    assert lines["Variety"] == "λ 0.9: 10% of the order goes to variety"
    assert variety_words(1.0) == "λ 1: relevance alone"
    halved = replace(HOME, strategies=(StrategyUse(StrategyName.POPULAR, 0.5),))
    assert strategies_words(halved) == "1. Popular × 0.5"  # noqa: RUF001 - a sign for "times"
    assert weights_words({"cf_score": 1.0}) == "its own: Collaborative 1.00"


def test_constraints_in_words() -> None:
    assert constraints_words(Constraints(in_stock=False, not_in_session=False)) == (
        "anything that is active"
    )
    told = constraints_words(Constraints(True, 30, True, 2, 3, 0.5, 2.0))
    for words in (
        "bought now", "last 30 days", "this visit", "2 of a brand", "3 of a category",
        "from 0.5 times", "up to 2 times",
    ):  # fmt: skip
        assert words in told


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("title", "Title"),
        ("constraints.in_stock", "Only what can be bought now"),
        ("weights.cf_score", "Weight of Collaborative"),
        ("strategies.2.name", "Strategy 2"),
        ("strategies.2.weight", "Strategy 2, its weight"),
        ("strategies.3", "Strategy 3"),
        ("else.where", "else.where"),
    ],
)
def test_places_of_a_difference(path: str, title: str) -> None:
    assert content_place_title(path) == title


def test_who_moved_where() -> None:
    compared = shelves_compare(shelf([1, 2, 3]), shelf([3, 4, 1], Fallback.POPULAR), ["redis"])
    assert [(each.before, each.moved, each.lost) for each in compared.moved] == [
        (3, 2, 0),
        (None, None, 0),
        (1, -2, 2),
    ]
    assert [each.document.product_id for each in compared.gone] == ["p2"]
    assert compared.words == "1 new, 2 moved, 1 gone."
    assert compared.notes == (
        FALLBACK_WORDS[Fallback.POPULAR],
        "Missing at the moment, for both sides: redis.",
    )
    same = shelves_compare(shelf([1, 2]), shelf([1, 2]))
    assert (same.words, same.notes) == ("The shelf stays as it is.", ())


@given(orders, orders)
def test_nobody_is_lost_between_two_shelves(before: list[int], after: list[int]) -> None:
    compared = shelves_compare(shelf(before), shelf(after))
    new = [each for each in compared.moved if each.before is None]
    assert len(before) - len(compared.gone) == len(after) - len(new)
    for each in compared.moved:
        if each.before is not None:
            assert before[each.before - 1] == after[each.item.position - 1]
            assert each.moved == each.before - each.item.position
