"""The main job of the product, in a real browser: weights change, and so does the shop."""

import json
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.access.contracts import Scope
from apps.access.services import api_key_create, user_ensure
from apps.features.services import features_refresh
from apps.ranking_weights.models import WeightSetVersion
from apps.ranking_weights.services import weight_starters_ensure
from tests.browser import ChromiumPages
from tests.search.types import Json
from tests.shop.conftest import live_shop, small_catalogue

__all__ = ["live_shop", "small_catalogue"]  # fixtures, found by their names
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAME, PASSWORD = "merle", "a password of length"
SUBJECT, QUERY = "electronics", "black"
PER_PAGE = 24


@pytest.fixture
def shop(live_shop: str) -> str:
    """The shop with its starters, a merchandiser, and features that stay as they are."""
    user_ensure(username=NAME, password=PASSWORD, groups=("merchandiser",))
    weight_starters_ensure(paths={SUBJECT: SUBJECT})
    features_refresh(as_of=timezone.now(), progress=lambda _done, _total, _note: None)
    return live_shop


@pytest.fixture
def api_key() -> str:
    return api_key_create(name="tests", scopes=[Scope.SEARCH_READ]).secret_once


def shown_by_shop(page: Page, shop: str) -> list[str]:
    page.goto(f"{shop}/c/{SUBJECT}?q={QUERY}")
    cards = page.locator(".grid .card")
    expect(cards.first).to_be_visible()
    return [str(card.get_attribute("data-product")) for card in cards.all()]


def answered_by_api(page: Page, shop: str, key: str) -> Json:
    response = page.request.get(
        f"{shop}/api/v1/search",
        params={"q": QUERY, "filter[category]": SUBJECT, "per_page": PER_PAGE},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert response.status == 200, response.text()
    answer: Json = response.json()
    # A degraded answer may agree with the shop's by having nothing to disagree on.
    assert "keyword" not in answer["degraded"]
    assert answer["found"] > 0
    return answer


def ids_of(answer: Json) -> list[str]:
    return [hit["product_id"] for hit in answer["hits"]]


def ranked_bytes(answer: Json) -> bytes:
    """Ids and scores as the API wrote them."""
    return json.dumps([[hit["product_id"], hit["score"]] for hit in answer["hits"]]).encode()


def log_in(page: Page, shop: str) -> None:
    page.goto(f"{shop}/admin/")
    page.locator("input[name=username]").fill(NAME)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop}/admin/")


def take_step(page: Page, title: str, reason: str = "") -> None:
    """A button of the bar, then the page that it opens."""
    page.locator("#publishing-bar").get_by_role("link", name=title, exact=True).click()
    if reason:
        page.locator("textarea[name=reason]").fill(reason)
    page.get_by_role("button", name=title, exact=True).click()
    page.wait_for_url(re.compile(r"/\d+/change/$"))


def draft_by_keyboard(page: Page) -> None:
    """From the sidebar to a draft in which only freshness counts."""
    page.get_by_role("link", name="Ranking weights").first.click()
    page.locator("#result_list").get_by_role("link", name=SUBJECT, exact=True).click()
    take_step(page, "New draft from this")
    slider = page.get_by_label("Freshness, slider")
    slider.focus()
    slider.press("End")
    slider.press("ArrowLeft")
    expect(page.get_by_label("Freshness", exact=True)).to_have_value("0.99")
    page.get_by_role("button", name="Save and continue editing").click()
    page.wait_for_url(re.compile(r"/\d+/change/$"))


def compare_side_by_side(page: Page, chromium_page: ChromiumPages) -> None:
    with page.expect_response(re.compile(r"version=\d+$")) as opened:
        page.get_by_role("link", name="Compare").click()
    policy = opened.value.headers["content-security-policy"]
    assert "unsafe" not in policy
    page.get_by_role("searchbox").first.fill(QUERY)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(f"section[data-query={QUERY}] .moved.up").first).to_be_visible()
    expect(page.locator(f"section[data-query={QUERY}] .moved.down").first).to_be_visible()
    chromium_page.screenshot(page, "weights-side-by-side", full_page=True)


def test_a_merchandiser_changes_the_order_of_the_shop_and_takes_it_back(
    shop: str, api_key: str, chromium_page: ChromiumPages
) -> None:
    page = chromium_page()
    shop_before, api_before = shown_by_shop(page, shop), answered_by_api(page, shop, api_key)
    assert shop_before == ids_of(api_before)[: len(shop_before)]
    chromium_page.screenshot(page, "weights-shop-before")

    log_in(page, shop)
    draft_by_keyboard(page)
    draft_page = page.url
    compare_side_by_side(page, chromium_page)
    assert shown_by_shop(page, shop) == shop_before  # a draft is nobody's but the author's

    page.goto(draft_page)
    take_step(page, "Publish", "New arrivals first this week")
    expect(page.locator("#publishing-bar")).to_contain_text("New arrivals first this week")
    chromium_page.screenshot(page, "weights-published")
    shop_after, api_after = shown_by_shop(page, shop), answered_by_api(page, shop, api_key)
    chromium_page.screenshot(page, "weights-shop-after")
    assert shop_after != shop_before
    assert shop_after == ids_of(api_after)[: len(shop_after)]
    assert api_after["found"] == api_before["found"]
    assert ranked_bytes(api_after) != ranked_bytes(api_before)
    assert (api_after["weights"]["subject"], api_after["weights"]["number"]) == (SUBJECT, 2)

    former = WeightSetVersion.objects.get(subject=SUBJECT, number=1)
    page.goto(f"{shop}/admin/ranking_weights/weightsetversion/{former.pk}/change/")
    take_step(page, "Roll back to this version", "The former order sold better")
    chromium_page.screenshot(page, "weights-rolled-back")
    api_back = answered_by_api(page, shop, api_key)
    assert shown_by_shop(page, shop) == shop_before
    assert ranked_bytes(api_back) == ranked_bytes(api_before)
    assert api_back["weights"]["number"] == 3
