"""The search box in a real browser: a combobox, by the keyboard alone."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from apps.demo.contracts import DemoCatalogue
from tests.browser import ChromiumPages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search the shop")


def _list(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Suggestions")


def _active(page: Page) -> Locator:
    return page.locator("[role=option][aria-selected=true]")


def test_by_the_keyboard(live_shop: str, chromium_page: ChromiumPages) -> None:
    page = chromium_page()
    page.goto(live_shop)
    box = _box(page)
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(_list(page)).to_be_hidden()
    box.focus()
    page.keyboard.type("head")
    expect(_list(page)).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(box).to_have_attribute("aria-controls", _list(page).get_attribute("id") or "")
    options = _list(page).get_by_role("option")
    count = options.count()
    assert count > 2
    expect(page.locator("form.search [role=status]")).to_contain_text(f"{count} suggestions")
    chromium_page.screenshot(page, "shop-suggest")

    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "")
    expect(box).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(_active(page)).to_have_count(0)
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chromium_page.screenshot(page, "shop-suggest-chosen")

    page.keyboard.press("Escape")
    expect(_list(page)).to_be_hidden()
    expect(box).to_have_value("head")
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowDown")
    expect(_list(page)).to_be_visible()
    page.keyboard.press("ArrowDown")
    wanted = options.first.locator(".suggest-text").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"h1:has-text('{wanted}')")
    assert parse_qs(urlsplit(page.url).query)["q"] == [wanted]


def test_enter_without_a_choice_searches(live_shop: str, chromium_page: ChromiumPages) -> None:
    page = chromium_page()
    page.goto(live_shop)
    _box(page).focus()
    page.keyboard.type("headph")
    expect(_list(page)).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('headph')")


def test_each_type_leads_to_its_page(
    live_shop: str, chromium_page: ChromiumPages, small_catalogue: DemoCatalogue
) -> None:
    brand = small_catalogue.products[0].brand
    page = chromium_page()
    page.goto(live_shop)
    _box(page).fill(brand)
    page.locator(".suggest-brand").first.click()
    page.wait_for_selector(f".chips a:has-text('{brand}')")
    _box(page).fill("sports")
    page.locator(".suggest-category").first.click()
    page.wait_for_url(re.compile("/c/sports"))
    _box(page).fill(small_catalogue.products[0].title[:30])
    page.locator(".suggest-product").first.click()
    page.wait_for_selector(".product")


def test_a_late_answer_is_not_shown(live_shop: str, chromium_page: ChromiumPages) -> None:
    page = chromium_page()
    late: list[Route] = []

    def hold(route: Route) -> None:
        if "q=hea&" in route.request.url:
            late.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/search/suggest?*", hold)
    page.goto(live_shop)
    _box(page).focus()
    page.keyboard.type("hea")
    page.wait_for_timeout(400)
    assert len(late) == 1
    with page.expect_event("requestfailed"):
        page.keyboard.type("dph")
    expect(_list(page)).to_be_visible()
    expect(page.locator(".suggest-text mark").first).to_have_text(
        re.compile("headph", re.IGNORECASE)
    )


def test_nothing_found_and_nothing_typed(live_shop: str, chromium_page: ChromiumPages) -> None:
    page = chromium_page()
    page.goto(live_shop)
    _box(page).fill("zzqxv")
    expect(page.locator("form.search [role=status]")).to_have_text("No suggestions.")
    expect(_list(page)).to_be_hidden()
    _box(page).fill("")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".suggest-category").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(live_shop: str, chromium_page: ChromiumPages, scheme: str) -> None:
    page = chromium_page(width=390, height=844)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a literal of playwright's
    page.goto(live_shop)
    _box(page).fill("hea")
    expect(_list(page)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(300)
    chromium_page.screenshot(page, f"shop-suggest-phone-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_a_key_it_is_a_plain_search_box(
    live_shop: str, chromium_page: ChromiumPages, settings: object
) -> None:
    settings.SHOP_STOREFRONT_KEY = ""  # type: ignore[attr-defined]  # pytest-django's own object
    settings.SHOP_STOREFRONT_KEY_FILE = "/nowhere"  # type: ignore[attr-defined]  # the same
    page = chromium_page()
    page.goto(live_shop)
    page.get_by_role("searchbox").fill("headphones")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('headphones')")
