"""The form of a placement in a real browser: by keyboard, with its preview, on every screen."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.access.models import User
from apps.catalog.models import Product
from apps.recommendations.models import PlacementVersion
from tests.browser import ChromiumPages
from tests.search.catalogue import catalogue_create

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/admin/recommendations/placementversion/"
EDIT = f"{LIST}placement/home/edit/"


@pytest.fixture
def mara() -> User:
    catalogue_create()
    Product.objects.update(image_link="/static/shop/icon.svg")
    return User.objects.create_superuser("mara")


def shots(pages: ChromiumPages, page: Page, name: str) -> None:
    """Wide, on a phone, and dark."""
    pages.screenshot(page, f"placements-{name}", full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{name} scrolls sideways by {over} pixels on a phone"
    pages.screenshot(page, f"placements-{name}-phone", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate("document.documentElement.classList.add('dark')")
    pages.screenshot(page, f"placements-{name}-dark", full_page=True)
    page.evaluate("document.documentElement.classList.remove('dark')")


def names(page: Page) -> list[str]:
    rows = page.locator("[data-strategies] > li")
    return [str(row.get_attribute("data-name")) for row in rows.all()]


def test_strategies_are_ordered_by_keyboard_and_previewed(
    live_server: LiveServer, chromium_page: ChromiumPages, mara: User
) -> None:
    page = chromium_page(width=1440, signed_in=mara, base_url=live_server.url)
    page.goto(LIST)
    shots(chromium_page, page, "list")
    page.get_by_role("link", name="Edit and preview: Home page").click()
    expect(page.locator("[data-then] li")).to_have_count(12)
    assert names(page) == ["for_you", "session", "trending", "popular"]
    up = page.get_by_role("button", name="Popular: up")
    up.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert names(page) == ["for_you", "popular", "session", "trending"]
    expect(page.locator("[data-said]")).to_have_text("Popular is 2 of 4.")
    page.get_by_label("Weight of Trending").focus()
    page.keyboard.press("Alt+ArrowUp")
    assert names(page) == ["for_you", "popular", "trending", "session"]
    expect(page.get_by_label("Weight of Trending")).to_be_focused()
    page.get_by_role("button", name="This visit: remove").press("Enter")
    expect(page.get_by_role("button", name="Trending: remove")).to_be_focused()
    page.get_by_label("A strategy to add").select_option("new_arrivals")
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(page.get_by_label("Weight of New arrivals")).to_be_focused()
    assert names(page) == ["for_you", "popular", "trending", "new_arrivals"]
    page.get_by_label("Products").first.fill("5")
    expect(page.locator("[data-then] li")).to_have_count(5)
    page.get_by_label("Which strategy counts").select_option("blend")
    shots(chromium_page, page, "edit")
    page.get_by_label("Nothing bought in the last so many days").fill("30")
    page.get_by_label("Ranking weights").select_option("own")
    expect(page.get_by_role("group", name="Move one")).to_be_visible()
    page.get_by_label("Ranking weights").select_option("in_force")
    expect(page.get_by_role("group", name="Move one")).to_be_hidden()
    page.get_by_role("button", name="Save the draft").press("Enter")
    page.wait_for_url("**/change/")
    row = PlacementVersion.objects.get()
    assert [each["name"] for each in row.strategies] == [
        "for_you", "popular", "trending", "new_arrivals",
    ]  # fmt: skip
    assert (row.k, row.mix, row.constraints["not_bought_days"]) == (5, "blend", 30)
    shots(chromium_page, page, "version")


def test_the_shelf_beside_a_chosen_product(
    live_server: LiveServer, chromium_page: ChromiumPages, mara: User
) -> None:
    page = chromium_page(width=1440, signed_in=mara, base_url=live_server.url)
    page.goto(f"{LIST}placement/product/edit/")
    product = page.get_by_label("Product", exact=True)
    product.fill("Acme wireless")
    expect(page.locator("#products option")).not_to_have_count(0)
    product.fill("p-2-1")
    page.get_by_label("Price up to").fill("1.2")
    expect(page.locator("[data-board-here]")).to_have_attribute("aria-busy", "false")
    shots(chromium_page, page, "product")


def test_the_form_works_without_a_script(
    live_server: LiveServer, chromium_page: ChromiumPages, mara: User
) -> None:
    page = chromium_page(width=1440, java_script=False, signed_in=mara, base_url=live_server.url)
    page.goto(EDIT)
    page.get_by_role("button", name="Popular: up").click()
    assert names(page) == ["for_you", "session", "popular", "trending"]
    page.get_by_role("button", name="Save the draft").click()
    page.wait_for_url("**/change/")
    assert PlacementVersion.objects.get().strategies[2]["name"] == "popular"
