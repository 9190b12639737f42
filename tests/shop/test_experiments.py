"""Experiments in the shop: followed QA links, what the drawer says, and credit for clicks."""

import time

import pytest
from django.test import Client
from playwright.sync_api import expect

from apps.demo.contracts import DemoCatalogue
from apps.events.contracts import EventType
from apps.events.selectors import events_recent, query_log_recent
from apps.events.services.buffer import buffer_drain
from apps.experiments.services.qa_tokens import qa_link_make
from tests.browser import ChromiumPages
from tests.experiments.factories import people
from tests.search.experimenting import FRESH, running


def qa_token(key: str, variant: str) -> str:
    maker, _ = people()
    return qa_link_make(key=key, variant=variant, actor=maker).token


def test_a_qa_link_holds_until_it_is_left(client: Client, stocked: DemoCatalogue) -> None:
    running("fresh", None, {"ranking": {"weights": FRESH}})
    page = client.get("/", {"q": "black", "qa": qa_token("fresh", "b")})
    html = page.content.decode()
    assert "You follow a QA link" in html
    assert "Experiment “fresh”, variant b" in html
    assert "Experiment “fresh”, variant b" in client.get("/", {"q": "black"}).content.decode()
    assert "You follow" in client.get("/cart").content.decode()
    left = client.get("/", {"q": "black", "qa": ""})
    assert "You follow" not in left.content.decode()
    assert "You follow" not in client.get("/", {"q": "black"}).content.decode()


def test_the_drawer_explains_the_answer_that_the_page_shows(
    client: Client, stocked: DemoCatalogue
) -> None:
    running("per-request", None, {"ranking": {"weights": FRESH}}, unit="request")
    for _ in range(6):
        page = client.get("/", {"q": "black"})
        answer = page.context["answer"]
        shown = answer.hits[0].document.product_id
        url = f"{page.context['why_base']}{shown}"
        assert f"qid={answer.query_id}" in url
        drawer = client.get(f"{url}&fragment=1")
        again = drawer.context["why"]["answer"]
        assert again.query_id == answer.query_id
        assert again.experiments == answer.experiments
        assert f"per-request, variant {answer.experiments[0]['variant']}" in (
            drawer.content.decode()
        )
    assert (
        client.get("/", {"q": "black", "why": "x", "qid": "y", "fragment": "1"}).status_code == 200
    )


def test_a_browser_carries_first_assignments(client: Client, stocked: DemoCatalogue) -> None:
    running("sticky", None, {"ranking": {"weights": FRESH}}, stickiness="token")
    client.get("/", {"q": "black"})
    assert client.cookies["endcap_first"].value
    running("kept", None, {"search": {"synonyms": False}}, stickiness="stored")
    first = client.get("/", {"q": "black"}).context["answer"].experiments
    assert client.get("/", {"q": "black"}).context["answer"].experiments == first


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_experiments_are_seen_in_a_real_browser(
    live_shop: str, chromium_page: ChromiumPages
) -> None:
    running("fresh", None, {"ranking": {"weights": FRESH}}, kind="interleaving")
    page = chromium_page()
    page.goto(f"{live_shop}/?q=black")
    page.locator("[data-why]").first.click()
    page.wait_for_selector("dialog[open] .why-experiment")
    expect(page.locator("dialog .why-experiment")).to_contain_text("both variants interleaved")
    chromium_page.screenshot(page, "shop-experiment-interleaved")
    page.keyboard.press("Escape")
    page.locator(".card-link").first.click()
    page.wait_for_selector(".product")
    deadline = time.monotonic() + 20
    while not any(one.type is EventType.CLICK for one in events_recent(limit=200)):
        assert time.monotonic() < deadline
        page.wait_for_timeout(150)
    buffer_drain()
    click = next(one for one in events_recent(limit=200) if one.type is EventType.CLICK)
    entry = next(one for one in query_log_recent(limit=20) if str(one.query_id) == click.query_id)
    assert click.product_id in entry.product_ids
    assert "teams" in entry.experiments[0]

    page.goto(f"{live_shop}/?q=black&qa={qa_token('fresh', 'b')}")
    expect(page.locator(".qa")).to_contain_text("You follow a QA link")
    page.locator("[data-why]").first.click()
    page.wait_for_selector("dialog[open] .why-experiment")
    expect(page.locator("dialog .why-experiment")).to_contain_text("variant b (QA, not counted)")
    chromium_page.screenshot(page, "shop-experiment-qa")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Leave").click()
    expect(page.locator(".qa")).to_have_count(0)
