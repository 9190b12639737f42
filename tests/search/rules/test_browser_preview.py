"""A rule's version side by side with what is live, in a real browser."""

import pytest
from playwright.sync_api import expect

from apps.access.services import user_ensure
from apps.merchandising.services_rules import rule_create
from tests.browser import ChromiumPages
from tests.search.rules.doing import banner, boost, hide, pin, rewrite
from tests.shop.conftest import live_shop, small_catalogue

__all__ = ["live_shop", "small_catalogue"]  # fixtures, found by their names
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_draft_shows_who_would_move_and_why(
    live_shop: str, chromium_page: ChromiumPages
) -> None:
    user_ensure(username="merle", password="a password of length", superuser=True)
    page = chromium_page(width=1280, height=900)
    page.goto(f"{live_shop}/admin/login/")
    page.get_by_label("Username").fill("merle")
    page.get_by_label("Password").fill("a password of length")
    page.get_by_role("button", name="Log in").click()
    found = page.request.get(f"{live_shop}/c/electronics?q=black").text()
    products = found.split('data-product="')[1:]
    ids = [each.split('"')[0] for each in products]
    version = rule_create(
        key="black-week",
        content={
            "title": "Black week",
            "conditions": {"queries": [{"match": "exact", "text": "noir"}]},
            "consequences": [
                rewrite("noir", "black"), pin(ids[-1], 1), hide(ids[0]),
                boost(100, ids[3]), banner("top", title="Black week"),
            ],
        },
        actor=None,
    )  # fmt: skip
    page.goto(f"{live_shop}/admin/merchandising/ruleversion/{version.id}/change/")
    page.get_by_role("link", name="Side by side").first.click()
    expect(page.get_by_role("heading", name="Black week, version 1")).to_be_visible()
    expect(page.get_by_text("is searched for as")).to_be_visible()
    first = page.locator(".side").nth(1).locator("li").first
    expect(first).to_contain_text("pin by black-week")
    chromium_page.screenshot(page, "rule-preview")
    page.set_viewport_size({"width": 390, "height": 844})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
