"""What the shop says when it searched for other words than were typed, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from apps.catalog.models import Product
from tests.browser import ChromiumPages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", [390, 1280])
def test_every_notice(live_shop: str, chromium_page: ChromiumPages, width: int) -> None:
    Product.objects.filter(pk=Product.objects.order_by("pk").values("pk")[:1]).update(
        description="Plays quizzicalia in colour."
    )
    page = chromium_page(width=width, height=900)
    asked = {
        "corrected": ("/?q=headphnes", "Showing results for headphones"),
        "relaxed": ("/?q=headphones+zeppelin", "Shown: without"),
        "mentioned": ("/?q=quizzicalia", "These mention your words"),
        "popular": ("/c/sports?q=headphones", "Popular in Sports. Search the whole shop"),
        "nothing": ("/?q=qwzrtp&spell=false", "Nothing found"),
    }
    for name, (address, said) in asked.items():
        page.goto(live_shop + address)
        expect(page.locator(".corrected, .empty")).to_contain_text(said)
        fits(page)
        # What was sought is not what these are: naming a category of them would mislead.
        expect(page.locator(".count")).not_to_contain_text("mostly Sports")
        chromium_page.screenshot(page, f"shop-notice-{name}-{width}")
    page.goto(live_shop + asked["popular"][0])
    page.get_by_role("link", name="Search the whole shop").click()
    expect(page.locator(".count")).to_contain_text("mostly Headphones")
