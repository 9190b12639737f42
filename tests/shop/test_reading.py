"""What the search page says about how it read the query."""

import re
from html import unescape

import pytest
from django.test import Client

from apps.demo.contracts import DemoCatalogue
from apps.search.contracts_understanding import (
    CorrectedWord,
    Correction,
    Extraction,
    ExtractionUse,
    Understanding,
)
from apps.shop.domain.reading import corrected_of, reading_chips
from tests.browser import ChromiumPages


def test_chips_are_the_filters_and_drop_them() -> None:
    found = Understanding(
        "red mouse under 5", "red mouse",
        extracted=(
            Extraction("attr.color", "red", "red", ExtractionUse.BOOST, "Color: red"),
            Extraction("price", "..5", "under 5", ExtractionUse.FILTER, "Price up to 5"),
        ),
    )  # fmt: skip
    parameters = {"q": ["red mouse under 5"], "page": ["3"], "drop": ["brand:Acme"]}
    (chip,) = reading_chips(found, "/", parameters)
    assert chip.label == "Price up to 5"
    assert chip.url == "/?q=red%20mouse%20under%205&drop=brand%3AAcme&drop=price%3A..5"


def test_insisting_keeps_everything_but_the_page() -> None:
    correction = Correction("wireles", "wireless", (CorrectedWord("wireles", "wireless", 0.9),))
    found = corrected_of(correction, "Wireles ", "/", {"q": ["Wireles "], "page": ["2"]})
    assert found is not None
    assert (found.shown, found.typed) == ("wireless", "Wireles")
    assert found.insist_url == "/?q=Wireles%20&spell=false"
    assert corrected_of(None, "x", "/", {}) is None


def test_the_page_corrects_and_lets_insist(client: Client, stocked: DemoCatalogue) -> None:
    page = client.get("/", {"q": "headphonse"}).content.decode()
    assert "Showing results for <b>headphones</b>" in page
    link = re.search(r'<a href="([^"]*)">Search instead for “headphonse”</a>', page)
    assert link is not None
    again = client.get(unescape(link[1])).content.decode()
    assert "Showing results for" not in again
    assert '<input type="hidden" name="spell" value="false">' in again


def test_filters_from_the_words_can_be_removed(client: Client, stocked: DemoCatalogue) -> None:
    page = client.get("/", {"q": "headphones under 150"}).content.decode()
    link = re.search(r'<a href="([^"]*)">Price up to 150', page)
    assert link is not None
    again = client.get(unescape(link[1])).content.decode()
    assert "Price up to 150" not in again
    counts = [int(re.search(r"<b>(\d+)</b> product", each)[1]) for each in (page, again)]  # type: ignore[index]  # there is one
    assert counts[0] < counts[1]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_both_by_keyboard(live_shop: str, chromium_page: ChromiumPages) -> None:
    page = chromium_page()
    page.goto(live_shop)
    page.get_by_role("combobox", name="Search the shop").fill("wireles headphonse under 150")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Showing results for")
    chromium_page.screenshot(page, "shop-reading")
    chip = page.get_by_role("link", name="Price up to 150")
    chip.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Price up to 150", state="detached")
    page.get_by_role("link", name="Search instead for").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Showing results for", state="detached")
    assert "drop=price" in page.url
    assert "spell=false" in page.url
    chromium_page.screenshot(page, "shop-reading-insisted")
