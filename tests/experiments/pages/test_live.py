"""The page over numbers that came the whole way: events, roll-up, analysis, page."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from apps.experiments.services.analysis import analysis_refresh
from apps.experiments.services.rollups.run import experiment_rollup
from tests.browser import ChromiumPages
from tests.experiments.pages.conftest import person
from tests.experiments.rollups.scene import (
    KEY,
    START,
    Row,
    events_fact,
    experiment_on_stage,
    exposure,
    metric_make,
    rows_store,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
UNITS = 80


def _played() -> None:
    """80 people over three days; one purchase in two, and treatment spends more."""
    spent = events_fact("purchase", value="value", aggregation="sum")
    metric_make("revenue", kind="mean", format="money", numerator=spent)
    metric_make("bought", kind="proportion", format="percent", numerator=events_fact("purchase"))
    uses = [
        {"key": "revenue", "role": "primary"},
        {"key": "bought", "role": "guardrail", "margin": 0.1},
    ]
    plan = {"minimum_runtime_days": 1, "planned_units": 10, "minimum_units": 5}
    experiment_on_stage(metrics=uses, unit="user", holdout=False, dimensions=["device"], plan=plan)
    rows: list[Row] = []
    for unit in range(UNITS):
        variant, hour = ("control", "treatment")[unit % 2], 1.0 + 0.8 * unit
        device = {"device": "mobile" if unit % 3 else "desktop"}
        rows.append(exposure(hour, variant, user_id=f"user-{unit}", attributes=device))
        if unit % 4 < 2:
            value = 10.0 + unit / 10 + (15.0 if unit % 2 else 0.0)
            rows.append(Row("purchase", hour + 1, user_id=f"user-{unit}", value=value))
    rows_store(rows)
    end = START + timedelta(days=4)
    experiment_rollup(key=KEY, as_of=end)
    analysis_refresh(key=KEY, as_of=end)


def test_numbers_from_events_open_their_origin(
    live_server: LiveServer, chromium_page: ChromiumPages
) -> None:
    _played()
    user = person("dora", "view_experiment", "decide_experiment", "refresh_experiment")
    page = chromium_page(signed_in=user, base_url=live_server.url, width=1360)
    page.goto(reverse("experiments-detail", args=(KEY,)))
    row = page.locator("#results tbody tr").first
    expect(row).to_contain_text("/ 40")
    row.locator(".origin-link").last.click()
    card = page.locator(".origin:popover-open")
    expect(card).to_contain_text("95 %")
    expect(card.get_by_role("link")).to_have_attribute(
        "href", "/experiments/-/statistics/#tests-and-intervals"
    )
    chromium_page.screenshot(page, "experiments-live-origin")
    page.keyboard.press("Escape")
    expect(page.locator("#exposures figure")).to_have_count(2)
    expect(page.locator("#health .check")).not_to_have_count(0)
    chromium_page.screenshot(page, "experiments-live", full_page=True)
    days = page.request.get(f"/experiments/{KEY}/export/days.jsonl")
    assert days.text().count("\n") > 8
    assert page.request.get(f"/experiments/{KEY}/report.pdf").body().startswith(b"%PDF")
