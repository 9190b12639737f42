from dataclasses import replace

import numpy as np
import pytest

from apps.catalog.contracts import FilterSet, UnknownFilter
from apps.events.contracts import EventType
from apps.events.contracts_sessions import SessionEntry, SessionState
from apps.merchandising.contracts_rules import RuleSwitches
from apps.merchandising.domain.rules.book import CompiledRuleBook
from apps.merchandising.domain.rules.content import rule_parse
from apps.ranking.domain.records import hit_record
from apps.recommendations.contracts import (
    Constraints,
    History,
    Mix,
    Shopper,
    StrategyUse,
)
from apps.recommendations.contracts_answers import Fallback, ShelfAsk
from apps.recommendations.domain.pooling import pool_begin, strategies_pooled
from apps.recommendations.domain.recommending import Recommended, recommend
from apps.recommendations.domain.shelf_acting import rules_acted
from apps.recommendations.domain.shelf_ranking import STRATEGY_ORDER
from tests.features.catalogue import AS_OF, DAY
from tests.recommendations.shelves.stage import (
    Finds,
    S,
    placement_of,
    snapshot_made,
    world_of,
)
from tests.search.rules.doing import boost, bury, hide, keep, pin
from tests.search.types import Json

NOBODY = Shopper()


def ids(found: Recommended) -> list[str]:
    names = found.world.snapshot.columns.product_ids
    return [names.get(row) for row in found.rows.tolist()]


def bookkeeping(*rules: tuple[str, list[Json], Json]) -> CompiledRuleBook:
    return CompiledRuleBook(
        [
            rule_parse(key, 1, {"title": key, "consequences": does, "conditions": conditions})
            for key, does, conditions in rules
        ],
        1,
    )


def history(*lines: tuple[str, float, bool]) -> History:
    """Product, days ago, whether it was bought."""
    at = np.array([AS_OF - days * DAY for _, days, _ in lines])
    return History(
        tuple(product for product, _, _ in lines),
        np.ones(len(lines), dtype=np.float32),
        at,
        np.array([bought for _, _, bought in lines], dtype=np.bool_),
    )


def visit(*entries: tuple[EventType, str]) -> SessionState:
    return SessionState(
        "s", tuple(SessionEntry(kind, AS_OF, product) for kind, product in entries)
    )


def test_what_an_earlier_strategy_found_stands_before_what_a_later_one_found() -> None:
    first, second = Finds(S.TRENDING, "p1", scores=[0.01]), Finds(S.SIMILAR, "p8", "p1")
    found = recommend(ShelfAsk(k=2), world_of(first, second))
    assert ids(found) == ["p1", "p8"]
    assert found.fallback == ()
    record = hit_record(found.ranking, 1)
    assert record.contributions[STRATEGY_ORDER] > 1.0
    assert sum(record.contributions.values()) == pytest.approx(record.final_score, abs=1e-9)
    assert not second.asked[0].allowed[found.rows[0]]


def test_a_later_strategy_is_not_asked_once_there_are_enough() -> None:
    first, second = Finds(S.TRENDING, "p1", "p2"), Finds(S.SIMILAR, "p8")
    world = world_of(first, second)
    shopping = replace(recommend(ShelfAsk(k=2), world).shopping, wanted=2)
    second.asked.clear()
    pooling = pool_begin(world.snapshot.columns, 2)
    strategies_pooled(pooling, world.placement, shopping, world.strategies)
    assert len(pooling) == 2
    assert not second.asked


def test_a_strategy_that_this_release_lacks_finds_nothing() -> None:
    placement = placement_of(S.TRENDING, S.SIMILAR)
    found = recommend(ShelfAsk(k=1), world_of(Finds(S.SIMILAR, "p3"), placement=placement))
    assert ids(found) == ["p3"]


def test_blended_strategies_let_the_best_score_count() -> None:
    first, second = Finds(S.TRENDING, "p1", "p3", scores=[0.4, 0.3]), Finds(S.SIMILAR, "p3", "p5")
    placement = placement_of(mix=Mix.BLEND)
    placement = replace(
        placement,
        strategies=(StrategyUse(S.TRENDING), StrategyUse(S.SIMILAR, 0.5), StrategyUse(S.POPULAR)),
        weights={"search_score": 1.0},
    )
    found = recommend(ShelfAsk(k=3), world_of(first, second, placement=placement))
    assert ids(found) == ["p3", "p5", "p1"]
    assert found.pool.sources == (S.SIMILAR, S.SIMILAR, S.TRENDING)
    assert STRATEGY_ORDER not in found.ranking.feature_names
    weights = found.ranking.weights
    assert (weights.source, weights.subject) == ("override", "placement:home")


def test_the_shelf_is_filled_from_its_category_then_from_anywhere() -> None:
    found = recommend(
        ShelfAsk(k=6, category="books", filters=FilterSet()), world_of(Finds(S.SIMILAR, "p2"))
    )
    assert ids(found) == ["p2", "p8", "p6", "p4"]
    assert found.fallback == (Fallback.CATEGORY_POPULAR,)
    beside = recommend(ShelfAsk(k=6, product_ids=("p2",)), world_of(Finds(S.SIMILAR)))
    assert ids(beside) == ["p8", "p6", "p4", "p7", "p5", "p3"]
    assert beside.fallback == (Fallback.CATEGORY_POPULAR, Fallback.POPULAR)
    assert beside.about == "books"


def test_constraints_then_filters_are_let_go_of_before_a_shelf_is_empty() -> None:
    snapshot = snapshot_made(p1={"availability": "out_of_stock"})
    placement = placement_of(constraints=Constraints(in_stock=True))
    cheap = FilterSet(price_max=10.0)
    found = recommend(
        ShelfAsk(k=3, filters=cheap), world_of(snapshot=snapshot, placement=placement)
    )
    assert ids(found) == ["p1"]
    assert found.fallback == (Fallback.WITHOUT_CONSTRAINTS,)
    free = FilterSet(price_max=1.0)
    found = recommend(ShelfAsk(k=2, filters=free), world_of(placement=placement))
    assert ids(found) == ["p8", "p7"]
    assert found.fallback == (Fallback.WITHOUT_FILTERS,)
    held = snapshot_made(p8={"availability": "out_of_stock"})
    found = recommend(ShelfAsk(k=8, filters=free), world_of(snapshot=held, placement=placement))
    assert "p8" not in ids(found)  # the filter alone is in the way: what is sold out stays away
    assert found.fallback == (Fallback.WITHOUT_FILTERS,)
    sold_out = snapshot_made(**{f"p{pk}": {"availability": "out_of_stock"} for pk in range(1, 9)})
    found = recommend(
        ShelfAsk(k=2, filters=free), world_of(snapshot=sold_out, placement=placement)
    )
    assert ids(found) == ["p8", "p7"]
    assert found.fallback == (Fallback.WITHOUT_CONSTRAINTS, Fallback.WITHOUT_FILTERS)
    gone = snapshot_made(**{f"p{pk}": {"active": False} for pk in range(1, 9)})
    found = recommend(ShelfAsk(), world_of(snapshot=gone))
    assert ids(found) == []
    assert found.fallback == (Fallback.NOTHING,)


def test_what_was_bought_lately_or_is_in_the_cart_is_left_out() -> None:
    constraints = Constraints(in_stock=False, not_bought_days=30)
    shopper = Shopper(
        history=history(("p8", 3, True), ("p7", 90, True), ("p6", 1, False)),
        session=visit(
            (EventType.REMOVE_FROM_CART, "p4"),
            (EventType.ADD_TO_CART, "p5"),
            (EventType.ADD_TO_CART, "p4"),
            (EventType.VIEW, "p3"),
        ),
    )
    world = world_of(placement=placement_of(constraints=constraints))
    found = recommend(ShelfAsk(k=8, shopper=shopper), world)
    assert ids(found) == ["p7", "p6", "p4", "p3", "p2", "p1"]
    names = world.snapshot.columns.product_ids
    assert found.allowing.left_out(names.row_of("p8")) == ("bought",)
    assert found.allowing.left_out(names.row_of("p5")) == ("in_session",)


def test_the_price_band_follows_the_context() -> None:
    constraints = Constraints(in_stock=False, price_from=0.5, price_to=1.5)
    world = world_of(placement=placement_of(constraints=constraints))
    assert ids(recommend(ShelfAsk(product_ids=("p4",)), world)) == ["p6", "p2", "p5", "p3"]
    open_end = replace(constraints, price_to=0.0)
    world = world_of(placement=placement_of(constraints=open_end))
    assert len(ids(recommend(ShelfAsk(product_ids=("p4",)), world))) == 6


def test_variants_stand_once_and_never_beside_their_own() -> None:
    group = {"item_group_id": "g"}
    snapshot = snapshot_made(
        p8=group, p7=group, p1={"item_group_id": "h"}, p2={"item_group_id": "h"}
    )
    found = recommend(ShelfAsk(k=8, product_ids=("p1", "gone")), world_of(snapshot=snapshot))
    assert ids(found)[0] in {"p8", "p7"}
    assert len({"p8", "p7"} & set(ids(found))) == 1
    assert not {"p1", "p2"} & set(ids(found))


def test_a_pinned_variant_stands_for_all() -> None:
    snapshot = snapshot_made(p8={"item_group_id": "g"}, p7={"item_group_id": "g"})
    book = bookkeeping(("pins", [pin("p7", 2)], {}))
    found = recommend(ShelfAsk(k=8), world_of(snapshot=snapshot, book=book))
    assert ids(found)[1] == "p7"
    assert "p8" not in ids(found)


def test_weights_of_a_placement_that_nothing_can_be_scored_by() -> None:
    placement = placement_of(weights={"cf_score": 1.0})
    found = recommend(ShelfAsk(k=2), world_of(placement=placement))
    assert found.ranking.weights.source == "default"


def test_limits_of_brand_and_category() -> None:
    constraints = Constraints(in_stock=False, most_per_brand=1, most_per_category=1)
    world = world_of(placement=placement_of(constraints=constraints))
    found = recommend(ShelfAsk(k=2), world)
    columns = world.snapshot.columns
    assert len({*columns.brand[found.rows].tolist()}) == 2
    assert len({*columns.category[found.rows].tolist()}) == 2


@pytest.mark.parametrize("vectors", [False, True])
def test_variety_by_vectors_or_by_kind(vectors: bool) -> None:
    table = np.eye(8, dtype=np.float32)
    table[6] = table[7]
    strategy = Finds(S.SIMILAR, "p8", "p7", "p1", scores=[1.0, 0.99, 0.9])
    placement = placement_of(S.SIMILAR, diversity=0.5, weights={"search_score": 1.0})
    world = world_of(strategy, placement=placement)
    world = replace(world, vectors=lambda _snapshot, rows: table[rows] if vectors else None)
    found = recommend(ShelfAsk(k=3), world)
    assert ids(found) == ["p8", "p1", "p7"]
    moved = [step for steps in found.ranking.steps.values() for step in steps]
    assert {step.rule for step in moved} == {"variety"}


def test_rules_without_a_query_act() -> None:
    book = bookkeeping(
        ("hides", [hide("p8")], {}),
        ("asks", [hide("p7")], {"queries": [{"match": "exact", "text": "mouse"}]}),
        ("pins", [pin("p1", 2)], {"attributes": {"placement": ["home"]}}),
        ("elsewhere", [pin("p2", 1)], {"attributes": {"placement": ["email"]}}),
        ("boosts", [boost(100, "p3")], {}),
        ("idle", [bury(-50, "p9")], {}),
    )
    found = recommend(ShelfAsk(k=3), world_of(Finds(S.SIMILAR, "p7", "p6", "p3"), book=book))
    assert "p8" not in ids(found)
    assert ids(found)[1] == "p1"
    assert set(rules_acted(found)) == {"hides", "pins", "boosts"}
    off = world_of(Finds(S.SIMILAR, "p8"), book=book, switches=RuleSwitches(off=True))
    assert rules_acted(recommend(ShelfAsk(k=1), off)) == ()


def test_a_keep_leaves_nothing_else_and_a_context_is_not_pinned() -> None:
    book = bookkeeping(("keeps", [keep("p1", "p2"), pin("p1")], {}))
    found = recommend(
        ShelfAsk(k=8, product_ids=("p1",)), world_of(Finds(S.SIMILAR, "p8"), book=book)
    )
    assert ids(found) == ["p2"]
    assert rules_acted(found) == ("keeps",)


def test_a_rule_may_ask_for_the_category() -> None:
    book = bookkeeping(("audio", [hide("p7")], {"categories": ["electronics"]}))
    world = world_of(Finds(S.SIMILAR, "p7"), book=book)
    assert ids(recommend(ShelfAsk(k=1), world)) == ["p7"]
    assert "p7" not in ids(recommend(ShelfAsk(k=8, product_ids=("p1",)), world))
    assert "p7" not in ids(recommend(ShelfAsk(k=8, category="electronics"), world))


def test_an_unknown_attribute_is_refused() -> None:
    with pytest.raises(UnknownFilter):
        recommend(ShelfAsk(filters=FilterSet(attributes={"nothing": ("x",)})), world_of())


def test_categories_filtered_are_what_the_shelf_is_about() -> None:
    filters = FilterSet(categories=("electronics/audio", "electronics", "nowhere"))
    found = recommend(ShelfAsk(k=8, filters=filters), world_of())
    assert found.about == "electronics"
    assert ids(found) == ["p7", "p5", "p3", "p1"]
    assert found.spare_rows.tolist() == found.rows.tolist()


def test_a_shelf_of_products_without_a_category() -> None:
    snapshot = snapshot_made(p1={"category_id": None, "brand": ""}, p2={"category_id": None})
    placement = placement_of(diversity=0.5)
    found = recommend(
        ShelfAsk(k=8, product_ids=("p2",)), world_of(snapshot=snapshot, placement=placement)
    )
    assert found.about is None
    assert len(found.rows) == 7
