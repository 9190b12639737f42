"""An analyst at work: list, detail, where a number comes from, by mouse and by keyboard."""

import re

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from apps.access.models import User
from apps.experiments.models import Decision
from tests.browser import ChromiumPages
from tests.experiments.factories import experiment_make
from tests.experiments.pages import results_factory as made
from tests.experiments.pages.conftest import Show, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def decider(transactional_db: None) -> User:
    return person("dora", "view_experiment", "decide_experiment", "refresh_experiment")


@pytest.fixture
def several(show: Show) -> None:
    show(key="fresh-first")
    show(made.srm_results(), key="split-is-broken")
    show(made.early_results(), made.sequential_design(), key="weights-in-books")
    show(made.bandit_results(), made.bandit_design(), key="banner-bandit")
    show(made.empty_results(), key="just-started")
    experiment_make("an-idea")


def test_from_the_list_to_where_a_number_comes_from(
    several: None, live_server: LiveServer, chromium_page: ChromiumPages, decider: User
) -> None:
    page = chromium_page(signed_in=decider, base_url=live_server.url, width=1360)
    page.goto("/experiments/")
    chromium_page.screenshot(page, "experiments-list", full_page=True)
    page.get_by_label("Search").fill("fresh-first")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=fresh-first**")
    page.get_by_role("link", name="Fresh products first in Electronics").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Fresh products first in Electronics"
    )
    change = page.get_by_role("button", name="+4.20 %")
    card = page.get_by_role("dialog", name="Revenue per visitor: Fresh first against As it is")
    expect(card).to_be_hidden()
    change.click()
    expect(card).to_be_visible()
    for words in (
        "SE by the delta method",
        "fresh sum_squares".replace("_", " "),
        "95 % (alpha 0.05)",
    ):
        expect(card).to_contain_text(words)
    chromium_page.screenshot(page, "experiments-origin")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    change.focus()
    page.keyboard.press("Enter")
    expect(card).to_be_visible()
    card.get_by_role("link", name="t test").click()
    page.wait_for_url(re.compile(r"/experiments/-/statistics/#tests-and-intervals$"))
    expect(page.get_by_role("heading", name="Tests and intervals")).to_be_in_viewport()
    chromium_page.screenshot(page, "experiments-methods")


def test_charts_are_read_by_arrow_keys(
    several: None, live_server: LiveServer, chromium_page: ChromiumPages, decider: User
) -> None:
    page = chromium_page(signed_in=decider, base_url=live_server.url)
    page.goto("/experiments/fresh-first/")
    chart = page.locator("#exposures figure").first
    drawing = chart.locator("svg[data-stops]:visible")
    drawing.focus()
    page.keyboard.press("ArrowRight")
    expect(chart.locator(".readout")).to_contain_text("2026-11-01: As it is")
    page.keyboard.press("End")
    expect(chart.locator(".readout")).to_contain_text("2026-11-18")
    page.keyboard.press("ArrowLeft")
    expect(chart.locator(".readout")).to_contain_text("2026-11-17")
    chart.locator("summary").press("Enter")
    expect(chart.get_by_role("row")).to_have_count(19)
    page.locator(".tabs a", has_text="Health").click()
    expect(page.locator(".tabs a[aria-current]")).to_have_text("Health")


def test_the_first_tab_stop_skips_to_the_content(
    several: None, live_server: LiveServer, chromium_page: ChromiumPages, decider: User
) -> None:
    page = chromium_page(signed_in=decider, base_url=live_server.url)
    page.goto("/experiments/fresh-first/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_without_scripts_everything_opens(
    several: None, live_server: LiveServer, chromium_page: ChromiumPages, decider: User
) -> None:
    page = chromium_page(signed_in=decider, base_url=live_server.url, java_script=False, width=390)
    page.goto("/experiments/fresh-first/")
    page.get_by_role("button", name="+4.20 %").click()
    card = page.get_by_role("dialog", name="Revenue per visitor: Fresh first against As it is")
    expect(card).to_be_visible()
    chromium_page.screenshot(page, "experiments-origin-phone")
    card.get_by_role("button", name="Close").click()
    page.get_by_role("link", name="Absolute").click()
    page.wait_for_url("**impact=absolute**")
    page.get_by_label("Metric", exact=True).select_option("cvr")
    page.locator("#dimensions").get_by_role("button", name="Show").click()
    page.wait_for_url("**metric=cvr**")
    page.goto("/experiments/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    chromium_page.screenshot(page, "experiments-list-phone", full_page=True)


def test_a_decision_and_a_trace(
    several: None, live_server: LiveServer, chromium_page: ChromiumPages, decider: User
) -> None:
    page = chromium_page(signed_in=decider, base_url=live_server.url, width=1360)
    page.goto("/experiments/fresh-first/trace")
    page.get_by_label("Unit (client_id)").fill("client-7")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("heading", name="What was asked, in order")).to_be_visible()
    chromium_page.screenshot(page, "experiments-trace", full_page=True)
    page.goto("/experiments/fresh-first/")
    page.locator(".decide > summary").click()
    page.get_by_label("Inconclusive").check()
    page.get_by_label("Why", exact=True).fill("The gain does not outweigh the guardrail.")
    chromium_page.screenshot(page, "experiments-decide")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_role("status")).to_contain_text("Decided.")
    assert Decision.objects.get().text == "The gain does not outweigh the guardrail."
    page.emulate_media(color_scheme="dark")
    page.goto("/experiments/")
    chromium_page.screenshot(page, "experiments-list-dark", full_page=True)
