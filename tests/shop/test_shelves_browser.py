"""Shelves in a real browser: what was viewed comes back with its reason, and events name it."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pytest_django import Settings

from apps.demo.contracts import DemoCatalogue, DemoProduct
from apps.events.contracts import Event, EventType
from apps.events.selectors import events_recent
from apps.model_registry.services.publish import artifact_publish
from apps.recommendations.contracts_models import ARTIFACT, Family
from apps.recommendations.engines.model_files import model_write
from tests.browser import ChromiumPages
from tests.recommendations.affinity_stage import model_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_NO_SHIFT = """
  () => new Promise((done) => {
    let moved = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) moved += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(moved), 300);
  })
"""


def _events(kind: EventType) -> list[Event]:
    return [event for event in events_recent(limit=500) if event.type == kind]


def _wait_for(done: Callable[[], bool], page: Page) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        page.wait_for_timeout(150)


@pytest.fixture
def lamps(small_catalogue: DemoCatalogue) -> list[DemoProduct]:
    """Two of one category, of different groups."""
    by_category: dict[str, dict[str, DemoProduct]] = {}
    for one in small_catalogue.products:
        if one.availability == "in_stock":
            by_category.setdefault(one.category_path, {}).setdefault(
                one.item_group_id or one.product_id, one
            )
    return list(max(by_category.values(), key=len).values())[:2]


@pytest.fixture
def recommender(
    live_shop: str, small_catalogue: DemoCatalogue, settings: Settings, tmp_path: Path
) -> None:
    """A model of the whole catalogue, published like any other."""
    del live_shop
    settings.ARTIFACT_STORE, settings.ARTIFACT_CACHE = str(tmp_path / "s"), str(tmp_path / "c")
    known = sorted(one.product_id for one in small_catalogue.products)
    drawn = model_of(known, as_of=time.time())
    # As a training scales its parts: what a usual shopper would be shown scores about 1.
    model = replace(drawn, parts=replace(drawn.parts, scales={Family.ALS: 0.04}))

    def write(folder: Path) -> dict[str, int]:
        model_write(folder, model)
        return {}

    artifact_publish(name=ARTIFACT, write=write)


@pytest.mark.usefixtures("recommender")
def test_the_front_page_follows_what_was_viewed_and_says_why(
    live_shop: str, chromium_page: ChromiumPages, lamps: list[DemoProduct]
) -> None:
    page = chromium_page()
    page.goto(live_shop)
    before = page.locator("#shelf-home + .row .card").all_inner_texts()
    assert before
    assert page.locator("#shelf-viewed").count() == 0
    for lamp in lamps:
        # The page's own view is acknowledged before the next page is asked for.
        with page.expect_response("**/api/v1/events"):
            page.goto(f"{live_shop}/p/{lamp.product_id}")
    # The very next page.
    page.goto(live_shop)
    reasons = page.locator("#shelf-home + .row .reason").all_inner_texts()
    because = {f"Because you viewed {lamp.title}" for lamp in lamps}
    assert because & set(reasons), reasons
    viewed = page.locator("#shelf-viewed + .row .card")
    assert [one.get_attribute("data-product") for one in viewed.all()] == [
        lamp.product_id for lamp in reversed(lamps)
    ]
    assert page.evaluate(_NO_SHIFT) < 0.01
    chromium_page.screenshot(page, "shop-shelves")
    card = page.locator("#shelf-home + .row .card").first
    shelf = page.locator("section", has=page.locator("#shelf-home"))
    query_id = shelf.get_attribute("data-query")
    card.locator(".card-link").click()
    page.wait_for_selector(".product")
    chromium_page.screenshot(page, "shop-product-shelves")
    _wait_for(lambda: len(_events(EventType.CLICK)) == 1, page)
    clicked = _events(EventType.CLICK)[0]
    assert (clicked.query_id, clicked.position) == (query_id, 1)
    seen = [event for event in _events(EventType.IMPRESSION) if event.query_id == query_id]
    assert 1 in {event.position for event in seen}
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_selector("#shelf-cart")
    chromium_page.screenshot(page, "shop-cart-shelves")
    _wait_for(lambda: len(_events(EventType.ADD_TO_CART)) == 1, page)
    assert _events(EventType.ADD_TO_CART)[0].query_id == query_id


def test_shelves_work_without_java_script_on_a_dark_phone(
    live_shop: str, chromium_page: ChromiumPages, lamps: list[DemoProduct]
) -> None:
    page = chromium_page(width=390, height=844, java_script=False)
    page.emulate_media(color_scheme="dark")
    category = lamps[0].category_path.split("/")[0]
    for path, shelf in (("/", "home"), (f"/c/{category}", "category")):
        page.goto(live_shop + path)
        assert page.locator(f"#shelf-{shelf} + .row .reason").count() > 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        chromium_page.screenshot(page, f"shop-shelves-{shelf}-phone")
    page.locator("#shelf-category + .row .card-link").first.click()
    page.wait_for_selector(".product")
    assert "qid=" in page.url
