"""Shelves that follow the shopper: history, visit, and the switches for both."""

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from pytest_django.fixtures import Settings

from apps.catalog.models import Product
from apps.common.redis import redis_settle
from apps.events.contracts import EventType
from apps.events.services.buffer import buffer_drain
from apps.ranking.selectors import record_kept
from apps.recommendations.contracts import Affinity, Shopper, Shopping
from apps.recommendations.contracts_answers import Reason, ReasonCode, ShelfAsk
from apps.recommendations.domain.kept_shelf import shelf_kept_read
from apps.recommendations.domain.recommending import recommend
from apps.recommendations.selectors.strategies_personal import ForYou, InSession
from tests.events.sessions import event_of, ingest
from tests.recommendations.shelves.conftest import Json, Shelf
from tests.recommendations.shelves.stage import affinity_made, world_of
from tests.recommendations.shelves.test_domain_recommending import visit
from tests.recommendations.shelves.test_serving import exposures, shelves
from tests.search.rules.conftest import Publish, publish  # noqa: F401 - a fixture, by its name
from tests.search.rules.doing import hide

VISIT_OF = "visit-1"


def shopping_of(affinity: Affinity | None, shopper: Shopper | None = None) -> Shopping:
    ask = ShelfAsk(k=8, shopper=shopper or Shopper())
    world = world_of(affinity=lambda _who, _snapshot, _at: affinity)
    return recommend(ask, world).shopping


def test_for_you_is_the_affinity_in_its_order() -> None:
    scores = np.array([0.1, 0.0, 0.9, 0.5, 0.5, 0.0, 0.2, 0.3], dtype=np.float32)
    shopping = shopping_of(affinity_made(scores))
    found = ForYou()(shopping)
    assert found.rows.tolist() == [2, 3, 4, 7, 6, 0]
    assert set(found.because.tolist()) == {-1}
    few = ForYou()(replace(shopping, wanted=3))
    assert few.rows.tolist() == [2, 3, 4]
    speaking = replace(affinity_made(scores), because=lambda rows: np.full(len(rows), 7, np.int32))
    assert set(ForYou()(shopping_of(speaking)).because.tolist()) == {7}


def test_popularity_alone_is_nobodys_taste() -> None:
    scores = np.ones(8, dtype=np.float32)
    assert not len(ForYou()(shopping_of(None)))
    assert not len(ForYou()(shopping_of(replace(affinity_made(scores), share=0.0))))


def test_a_visit_points_to_what_is_like_it(db: None) -> None:
    shopper = Shopper(session=visit((EventType.VIEW, "p1"), (EventType.VIEW, "p3")))
    shopping = shopping_of(None, shopper)
    found = InSession()(shopping)
    names = shopping.snapshot.columns.product_ids
    shown = [names.get(row) for row in found.rows.tolist()]
    assert shown
    assert not {"p1", "p3"} & set(shown)
    assert {names.get(row) for row in found.because.tolist()} <= {"p1", "p3"}
    assert not len(InSession()(shopping_of(None)))


def view(visit_id: str, product_id: str) -> None:
    ingest(event_of("view", product_id, session_id=visit_id))


def test_the_very_next_shelf_reflects_an_event(catalogue: None, shelf: Shelf) -> None:
    before = shelf(session_id=VISIT_OF, client_id="browser-1", k=3)
    assert before["personalised"] is False
    view(VISIT_OF, "p-3-0")
    after = shelf(session_id=VISIT_OF, client_id="browser-1", k=3, explain="true")
    assert after["personalised"] is True
    assert after["strategies"] == ["session"]
    assert {item["category"] for item in after["items"]} == {"fashion/shoes"}
    first = after["items"][0]
    assert first["reason"]["words"] == "Like Acme running shoes 0, which you have just viewed"
    assert first["reason"]["product_ids"] == ["p-3-0"]
    assert first["explanation"]["contributions"]["session_boost"] > 0.0
    assert "This visit" in first["explanation"]["reason"]


@pytest.mark.parametrize("gone", ["inactive", "hidden"])
def test_a_reason_never_names_what_the_shop_does_not_show(
    catalogue: None,
    shelf: Shelf,
    publish: Publish,  # noqa: F811 - the fixture of that name
    gone: str,
) -> None:
    view(VISIT_OF, "p-3-0")
    if gone == "hidden":
        publish("hides", hide("p-3-0"))
    else:
        Product.objects.filter(product_id="p-3-0").update(active=False)
    answer = shelf(session_id=VISIT_OF, client_id="browser-1", k=3)
    assert answer["strategies"] == ["session"]
    assert "p-3-0" not in ids(answer)
    told = [Reason(ReasonCode.SESSION, "Like what you are looking at")] * 3
    assert [item["reason"] for item in answer["items"]] == [
        {"code": "session", "words": each.words, "product_ids": [], "evidence": None}
        for each in told
    ]
    redis_settle()
    buffer_drain()
    record = record_kept(UUID(answer["query_id"]))
    assert record is not None
    assert list(shelf_kept_read(record).reasons) == told


def test_switched_off_nothing_follows(catalogue: None, shelf: Shelf, settings: Settings) -> None:
    view(VISIT_OF, "p-3-0")
    settings.PERSONALISATION_SESSION = False
    settings.PERSONALISATION_HISTORY = False
    answer = shelf(session_id=VISIT_OF, client_id="browser-1", k=3)
    assert answer["personalised"] is False
    assert answer["strategies"] == []


def test_what_this_visit_took_is_left_out(catalogue: None, shelf: Shelf) -> None:
    shown = ids(shelf(session_id=VISIT_OF, client_id="browser-1", k=100))
    ingest(event_of("add_to_cart", shown[0], session_id=VISIT_OF))
    assert shown[0] not in ids(shelf(session_id=VISIT_OF, client_id="browser-1", k=100))


def test_an_experiment_on_following_exposes_those_who_can_be_followed(
    catalogue: None, shelf: Shelf
) -> None:
    shelves("visits", None, {"personalisation": {"session": False}})
    shelf(client_id="browser-2", session_id="visit-2")
    view(VISIT_OF, "p-3-0")
    shelf(client_id="browser-1", session_id=VISIT_OF)
    assert [one.client_id for one in exposures()] == ["browser-1"]


def ids(answer: Json) -> list[str]:
    return [item["product_id"] for item in answer["items"]]
