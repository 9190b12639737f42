import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.access.models import User
from apps.features.contracts import FEATURE_NAMES
from apps.ranking_weights.models import WeightSetVersion
from apps.ranking_weights.services import weight_starters_ensure
from apps.ranking_weights.services_learning import weights_learn
from tests.browser import ChromiumPages
from tests.features.catalogue import categories_create
from tests.ranking_weights.learning.scene import played
from tests.ranking_weights.logged import lists_log
from tests.search.experimenting import weights_publish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "/admin/ranking_weights/weightsetversion/"


@pytest.fixture
def merchandiser() -> User:
    categories_create()
    user = User.objects.create_superuser("mara")
    weight_starters_ensure(paths={"electronics": "electronics"}, actor=user)
    return user


def numbers(page: Page) -> list[float]:
    inputs = page.locator(".weight-slider input[type=number]")
    return [float(inputs.nth(place).input_value()) for place in range(inputs.count())]


def test_sliders_keep_the_sum_by_mouse_and_keyboard(
    live_server: LiveServer, chromium_page: ChromiumPages, merchandiser: User
) -> None:
    page = chromium_page(signed_in=merchandiser, base_url=live_server.url)
    page.goto(f"{LIST}add/?subject=electronics")
    assert numbers(page) == [0.3, 0.3, 0.1, 0.3]
    page.get_by_label("Freshness, slider").fill("0.65")
    assert numbers(page) == [0.15, 0.15, 0.05, 0.65]
    page.get_by_label("Popularity, slider").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert numbers(page)[2] == 0.1
    assert sum(numbers(page)) == pytest.approx(1.0, abs=1e-9)
    page.get_by_label("Text match", exact=True).fill("1")
    assert numbers(page) == [1.0, 0.0, 0.0, 0.0]
    page.get_by_label("Text match", exact=True).fill("0.4")
    assert numbers(page) == [0.4, 0.2, 0.2, 0.2]
    expect(page.locator("[data-weights-sum]")).to_have_text("1.00")
    chromium_page.screenshot(page, "weights-sliders", full_page=True)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**{LIST}")
    chromium_page.screenshot(page, "weights-list", full_page=True)
    draft = WeightSetVersion.objects.get(status="draft")
    assert [draft.weights[name] for name in FEATURE_NAMES] == [0.4, 0.2, 0.2, 0.2]
    page.goto(f"{LIST}{draft.pk}/change/")
    chromium_page.screenshot(page, "weights-draft", full_page=True)


def test_without_javascript_the_numbers_are_the_form(
    live_server: LiveServer, chromium_page: ChromiumPages, merchandiser: User
) -> None:
    page = chromium_page(
        signed_in=merchandiser, base_url=live_server.url, java_script=False, width=390
    )
    page.goto(f"{LIST}add/?subject=electronics/audio")
    assert page.locator("input[type=range]:visible").count() == 0
    page.locator("[name=weights_search_score]").fill("0.9")
    page.locator("[name=weights_cf_score]").fill("0.1")
    page.locator("[name=weights_popularity_score]").fill("0")
    page.locator("[name=weights_freshness_score]").fill("0")
    chromium_page.screenshot(page, "weights-without-javascript", full_page=True)
    page.locator("[name=_save]").click()
    draft = WeightSetVersion.objects.get(status="draft")
    assert draft.subject == "electronics/audio"
    assert [draft.weights[name] for name in FEATURE_NAMES] == [0.9, 0.1, 0.0, 0.0]


def test_a_learned_drafts_page_shows_what_speaks_for_it(
    live_server: LiveServer, chromium_page: ChromiumPages, merchandiser: User
) -> None:
    worse = {"search_score": 0.1, "cf_score": 0.8, "popularity_score": 0.05,
             "freshness_score": 0.05}  # fmt: skip
    weights_publish("electronics", worse)
    lists_log(played({"electronics": 1_200}, seed=4))
    assert weights_learn(as_of=timezone.now()).drafts
    draft = WeightSetVersion.objects.filter(status="draft").latest("created_at")
    page = chromium_page(signed_in=merchandiser, base_url=live_server.url)
    page.goto(f"{LIST}{draft.pk}/change/")
    table = page.locator(".weight-evidence-table")
    expect(table).to_contain_text("DCG at 10, self-normalised")
    expect(page.locator(".weight-evidence")).to_contain_text("what the lists themselves fit best")
    chromium_page.screenshot(page, "weights-learned-draft", full_page=True)
