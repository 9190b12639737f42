"""The visual merchandiser in a real browser: dragging, keys, undo, and from there to the shop."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from apps.access.services import user_ensure
from apps.features.services import features_refresh
from apps.merchandising.models import RuleVersion
from tests.browser import ChromiumPages
from tests.shop.conftest import live_shop, small_catalogue

__all__ = ["live_shop", "small_catalogue"]  # fixtures, found by their names
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAME, PASSWORD, QUERY = "merle", "a password of length", "black"


@pytest.fixture
def shop(live_shop: str) -> str:
    user_ensure(username=NAME, password=PASSWORD, groups=("merchandiser",))
    features_refresh(as_of=timezone.now(), progress=lambda _done, _total, _note: None)
    return live_shop


def opened(page: Page, shop: str) -> None:
    page.goto(f"{shop}/admin/")
    page.locator("input[name=username]").fill(NAME)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop}/admin/")
    page.goto(f"{shop}/admin/search/merchandiser/?q={QUERY}")
    expect(cards(page).first).to_be_visible()


def cards(page: Page) -> Locator:
    return page.locator("#proposed .card")


def order(page: Page) -> list[str]:
    return [str(card.get_attribute("data-product")) for card in cards(page).all()]


def settled(page: Page, product: str, place: int) -> None:
    expect(cards(page).nth(place - 1)).to_have_attribute("data-product", product)
    expect(page.locator("#board")).not_to_have_attribute("aria-busy", "true")


def test_drag_keys_undo_and_keep(shop: str, chromium_page: ChromiumPages) -> None:
    page = chromium_page(width=1440, height=1000)
    opened(page, shop)
    before = order(page)
    cards(page).nth(2).drag_to(cards(page).nth(0))
    settled(page, before[2], 1)
    expect(cards(page).first).to_contain_text("pinned")
    # The alternative to dragging: the same by keys.
    cards(page).nth(4).focus()
    moved = order(page)[4]
    page.keyboard.press("Alt+ArrowUp")
    settled(page, moved, 4)
    expect(page.locator("#live")).to_contain_text("moved up")
    hidden = order(page)[1]
    cards(page).nth(1).focus()
    page.keyboard.press("h")
    expect(page.locator(".gone")).to_contain_text("hidden by")
    assert hidden not in order(page)
    page.locator("#board").focus()
    page.keyboard.press("Control+z")
    settled(page, hidden, 2)
    page.locator("#redo").click()
    expect(page.locator(".gone")).to_be_visible()
    cards(page).nth(1).get_by_role("button", name="Boost").click()
    expect(cards(page).locator("input[type=range]")).to_have_count(1)
    chromium_page.screenshot(page, "merchandiser-wide")
    page.locator("#save").click()
    link = page.get_by_role("link", name=re.compile("Kept as a draft"))
    expect(link).to_be_visible()
    draft = RuleVersion.objects.get(subject=QUERY)
    assert draft.status == "draft"
    assert {each["do"] for each in draft.consequences} == {"pin", "hide", "boost"}
    link.click()
    expect(page).to_have_url(re.compile(f"/ruleversion/{draft.pk}/"))


def test_undoing_everything_leaves_the_list_as_it_was(
    shop: str, chromium_page: ChromiumPages
) -> None:
    page = chromium_page(width=1280, height=900)
    opened(page, shop)
    before = order(page)
    for place, button in ((3, "Pin to position"), (2, "Bury")):
        card = cards(page).nth(place)
        if button == "Bury":
            card.get_by_role("button", name="Bury").click()
        else:
            card.get_by_label(button).fill("1")
            card.get_by_label(button).press("Tab")
        expect(page.locator("#live")).not_to_be_empty()
        expect(page.locator("#board")).not_to_have_attribute("aria-busy", "true")
    page.wait_for_function("!document.getElementById('undo').disabled")
    while page.locator("#undo").is_enabled():
        page.locator("#undo").click()
        expect(page.locator("#board")).not_to_have_attribute("aria-busy", "true")
        page.wait_for_timeout(50)
    assert order(page) == before
    expect(page.locator("#save")).to_be_disabled()


def test_phone_and_dark(shop: str, chromium_page: ChromiumPages) -> None:
    phone = chromium_page(width=390, height=844)
    opened(phone, shop)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
    chromium_page.screenshot(phone, "merchandiser-phone")
    dark = chromium_page(width=1280, height=900)
    dark.emulate_media(color_scheme="dark")
    opened(dark, shop)
    chromium_page.screenshot(dark, "merchandiser-dark")
