"""The shop in a real browser: what shoppers do, and the events that follow."""

import time
from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from apps.demo.contracts import DemoCatalogue
from apps.events.selectors import events_recent
from tests.browser import ChromiumPages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _counted() -> Counter[str]:
    return Counter(str(event.type) for event in events_recent(limit=500))


def _wait_for(done: Callable[[], bool], page: Page) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline, _counted()
        page.wait_for_timeout(150)


def test_search_filter_explain_and_buy(live_shop: str, chromium_page: ChromiumPages) -> None:
    page = chromium_page()
    page.goto(live_shop)
    page.get_by_role("combobox", name="Search the shop").fill("headphones")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('headphones')")
    chromium_page.screenshot(page, "shop-search")
    page.locator("[data-why]").first.click()
    page.wait_for_selector("dialog[open] .why-table")
    chromium_page.screenshot(page, "shop-why")
    page.keyboard.press("Escape")
    page.locator(".card-link").first.click()
    page.wait_for_selector(".product")
    chromium_page.screenshot(page, "shop-product")
    _wait_for(lambda: _counted()["click"] == 1 and _counted()["view"] == 1, page)
    assert _counted()["impression"] > 0
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Buy now").click()
    page.wait_for_selector("h2:has-text('Thank you')")
    _wait_for(lambda: _counted()["add_to_cart"] == 1 and _counted()["purchase"] == 1, page)
    bought = next(event for event in events_recent(limit=500) if event.type == "purchase")
    assert bought.query_id
    assert bought.position == 1
    assert bought.value


def test_facets_act_at_once_and_can_be_taken_away(
    live_shop: str, chromium_page: ChromiumPages, small_catalogue: DemoCatalogue
) -> None:
    brand = next(
        one.brand for one in small_catalogue.products if one.category_path.startswith("sports")
    )
    page = chromium_page()
    page.goto(f"{live_shop}/c/sports")
    page.locator(f'input[name="filter[brand]"][value="{brand}"]').check()
    page.wait_for_selector(f".chips a:has-text('{brand}')")
    assert set(page.locator(".grid .maker").all_inner_texts()) == {brand}
    page.locator(".chips a").click()
    page.wait_for_selector(".chips", state="detached")


def test_search_without_java_script(live_shop: str, chromium_page: ChromiumPages) -> None:
    page = chromium_page(width=390, height=844, java_script=False)
    page.goto(live_shop)
    page.get_by_role("searchbox").fill("running shoes")
    page.keyboard.press("Enter")
    page.wait_for_selector(".grid .card")
    chromium_page.screenshot(page, "shop-phone")
    page.locator(".why-link").first.click()
    page.wait_for_selector("#why .why-table")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    page.locator("input[type=checkbox]").first.check()
    page.get_by_role("button", name="Show results").click()
    page.wait_for_selector(".chips a")


def test_the_keyboard_reaches_the_content(live_shop: str, chromium_page: ChromiumPages) -> None:
    page = chromium_page()
    page.goto(live_shop)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to content"
    page.keyboard.press("Enter")
    assert page.locator(":focus").get_attribute("id") == "content"
