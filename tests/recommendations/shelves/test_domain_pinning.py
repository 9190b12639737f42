from dataclasses import replace

import pytest

from apps.recommendations.contracts import Constraints, Shopper
from apps.recommendations.contracts_answers import ShelfAsk
from apps.recommendations.domain.recommending import recommend
from apps.recommendations.domain.shelf_acting import rules_acted
from tests.recommendations.shelves.stage import placement_of, snapshot_made, world_of
from tests.recommendations.shelves.test_domain_recommending import bookkeeping, history, ids
from tests.search.rules.doing import pin


@pytest.mark.parametrize(
    ("ask", "constraints"),
    [
        (ShelfAsk(k=8, category="electronics"), Constraints()),
        (ShelfAsk(k=8, product_ids=("p1",)), Constraints(price_to=3.0)),
        (ShelfAsk(k=8, product_ids=("p6",)), Constraints()),
        (
            ShelfAsk(k=8, shopper=Shopper(history=history(("p4", 1.0, True)))),
            Constraints(not_bought_days=30),
        ),
    ],
    ids=["category", "price", "variant of the context", "bought"],
)
def test_what_a_shelf_may_not_show_is_not_pinned_onto_it(
    ask: ShelfAsk, constraints: Constraints
) -> None:
    snapshot = snapshot_made(p4={"item_group_id": "g"}, p6={"item_group_id": "g"})
    book = bookkeeping(("pins", [pin("p4", 1)], {}))
    world = world_of(snapshot=snapshot, book=book)
    assert ids(recommend(ShelfAsk(k=8), world))[0] == "p4"
    world = replace(world, placement=placement_of(constraints=constraints))
    found = recommend(ask, world)
    assert ids(found)
    assert "p4" not in ids(found)
    assert rules_acted(found) == ()


def test_what_is_sold_out_is_pinned_where_it_may_be_shown() -> None:
    snapshot = snapshot_made(p4={"availability": "out_of_stock"})
    book = bookkeeping(("pins", [pin("p4", 1)], {}))
    shown = {}
    for in_stock in (True, False):
        placement = placement_of(constraints=Constraints(in_stock=in_stock))
        world = world_of(snapshot=snapshot, book=book, placement=placement)
        shown[in_stock] = ids(recommend(ShelfAsk(k=8), world))
    assert "p4" not in shown[True]
    assert shown[False][0] == "p4"
