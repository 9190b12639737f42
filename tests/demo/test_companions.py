from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from apps.common.domain.uuid7 import uuid7_time
from apps.demo.contracts import DemoCatalogue, HistoryConfig, ShopperConfig
from apps.demo.domain.catalogue.generate import catalogue_generate
from apps.demo.domain.companions import (
    Companions,
    answer_companions,
    companions_of,
    history_with_companions,
)
from apps.demo.domain.goes_with import GOES_WITH
from apps.demo.domain.history import history_play
from apps.demo.domain.history_events import HistoryEvent, history_events
from apps.recommendations.contracts_relations import Baskets, Line, PairRules, Relation
from apps.recommendations.domain.basket_pairs import relation_of
from apps.recommendations.domain.baskets import baskets_pack

AS_OF = datetime(2026, 11, 1, 12, tzinfo=UTC)
SHOPPER = ShopperConfig(seed=3)
HISTORY = HistoryConfig(days=30, sessions_per_day=400, shoppers=600)


@pytest.fixture(scope="module")
def catalogue() -> DemoCatalogue:
    return catalogue_generate(seed=3, count_wanted=400, as_of=AS_OF)


@pytest.fixture(scope="module")
def companions(catalogue: DemoCatalogue) -> Companions:
    return companions_of(catalogue, SHOPPER)


@pytest.fixture(scope="module")
def alone(catalogue: DemoCatalogue) -> list[HistoryEvent]:
    played = history_play(catalogue, as_of=AS_OF, shopper=SHOPPER, history=HISTORY)
    return list(history_events(catalogue, *played, seed=3, as_of=AS_OF))


@pytest.fixture(scope="module")
def together(alone: list[HistoryEvent], companions: Companions) -> list[HistoryEvent]:
    return list(history_with_companions(alone, companions, config=SHOPPER, until=AS_OF))


@pytest.fixture(scope="module")
def added(together: list[HistoryEvent]) -> list[HistoryEvent]:
    return [event for event in together if event.query_id is None]


def test_every_shelf_has_shelves_that_go_with_it(catalogue: DemoCatalogue) -> None:
    leaves = {one.category_path for one in catalogue.products}
    assert set(GOES_WITH) == leaves
    assert {path for paths in GOES_WITH.values() for path in paths} <= leaves


def test_companions_are_of_those_shelves_and_of_the_same_brand(
    catalogue: DemoCatalogue, companions: Companions
) -> None:
    stocked = {
        (one.category_path, one.brand)
        for one in catalogue.products
        if one.availability == "in_stock"
    }
    same_brand = 0
    for product in catalogue.products:
        paths = list(GOES_WITH[product.category_path])
        found = companions[product.product_id]
        assert [one.category_path for one in found] == [
            path for path in paths if path in {one.category_path for one in found}
        ]
        for one in found:
            assert one.availability == "in_stock"
            assert one.item_group_id != product.item_group_id
            if (one.category_path, product.brand) in stocked - {
                (product.category_path, product.brand)
            }:
                assert one.brand == product.brand
                same_brand += 1
    assert same_brand > 100
    assert companions == companions_of(catalogue, SHOPPER)


def test_of_another_branch_it_is_always_the_same_brand(
    catalogue: DemoCatalogue, companions: Companions
) -> None:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for product in catalogue.products:
        if product.category_path == "books/non-fiction/cookery":
            found[product.brand] |= {one.product_id for one in companions[product.product_id]}
    assert found
    assert all(len(ids) == 2 for ids in found.values())


def test_what_was_there_stays_as_it_was(
    alone: list[HistoryEvent], together: list[HistoryEvent], companions: Companions
) -> None:
    assert [event for event in together if event.query_id is not None] == alone
    again = history_with_companions(alone, companions, config=SHOPPER, until=AS_OF)
    assert list(again) == together
    nobody = replace(SHOPPER, companion_chance=0.0)
    assert list(history_with_companions(alone, companions, config=nobody, until=AS_OF)) == alone


def test_buyers_take_companions_along_as_often_as_asked(
    alone: list[HistoryEvent], added: list[HistoryEvent], companions: Companions
) -> None:
    kinds = Counter(event.type for event in added)
    bought = [event for event in alone if event.type == "purchase"]
    chances = [
        SHOPPER.companion_chance * view
        for event in bought
        for view, one in zip(
            SHOPPER.companion_views, companions[event.product_id or ""], strict=False
        )
        if one.released_at < event.occurred_at - timedelta(minutes=2)
    ]
    # Companions of one purchase come together: at most three times the variance of coins.
    band = 4 * np.sqrt(3 * np.sum(chances))
    assert abs(kinds["view"] - np.sum(chances)) < band
    assert abs(kinds["add_to_cart"] - SHOPPER.companion_cart * kinds["view"]) < band
    assert abs(kinds["purchase"] - SHOPPER.companion_purchase * kinds["add_to_cart"]) < band
    assert kinds["purchase"] > kinds["refund"] > 0
    assert set(kinds) == {"view", "add_to_cart", "purchase", "refund"}


def test_companions_come_from_the_product_s_page_in_the_same_visit(
    together: list[HistoryEvent], catalogue: DemoCatalogue
) -> None:
    prices = {one.product_id: one.sale_price or one.price for one in catalogue.products}
    released = {one.product_id: one.released_at for one in catalogue.products}
    main = None
    for event in together:
        if event.query_id is not None:
            main = event if event.type == "purchase" else main
            continue
        assert main is not None
        assert (event.client_id, event.session_id, event.user_id) == (
            main.client_id, main.session_id, main.user_id,
        )  # fmt: skip
        assert event.position is None
        assert event.occurred_at >= released[event.product_id or ""]
        assert event.occurred_at <= AS_OF
        if event.type == "view":
            assert (event.quantity, event.value, event.currency) == (None, None, None)
        else:
            price = prices[event.product_id or ""]
            assert (event.quantity, event.value, event.currency) == (1, price, "EUR")
        if event.type == "purchase":
            assert event.occurred_at == main.occurred_at
        elif event.type != "refund":
            assert timedelta() < main.occurred_at - event.occurred_at <= timedelta(seconds=60)


def test_ids_are_unique_and_say_their_time(together: list[HistoryEvent]) -> None:
    assert len({event.event_id for event in together}) == len(together)
    for event in together:
        if event.query_id is None:
            assert abs(uuid7_time(UUID(event.event_id)) - event.occurred_at) < timedelta(
                milliseconds=1
            )


def test_there_are_as_many_orders_and_they_have_pairs_in_them(
    alone: list[HistoryEvent], together: list[HistoryEvent]
) -> None:
    before, after = _baskets(alone), _baskets(together)
    assert len(before) == len(after)
    lines = np.diff(after.starts)
    assert 1.3 < lines.mean() < 2.2
    assert 0.4 < (lines == 1).mean() < 0.7
    assert len(_relation(after)) > 100 > 10 * len(_relation(before))


def test_a_browser_tells_the_same_of_an_answer(
    together: list[HistoryEvent], companions: Companions
) -> None:
    """The same purchase, the same companions: both are drawn from its id."""
    started = next(
        at
        for at, event in enumerate(together)
        if event.type == "purchase"
        and event.query_id is not None
        and together[at + 1].query_id is None
    )
    main = together[started]
    answer: list[dict[str, object]] = [
        {"type": kind, "event_id": main.event_id, "occurred_at": main.occurred_at.isoformat(),
         "user_id": "shopper-1", "client_id": "c", "session_id": "s", "query_id": main.query_id,
         "product_id": main.product_id}
        for kind in ("view", "purchase")
    ]  # fmt: skip
    told = answer_companions(answer, companions, config=SHOPPER, until=AS_OF)
    expected = []
    for event in together[started + 1 :]:
        if event.query_id is not None:
            break
        expected.append(event)
    assert [(one["type"], one["product_id"]) for one in told] == [
        (event.type, event.product_id) for event in expected
    ]
    for one, event in zip(told, expected, strict=True):
        assert (one["user_id"], one["client_id"], one["session_id"]) == ("shopper-1", "c", "s")
        assert "query_id" not in one
        assert one.get("value") == (None if event.value is None else float(event.value))
        if event.type != "refund":
            assert one["occurred_at"] == main.occurred_at.isoformat()


def _baskets(events: list[HistoryEvent]) -> Baskets:
    names = sorted({event.product_id for event in events if event.product_id})
    numbers = {name: number for number, name in enumerate(names)}
    lines = [
        Line(
            event.client_id, event.occurred_at.timestamp(), numbers[event.product_id or ""],
            event.quantity or 1, "", event.session_id, returned=False,
        )
        for event in events
        if event.type == "purchase"
    ]  # fmt: skip
    lines.sort(key=lambda line: (line.unit, line.at))
    return baskets_pack(lines, pause_s=1800.0, largest=100, most_lines=1_000_000)


def _relation(baskets: Baskets) -> Relation:
    rules = PairRules(least=3, false_share=0.01, half_life_days=90.0, most=50)
    return relation_of(baskets, products=len(baskets.pks), as_of=AS_OF.timestamp(), rules=rules)
