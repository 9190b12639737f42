"""The rating screen and the preview of weights with its NDCG, in a real browser."""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from apps.access.models import User
from apps.catalog.models import Product
from apps.explainability.models import Judgement, JudgementList
from apps.explainability.services.lists import judgements_import, list_ensure
from apps.explainability.services.previews import draft_change
from apps.ranking_weights.services import weights_draft_create
from tests.browser import ChromiumPages
from tests.search.types import Build

HEAD = "query,product_id,rating\n"


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root")


@pytest.fixture
def page(client: Client, root: User) -> Client:
    client.force_login(root)
    return client


def judged(name: str = "list") -> int:
    list_id = list_ensure(name=name, scale=3)
    lines = [
        "wireless mouse,p-0-1,3\n", "wireless mouse,p-3-1,0\n", "running shoes,p-3-2,2\n",
        "sneakers,p-3-1,1\n", "mouse,gone,1\n",
    ]  # fmt: skip
    judgements_import(list_id=list_id, lines=[HEAD, *lines], rater="ada")
    return list_id


def preview_scene() -> int:
    """A gate list, and a draft that forgets what was asked for."""
    list_id = list_ensure(name="gate", scale=3)
    products = Product.objects.filter(active=True).order_by("product_id")[:24]
    lines = [f"{each.title},{each.product_id},3\n" for each in products]
    judgements_import(list_id=list_id, lines=[HEAD, *lines])
    JudgementList.objects.filter(pk=list_id).update(gate=True)
    weights = {"search_score": 0.0, "popularity_score": 0.0, "cf_score": 0.0}
    draft = weights_draft_create(
        subject="global", weights={**weights, "freshness_score": 1.0}, actor=None
    )
    return draft.id


@pytest.mark.browser
def test_weights_preview_with_the_change_of_ndcg(
    lasting_catalogue: None,
    embedded: Build,
    live_server: LiveServer,
    chromium_page: ChromiumPages,
) -> None:
    embedded()
    root = User.objects.create_superuser("root")
    version = preview_scene()
    page = chromium_page(signed_in=root, base_url=live_server.url)
    page.goto(f"{live_server.url}{reverse('search-weights-preview')}?version={version}&q=mouse")
    panel = page.locator("#judged")
    expect(panel).to_contain_text("NDCG@10 falls")
    expect(panel).to_contain_text("24 of 24 queries")
    expect(panel.locator(".worse dd")).to_contain_text("-0.")
    expect(panel).to_contain_text("95 % interval")
    chromium_page.screenshot(page, "weights-preview-judged")
    panel.locator("a").first.click()
    expect(page.locator("main > section[data-query]")).to_have_count(1)
    phone = chromium_page(width=390, height=844, signed_in=root, base_url=live_server.url)
    phone.emulate_media(color_scheme="dark")
    phone.goto(f"{live_server.url}{reverse('search-weights-preview')}?version={version}&q=mouse")
    chromium_page.screenshot(phone, "weights-preview-judged-phone-dark")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_a_gate_list_the_preview_has_no_figure(page: Client, catalogue: None) -> None:
    version = preview_scene()
    JudgementList.objects.update(gate=False)
    address = reverse("search-weights-preview")
    assert 'id="judged"' not in page.get(address, {"version": version}).content.decode()
    assert draft_change("ranking_weights", 0) is None


@pytest.mark.browser
def test_rating_by_keyboard(
    lasting_catalogue: None,
    live_server: LiveServer,
    chromium_page: ChromiumPages,
) -> None:
    root = User.objects.create_superuser("root")
    list_id = judged()
    address = f"{live_server.url}{reverse('relevance-rate', args=(list_id,))}"
    page = chromium_page(signed_in=root, base_url=live_server.url)
    page.goto(address)
    expect(page.get_by_text("0 of 5 rated by you")).to_be_visible()
    chromium_page.screenshot(page, "relevance-rate-wide")
    first = page.locator("h1").inner_text()
    for at, key in enumerate("310"):
        expect(page.get_by_text(f"{at} of 5 rated by you")).to_be_visible()
        page.keyboard.press(key)
    expect(page.get_by_text("3 of 5 rated by you")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text("2 of 5 rated by you")).to_be_visible()
    page.keyboard.press("Backspace")
    expect(page.get_by_text("1 of 5 rated by you")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("1 of 5", exact=True)).to_be_visible()
    assert page.locator("h1").inner_text() == first
    expect(page.locator("button[aria-pressed=true]")).to_have_text("3 Perfect")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("2 of 5", exact=True)).to_be_visible()
    page.keyboard.press("4")  # off this scale: nothing happens
    for at in range(1, 5):
        expect(page.get_by_text(f"{at} of 5 rated by you")).to_be_visible()
        page.keyboard.press("2")
    expect(page.get_by_role("heading", name="All rated")).to_be_visible()
    assert sorted(Judgement.objects.filter(rater="root").values_list("rating", flat=True)) == [
        2,
        2,
        2,
        2,
        3,
    ]
    phone = chromium_page(width=390, height=844, signed_in=root, base_url=live_server.url)
    phone.emulate_media(color_scheme="dark")
    phone.goto(f"{address}?item=1")
    chromium_page.screenshot(phone, "relevance-rate-phone-dark")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
