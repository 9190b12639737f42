"""The walk of a merchandiser, in a real browser: from a template to the kill switch."""

import json
import re
import time
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.access.contracts import Scope
from apps.access.models import User
from apps.access.services import api_key_create
from apps.experiments.contracts.assignment import Status
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.layers import layer_create
from tests.browser import ChromiumPages
from tests.experiments.admin.pages import LIST
from tests.experiments.factories import experiment_running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
UNITS = [f"client-{place}" for place in range(40)]


def variants_of(secret: str) -> set[str]:
    """What the storefront's API assigns to forty shoppers."""
    answer = Client().post(
        "/api/v1/experiments/fresher-electronics/assign",
        {"units": UNITS},
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 200, answer.content
    document: Any = json.loads(answer.content)
    return {each["variant"] for each in document["assignments"] if each["in_experiment"]}


def shot(pages: ChromiumPages, page: Page, name: str) -> None:
    pages.screenshot(page, f"experiments-admin-{name}", full_page=True)


def test_from_template_to_kill_switch(
    live_server: LiveServer, chromium_page: ChromiumPages, mara: User, chris: User
) -> None:
    layer_create(name="search-ranking", description="Everything that reorders lists.", actor=mara)
    experiment_running("held", layer={"name": "search-ranking", "low": 0.0, "high": 0.25})
    secret = api_key_create(name="shop", scopes=[Scope.EXPERIMENTS_ASSIGN]).secret_once

    page = chromium_page(signed_in=mara, base_url=live_server.url, width=1440, height=1000)
    page.goto(LIST)
    page.goto(f"{LIST}add/")
    shot(chromium_page, page, "templates")
    page.get_by_role("link", name="UI test").click()
    page.get_by_label("Name").first.fill("Fresher electronics")
    assert page.locator("[name=key]").input_value() == "fresher-electronics"
    page.get_by_label("Hypothesis").fill("Fresh products sell better: nobody has seen them yet.")
    page.get_by_role("button", name="Add a variant").click()
    page.locator("[name=variants-2-key]").fill("bold")
    page.get_by_role("button", name="Equal shares").click()
    expect(page.locator("[data-weight-sum]")).to_have_text("shares sum to 100 %")
    page.locator("[name=variants-1-payload]").fill('{"badge": "fresh"}')
    page.locator("[name=variants-2-payload]").fill('{"badge": "bold"}')
    page.get_by_role("button", name=re.compile("Take what is free first")).click()
    assert page.locator("[name=layer_low]").input_value() == "25"
    page.get_by_role("button", name="Calculate").click()
    expect(page.locator("[data-plan]")).to_contain_text("units of the last 28 days")
    shot(chromium_page, page, "guided")
    page.get_by_role("button", name="Save the draft").click()
    page.wait_for_url(re.compile(r"/experiment/\d+/change/"))
    shot(chromium_page, page, "draft")
    page.get_by_role("link", name="Request the start").click()
    shot(chromium_page, page, "request")
    page.get_by_role("button", name="Request the start").click()
    expect(page.get_by_text("waiting for a second person")).to_be_visible()

    second = chromium_page(signed_in=chris, base_url=live_server.url, width=1440, height=1000)
    second.goto("/admin/")
    second.get_by_role("link", name="Waiting for approval").first.click()
    shot(chromium_page, second, "queue")
    second.get_by_role("link", name="Review").click()
    shot(chromium_page, second, "review")
    second.get_by_role("button", name="Approve").click()
    expect(second.get_by_text("approved by chris")).to_be_visible()
    second.get_by_role("link", name="Start", exact=True).click()
    second.get_by_label("Reason").fill("Spring.")
    second.get_by_role("button", name="Start").click()
    expect(second.get_by_text("is running", exact=False).first).to_be_visible()
    shot(chromium_page, second, "running")
    assert variants_of(secret) == {"control", "treatment", "bold"}

    second.goto(LIST)
    shot(chromium_page, second, "list")
    second.get_by_role("button", name="Kill fresher-electronics").click()
    expect(second.get_by_text("fresher-electronics is killed")).to_be_visible()
    shot(chromium_page, second, "killed")
    assert experiment_view("fresher-electronics").status is Status.PAUSED
    deadline = time.monotonic() + 2
    while variants_of(secret) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert variants_of(secret) == set()


def test_without_javascript_and_on_a_phone(
    live_server: LiveServer, chromium_page: ChromiumPages, mara: User
) -> None:
    layer_create(name="search-ranking", actor=mara)
    page = chromium_page(
        signed_in=mara, base_url=live_server.url, java_script=False, width=390, height=844
    )
    page.goto(f"{LIST}add/?template=ui")
    page.locator("[name=name]").fill("No script")
    page.locator("[name=key]").fill("no-script")
    page.locator("[name=variants-1-payload]").fill('{"a": 1}')
    page.get_by_role("button", name="Add a variant").click()
    assert page.locator("[name=name]").input_value() == "No script"
    for place, share in enumerate(("40", "30", "30")):
        page.locator(f"[name=variants-{place}-weight]").fill(share)
    page.locator("[name=variants-2-key]").fill("third")
    page.get_by_role("button", name=re.compile("Take what is free first")).click()
    page.get_by_role("button", name="Calculate").click()
    expect(page.locator("[data-plan]")).to_contain_text("units of the last 28 days")
    shot(chromium_page, page, "without-javascript")
    page.get_by_role("button", name="Save the draft").click()
    design = experiment_view("no-script").design
    assert [variant.weight for variant in design.variants] == [0.4, 0.3, 0.3]
    assert design.layer is not None
