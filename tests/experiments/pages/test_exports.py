"""Downloads: plain numbers, reports, day rows."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.access.models import AuditEntry
from apps.experiments.models import Experiment, Rollup, Unit
from tests.browser import SCREENSHOTS
from tests.experiments.pages import results_factory as made
from tests.experiments.pages.conftest import Show, person

pytestmark = pytest.mark.django_db
LIST = "/experiments/"


def test_results_as_csv_and_json(show: Show, as_analyst: Client) -> None:
    key = show()
    table = as_analyst.get(f"{LIST}{key}/export/results.csv")
    lines = table.content.decode().splitlines()
    assert lines[0].startswith("experiment,as_of,readable,metric")
    assert len(lines) == 6
    assert "attachment" in table.headers["Content-Disposition"]
    document = json.loads(as_analyst.get(f"{LIST}{key}/export/results.json").content)
    assert document["recommendation"]["action"] == "ship"


def rollup_create(key: str) -> None:
    Rollup.objects.create(
        experiment=Experiment.objects.get(key=key), phase=1, variant="control", metric="revenue",
        day=made.day(2), n=3, rows=4, m=6.0, mm=14.0, x=[1.0], xx=[1.0], mx=[2.0],
    )  # fmt: skip


def test_day_rows_for_a_notebook(show: Show, as_analyst: Client) -> None:
    key = show()
    rollup_create(key)
    line = as_analyst.get(f"{LIST}{key}/export/days.jsonl").content.decode()
    row = json.loads(line)
    assert (row["n"], row["m"], row["mm"], row["x"], row["day"]) == (
        3,
        6.0,
        14.0,
        [1.0],
        "2026-11-02",
    )
    table = as_analyst.get(f"{LIST}{key}/export/days.csv").content.decode().splitlines()
    assert table[1].startswith("fresh-first,1,control,revenue,,,2026-11-02,3,4,6.0,14.0")
    page = as_analyst.get(f"{LIST}{key}/").content.decode()
    assert "api/v1/experiments/fresh-first/days" in page


def test_the_api_gives_day_rows_too(show: Show, client: Client) -> None:
    key = show()
    rollup_create(key)
    from apps.access.contracts import Scope
    from apps.access.services import api_key_create

    secret = api_key_create(name="notebook", scopes=[Scope.EXPERIMENTS_READ]).secret_once
    path, held = f"/api/v1/experiments/{key}/days", {"X-API-Key": secret}
    assert client.get(path).status_code == 401
    answer = client.get(path, headers=held)
    assert (answer.status_code, json.loads(answer.content)["n"]) == (200, 3)
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    table = client.get(f"{path}?as=csv&dimension=*", headers=held)
    assert len(table.content.decode().splitlines()) == 2
    assert client.get(f"{path}?as=xml", headers=held).status_code == 400
    assert client.get(f"{path}?nonsense=1", headers=held).status_code == 400
    assert client.get("/api/v1/experiments/none/days", headers=held).status_code == 404


@pytest.mark.parametrize("state", ["ab", "srm", "empty", "cannot", "bandit", "interleaving", "undecided", "bayesian"])  # fmt: skip
def test_reports_stand_alone(state: str, show: Show, as_analyst: Client) -> None:
    states: dict[str, Any] = {
        "ab": (made.results_of(), made.design_of()),
        "srm": (made.srm_results(), made.design_of()),
        "empty": (made.empty_results(), made.design_of()),
        "cannot": (made.cannot_compute_results(), made.design_of()),
        "bandit": (made.bandit_results(), made.bandit_design()),
        "interleaving": (made.interleaving_results(), made.design_of()),
        "undecided": (made.interleaving_results(decided=False), made.design_of()),
        "bayesian": (made.bayesian_results(), made.bayesian_design()),
    }
    key = show(*states[state])
    html = as_analyst.get(f"{LIST}{key}/report.html").content.decode()
    for outside in ("<link", "<script", 'href="/', "src="):
        assert outside not in html
    assert "--accent" in html
    paper = as_analyst.get(f"{LIST}{key}/report.pdf")
    assert paper.content.startswith(b"%PDF")
    assert paper.headers["Content-Type"] == "application/pdf"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (SCREENSHOTS / f"experiment-report-{state}.pdf").write_bytes(paper.content)


def test_rows_of_units_need_the_right_to_see_events(show: Show, as_analyst: Client) -> None:
    key = show()
    Unit.objects.create(
        experiment=Experiment.objects.get(key=key), salt_version=1, unit="c:client-7", phase=1,
        variant="fresh", first_exposed_at=made.START, last_exposed_at=made.START, exposures=3,
    )  # fmt: skip
    path = f"{LIST}{key}/export/exposures.csv"
    assert as_analyst.get(path).status_code == 403
    assert "exposures.csv" not in as_analyst.get(f"{LIST}{key}/").content.decode()
    user = person("eva", "view_experiment")
    user.user_permissions.add(
        Permission.objects.get(content_type__app_label="events", codename="view_event")
    )
    client = Client()
    client.force_login(user)
    assert "exposures.csv" in client.get(f"{LIST}{key}/").content.decode()
    answer = client.get(path)
    assert b"client-7" in answer.getvalue()
    assert client.get(f"{LIST}{key}/export/units.csv").status_code == 200
    assert client.get(f"{LIST}{key}/export/units.xml").status_code == 404
    kept = AuditEntry.objects.filter(action="export", actor=user)
    assert [row.after for row in kept.order_by("id")] == [
        {"table": "exposures", "format": "csv"},
        {"table": "unit_metrics", "format": "csv"},
    ]
