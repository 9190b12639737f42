"""Every state of the pages in a real browser, in light, dark, at phone width and on paper."""

import pytest
from pytest_django.live_server_helper import LiveServer

from apps.access.models import User
from apps.experiments.contracts.design import ExperimentDesign
from apps.experiments.contracts.results import ExperimentResults
from tests.browser import ChromiumPages
from tests.experiments.pages import results_factory as made
from tests.experiments.pages.conftest import Show, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STATES: dict[str, tuple[ExperimentResults, ExperimentDesign]] = {
    "ab": (made.results_of(), made.design_of()),
    "bayesian": (made.bayesian_results(), made.bayesian_design()),
    "sequential": (made.early_results(), made.sequential_design()),
    "srm": (made.srm_results(), made.design_of()),
    "empty": (made.empty_results(), made.design_of()),
    "cannot": (made.cannot_compute_results(), made.design_of()),
    "bandit": (made.bandit_results(), made.bandit_design()),
    "interleaving": (made.interleaving_results(), made.design_of()),
    "large": (made.large_results(), made.design_of(4)),
}


@pytest.fixture
def everybody(transactional_db: None) -> User:
    return person("dora", "view_experiment", "decide_experiment", "refresh_experiment")


@pytest.mark.parametrize("state", STATES)
def test_every_state_fits_its_width(
    state: str, show: Show, live_server: LiveServer, chromium_page: ChromiumPages, everybody: User
) -> None:
    results, design = STATES[state]
    key = show(results, design)
    page = chromium_page(signed_in=everybody, base_url=live_server.url, width=1360)
    page.goto(f"/experiments/{key}/")
    assert page.locator("h1").inner_text() == design.name
    assert page.evaluate("document.documentElement.scrollWidth") <= 1360
    chromium_page.screenshot(page, f"experiment-{state}-light", full_page=True)
    page.emulate_media(color_scheme="dark")
    chromium_page.screenshot(page, f"experiment-{state}-dark", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    chromium_page.screenshot(page, f"experiment-{state}-phone", full_page=True)
    page.set_viewport_size({"width": 1000, "height": 1200})
    page.emulate_media(media="print")
    chromium_page.screenshot(page, f"experiment-{state}-print", full_page=True)
