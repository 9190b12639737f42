"""The debug dashboard: two configurations, drawn from real searches."""

from urllib.parse import parse_qs, urlparse

import pytest
from django.test import Client
from django.utils import timezone

from apps.access.models import User
from apps.explainability.contracts.debugged import DebugAsked, SideAsked
from apps.explainability.domain.debug_picture import (
    histogram_of,
    step_words,
    title_of,
    tone_of,
    weights_words,
    whole_of,
)
from apps.explainability.domain.debug_state import (
    StateInvalid,
    side_words,
    state_query,
    state_read,
)
from apps.explainability.selectors.weights_map import weights_map
from apps.explainability.services.debug_sides import sides_compared
from apps.ranking.contracts import Step
from apps.ranking_weights.contracts import ResolvedWeights
from apps.ranking_weights.services import weights_draft_create
from tests.browser import ChromiumPages
from tests.search.experimenting import FRESH, MATCH, running, weights_publish

URL = "/admin/debug/"


@pytest.fixture
def analyst(db: None) -> User:
    return User.objects.create_superuser("ana", "ana@example.org", "pw")


@pytest.fixture
def page(client: Client, analyst: User) -> Client:
    client.force_login(analyst)
    return client


def test_the_state_is_all_in_the_address() -> None:
    asked = DebugAsked(
        "mouse",
        "electronics",
        5,
        SideAsked("global@2", rules=False, fusion="max"),
        SideAsked(experiment="blue:b"),
    )
    query = state_query(asked)
    read = state_read({name: values[0] for name, values in parse_qs(query).items()})
    assert read == asked
    assert state_query(state_read({"q": "mouse", "a.rules": "on", "b.weights": ""})) == "q=mouse"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"q": "x" * 257}, "q"),
        ({"shown": "0"}, "shown"),
        ({"shown": "none"}, "shown"),
        ({"a.fusion": "magic"}, "a.fusion"),
        ({"b.rules": "maybe"}, "b.rules"),
    ],
)
def test_what_cannot_be_shown_is_named(parameters: dict[str, str], field: str) -> None:
    with pytest.raises(StateInvalid) as refused:
        state_read(parameters)
    assert refused.value.field == field


def test_configurations_in_words() -> None:
    assert side_words(SideAsked()) == "as shoppers get it"
    assert side_words(SideAsked("global@2", rules=False, fusion="max", experiment="x:b")) == (
        "variant b of x, weights of global, version 2, fusion max, no rules"
    )
    assert side_words(SideAsked("draft:7")) == "weights of draft 7"
    assert side_words(SideAsked("global")) == "the global weights"


def test_pictures() -> None:
    import numpy as np

    empty = histogram_of("search_score", np.zeros(0, dtype=np.float32))
    assert (empty.mean, empty.median, sum(empty.counts)) == (None, None, 0)
    full = histogram_of("search_score", np.array([0.0, 1.0, 1.0], dtype=np.float32))
    assert (full.counts[0], full.counts[-1], full.heights[-1]) == (1, 2, 100.0)
    assert tone_of("nothing of ours") == 0
    assert step_words(Step("pin", "top", 7, 1)) == "pin “top”: 7 → 1"
    assert step_words(Step("pin", "top", 1, 1)) == "pin “top”: stays at 1"
    assert (title_of("rules"), tone_of("rules")) == ("Rules", 5)
    assert whole_of([]) == 0.0


def test_whose_weights_in_words() -> None:
    assert weights_words(ResolvedWeights((), "override", "", 0)) == "chosen here"
    assert weights_words(ResolvedWeights((), "default", "", 0)) == "the built-in default"
    assert weights_words(ResolvedWeights((), "none", "", 0)) == "none"
    assert weights_words(ResolvedWeights((), "parent", "electronics", 3)) == (
        "electronics, version 3"
    )


@pytest.mark.usefixtures("lasting_catalogue")
def test_two_configurations_side_by_side() -> None:
    weights_publish("global", MATCH)
    weights_publish("global", FRESH)
    asked = DebugAsked("mouse", "", 5, SideAsked("global@1"), SideAsked())
    a, b = sides_compared(asked, timezone.now())
    assert (a.weights_words, b.weights_words) == (
        "chosen here: global, version 1",
        "global, version 2",
    )
    assert [title for title, _, _ in b.weights] == ["Freshness"]
    assert a.found == b.found == 17
    assert len(a.hits) == 5
    best = b.hits[0]
    assert best.other is not None
    assert best.moved == best.other - 1
    for side in (a, b):
        for hit in side.hits:
            assert sum(bar.value for bar in hit.bars) == pytest.approx(hit.score, abs=1e-9)
            assert sum(bar.width for bar in hit.bars) <= 100.0 + 1e-9
        assert {each.feature for each in side.histograms} >= {"search_score", "freshness_score"}
        assert all(sum(each.counts) == side.found for each in side.histograms)


@pytest.mark.usefixtures("lasting_catalogue")
def test_variants_drafts_fusion_and_categories() -> None:
    running("fresh", {"ranking": {"weights": MATCH}}, {"ranking": {"weights": FRESH}})
    draft = weights_draft_create(subject="global", weights=FRESH, actor=None)
    asked = DebugAsked(
        "",
        "fashion",
        3,
        SideAsked(experiment="fresh:b", fusion="max", rules=False),
        SideAsked(f"draft:{draft.id}"),
    )
    a, b = sides_compared(asked, timezone.now())
    assert a.weights_words == "experiment fresh, variant b"
    assert [hit.product_id for hit in a.hits] == [hit.product_id for hit in b.hits]
    assert a.chain[0][0] == "experiment"


@pytest.mark.usefixtures("lasting_catalogue")
@pytest.mark.parametrize(
    "query",
    [
        "q=mouse&a.weights=global@99",
        "q=mouse&a.weights=nonsense",
        "q=mouse&b.weights=draft:x",
        "q=mouse&b.experiment=none:a",
        "q=mouse&shown=99",
    ],
)
def test_what_does_not_exist_is_said(page: Client, query: str) -> None:
    response = page.get(f"{URL}?{query}")
    assert response.status_code == 400
    assert b'role="alert"' in response.content


@pytest.mark.usefixtures("lasting_catalogue")
def test_the_map_says_who_inherits() -> None:
    weights_publish("electronics", FRESH)
    rows = {row.path: row for row in weights_map()}
    assert rows["electronics"].own
    mice = rows["electronics/mice"]
    assert (mice.own, mice.inherited_from, mice.number) == (False, "electronics", 1)
    assert rows["fashion"].inherited_from == "(default)"


@pytest.mark.usefixtures("lasting_catalogue")
def test_the_page_is_for_those_who_may_see_weights(client: Client, page: Client) -> None:
    response = page.get(URL)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    page.logout()
    nobody = User.objects.create_user("eve", "eve@example.org", "pw", is_staff=True)
    page.force_login(nobody)
    assert page.get(URL).status_code == 403


@pytest.mark.browser
@pytest.mark.usefixtures("lasting_catalogue")
def test_the_comparison_in_a_browser(
    live_server: "object", chromium_page: ChromiumPages, analyst: User
) -> None:
    weights_publish("global", {**MATCH, "search_score": 0.7, "freshness_score": 0.3})
    weights_publish("electronics", FRESH)
    base = str(live_server)
    page = chromium_page(width=1280, height=900, signed_in=analyst, base_url=base)
    page.goto(f"{base}{URL}")
    page.get_by_label("Query").fill("wireless mouse")
    page.locator("#a-weights").select_option("global")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_selector(".hits")
    assert page.locator(".side-a .hits > li").count() == 10
    assert page.locator(".moved.up").count() > 0
    link = page.locator("#link").input_value()
    assert parse_qs(urlparse(link).query) == {"q": ["wireless mouse"], "a.weights": ["global"]}
    chromium_page.screenshot(page, "debug-wide", full_page=True)
    phone = chromium_page(width=390, height=844, signed_in=analyst, base_url=base)
    phone.emulate_media(color_scheme="dark")
    phone.goto(link)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    chromium_page.screenshot(phone, "debug-phone-dark", full_page=True)
