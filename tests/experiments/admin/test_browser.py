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
from apps.experiments.models import Flag, MetricVersion
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.design import experiment_edit
from apps.experiments.services.flags import flag_create
from apps.experiments.services.layers import layer_create
from apps.experiments.services.metrics import metric_draft_create
from tests.browser import ChromiumPages
from tests.experiments.admin.pages import LIST, traffic_make
from tests.experiments.factories import design_make, experiment_running

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


def design_written(pages: ChromiumPages, page: Page) -> None:
    """A merchandiser writes a design and requests its start."""
    page.goto(LIST)
    page.goto(f"{LIST}add/")
    shot(pages, page, "templates")
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
    expect(page.locator("[data-plan]")).to_contain_text("Runtime needed")
    shot(pages, page, "guided")
    page.get_by_role("button", name="Save the draft").click()
    page.wait_for_url(re.compile(r"/experiment/\d+/change/"))
    shot(pages, page, "draft")
    page.get_by_role("link", name="Request the start").click()
    shot(pages, page, "request")
    page.get_by_role("button", name="Request the start").click()
    expect(page.get_by_text("waiting for a second person")).to_be_visible()


def design_approved(pages: ChromiumPages, page: Page) -> None:
    """A second person reviews, approves and starts it."""
    page.goto("/admin/")
    page.get_by_role("link", name="Waiting for approval").first.click()
    shot(pages, page, "queue")
    page.get_by_role("link", name="Review").click()
    shot(pages, page, "review")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("approved by chris")).to_be_visible()
    page.get_by_role("link", name="Start", exact=True).click()
    page.get_by_label("Reason").fill("Spring.")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("is running", exact=False).first).to_be_visible()
    shot(pages, page, "running")


def experiment_killed(pages: ChromiumPages, page: Page, secret: str) -> None:
    """One click in the list; the storefront's API follows within a second or two."""
    page.goto(LIST)
    shot(pages, page, "list")
    page.get_by_role("button", name="Kill fresher-electronics").click()
    expect(page.get_by_text("fresher-electronics is killed")).to_be_visible()
    shot(pages, page, "killed")
    assert experiment_view("fresher-electronics").status is Status.PAUSED
    deadline = time.monotonic() + 2
    while variants_of(secret) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert variants_of(secret) == set()


def test_from_template_to_kill_switch(
    live_server: LiveServer, chromium_page: ChromiumPages, mara: User, chris: User
) -> None:
    layer_create(name="search-ranking", description="Everything that reorders lists.", actor=mara)
    experiment_running("held", layer={"name": "search-ranking", "low": 0.0, "high": 0.25})
    secret = api_key_create(name="shop", scopes=[Scope.EXPERIMENTS_ASSIGN]).secret_once

    traffic_make()
    wide: Any = {"base_url": live_server.url, "width": 1440, "height": 1000}
    design_written(chromium_page, chromium_page(signed_in=mara, **wide))
    second = chromium_page(signed_in=chris, **wide)
    design_approved(chromium_page, second)
    assert variants_of(secret) == {"control", "treatment", "bold"}
    experiment_killed(chromium_page, second, secret)


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


def test_every_other_page_is_seen(
    live_server: LiveServer, chromium_page: ChromiumPages, mara: User
) -> None:
    """No page logs an error, in light or dark; what they look like is kept as pictures."""
    layer_create(name="search-ranking", description="Everything that reorders lists.", actor=mara)
    for place, key in enumerate(("held", "freshness-in-audio", "semantic-off")):
        layer = {"name": "search-ranking", "low": place * 0.2, "high": place * 0.2 + 0.2}
        experiment_running(key, layer=layer)
    view = experiment_view("held")
    changed = design_make(coverage=0.5, hypothesis="Fewer at first.")
    experiment_edit(key="held", design=changed, actor=mara)
    flag_create(
        key="new-checkout",
        definition={"value_type": "boolean", "value": True, "description": "One page."},
        actor=mara,
    )
    metric = MetricVersion.objects.get(subject="ctr").pk
    draft = metric_draft_create(
        key="ours", definition=MetricVersion.objects.get(pk=metric).definition, actor=mara
    ).id
    pages = {
        "overview-change": f"{LIST}{view.id}/change/",
        "edit-weights": f"{LIST}add/?template=weights",
        "complete": f"{LIST}{view.id}/step/complete/",
        "decide": f"{LIST}{view.id}/decide/",
        "layers": "/admin/experiments/layer/",
        "layer-add": "/admin/experiments/layer/add/",
        "holdout": "/admin/experiments/holdoutversion/add/",
        "holdouts": "/admin/experiments/holdoutversion/",
        "metrics": "/admin/experiments/metricversion/",
        "metric": f"/admin/experiments/metricversion/{draft}/change/",
        "metric-live": f"/admin/experiments/metricversion/{metric}/change/",
        "metric-preview": f"/admin/experiments/metricversion/{metric}/preview/",
        "flags": "/admin/experiments/flag/",
        "flag": f"/admin/experiments/flag/{Flag.objects.get().pk}/change/",
        "subscription": "/admin/experiments/reportsubscription/add/",
        "designs": "/admin/experiments/experimentversion/",
        "home": "/admin/",
    }
    page = chromium_page(signed_in=mara, base_url=live_server.url, width=1440, height=1000)
    for name, address in pages.items():
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, name
        shot(chromium_page, page, name)
    page.evaluate("localStorage.setItem('adminTheme', JSON.stringify('dark'))")
    for name in ("overview-change", "edit-weights", "layers"):
        page.goto(pages[name])
        expect(page.locator("html.dark")).to_be_attached()
        shot(chromium_page, page, f"{name}-dark")
