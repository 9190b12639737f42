"""Shelves on the shop's pages, as the server writes them."""

import re
from dataclasses import dataclass

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.common.observability.metrics import degraded_total
from apps.common.redis import redis_client
from apps.common.redis_exchange import redis_exchange
from apps.demo.contracts import DemoCatalogue, DemoProduct
from apps.events.selectors_sessions import session_command
from apps.shop import shelves
from apps.shop.contracts import Visitor
from apps.shop.shelves import UNTITLED, cart_shelves, category_shelves, home_shelves
from apps.shop.visitor import CLIENT_COOKIE, SESSION_COOKIE
from tests.events.sessions import event_of, ingest
from tests.redis_writes import writes_recorded

VISITOR = Visitor("browser-9", "visit-9", fresh=False)


@dataclass(frozen=True, slots=True)
class Scene:
    client: Client
    televisions: list[DemoProduct]

    def viewed(self, *products: DemoProduct) -> None:
        ingest(
            *(
                event_of(
                    "view", one.product_id, ago_s=9 - at,
                    session_id=VISITOR.session_id, client_id=VISITOR.client_id,
                )
                for at, one in enumerate(products)
            )
        )  # fmt: skip

    def page(self, path: str) -> str:
        return str(self.client.get(path).content.decode())


@pytest.fixture
def scene(stocked: DemoCatalogue, client: Client) -> Scene:
    client.cookies[CLIENT_COOKIE] = VISITOR.client_id
    client.cookies[SESSION_COOKIE] = VISITOR.session_id
    found = {
        one.item_group_id or one.product_id: one
        for one in stocked.products
        if one.category_path.startswith("electronics/tv") and one.availability == "in_stock"
    }
    return Scene(client, list(found.values()))


def shelf_html(page: str, name: str) -> str:
    written = rf'<section class="shelf" aria-labelledby="shelf-{name}".*?</section>'
    found = re.search(written, page, re.DOTALL)
    return found.group() if found else ""


def names_on(html: str) -> list[str]:
    return re.findall(r'data-product="([^"]*)"', html)


def test_every_page_has_its_shelf_with_reasons_and_its_own_answer(scene: Scene) -> None:
    product = scene.televisions[0].product_id
    for path, name in (
        ("/", "home"), ("/c/electronics", "category"), (f"/p/{product}", "product"),
        ("/cart", "home"),
    ):  # fmt: skip
        page = scene.page(path)
        shelf = shelf_html(page, name)
        assert len(names_on(shelf)) > 0, path
        assert shelf.count('class="reason"') == len(names_on(shelf))
        query_id = re.search(r'data-query="([0-9a-f-]{36})"', shelf)
        assert query_id is not None
        assert f"?qid={query_id.group(1)}&amp;pos=1" in shelf
        assert 'data-position="1"' in shelf
        assert shelf_html(page, "viewed") == ""
    assert product not in names_on(shelf_html(scene.page(f"/p/{product}"), "product"))


def test_what_was_viewed_comes_back_with_its_reason(scene: Scene) -> None:
    first, second = scene.televisions[:2]
    scene.viewed(first, second)
    page = scene.page("/")
    reasons = re.findall(r'class="reason">([^<]*)<', shelf_html(page, "home"))
    assert any(first.title in reason or second.title in reason for reason in reasons)
    viewed = shelf_html(page, "viewed")
    assert names_on(viewed) == [second.product_id, first.product_id]
    # Nothing answered for it: its events name no answer, and its cards tell no impressions.
    assert "data-position" not in viewed
    assert "qid=" not in viewed
    beside = shelf_html(scene.page(f"/p/{first.product_id}"), "viewed")
    assert names_on(beside) == [second.product_id]


def test_another_visitor_sees_nothing_of_it(scene: Scene) -> None:
    scene.viewed(*scene.televisions[:2])
    scene.client.cookies[CLIENT_COOKIE] = "browser-10"
    assert shelf_html(scene.page("/"), "viewed") == ""


def test_shelves_stand_where_nothing_is_asked_for(scene: Scene) -> None:
    for path in ("/?q=lamp", "/?page=2", "/c/electronics?sort=price"):
        assert 'class="shelf"' not in scene.page(path), path
    # The whole of a small category is on its page anyway.
    assert 'class="shelf"' not in scene.page(f"/c/{scene.televisions[0].category_path}")


def test_a_reason_claims_no_more_than_was_looked_at(scene: Scene) -> None:
    (shelf,) = cart_shelves(VISITOR, (scene.televisions[0].product_id,)).shelves
    assert shelf.title == UNTITLED, "nothing was ever bought with it"
    for item in shelf.items:
        if not item.document.category_path.startswith("electronics/tv"):
            assert item.reason.words == "From our range"


def test_a_shelf_that_breaks_costs_no_page(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_named: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(shelves, "recommendation_answer", broken)
    missing = degraded_total.labels(component="shop_shelf", reason="placed")
    before = missing._value.get()
    assert scene.client.get("/").status_code == 200
    assert missing._value.get() == before + 1


def test_similar_ones_are_not_shown_twice(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    first = scene.televisions[0].product_id
    (beside, *_rest) = shelves.product_shelves(VISITOR, first).shelves

    class Alike:
        items = beside.items

    monkeypatch.setattr(shelves, "similar_answer", lambda **_named: Alike)
    assert [one.name for one in shelves.product_shelves(VISITOR, first).shelves] == ["product"]
    monkeypatch.setattr(shelves, "recommendation_answer", lambda **_named: None)
    (similar,) = shelves.product_shelves(VISITOR, first).shelves
    assert (similar.title, similar.items) == ("Similar products", beside.items)


@pytest.mark.usefixtures("stocked")
def test_first_assignments_stay_with_the_browser() -> None:
    shelved = home_shelves(Visitor("b", "v", fresh=False, sticky="kept"))
    assert shelved.visitor.sticky == "kept"


def test_what_shelves_cost(
    scene: Scene,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene.viewed(*scene.televisions[:2])
    home_shelves(VISITOR)
    category_shelves(VISITOR, "electronics")
    sent = writes_recorded(monkeypatch)
    # The documents of two shelves.
    with django_assert_max_num_queries(2):
        home_shelves(VISITOR)
    assert len(sent) == 2, "the shopper, and the answer's record"
    with django_assert_max_num_queries(1):
        category_shelves(VISITOR, "electronics")


def test_a_search_on_the_page_is_in_the_session(scene: Scene) -> None:
    scene.page("/?q=television")
    (answer,) = redis_exchange(redis_client(), [session_command(VISITOR.session_id)])
    assert len(answer) == 1
    scene.page("/")
    (answer,) = redis_exchange(redis_client(), [session_command(VISITOR.session_id)])
    assert len(answer) == 1, "looking around asks for nothing"
