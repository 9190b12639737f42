"""Status, permissions, content and costs of the result pages."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access.models import User
from apps.experiments.models import (
    Analysis,
    Decision,
    Experiment,
    ExperimentVersion,
    Phase,
    Rollup,
    Unit,
)
from tests.browser import SCREENSHOTS
from tests.experiments.factories import experiment_make
from tests.experiments.pages import results_factory as made
from tests.experiments.pages.conftest import Show, analysis_store, person

pytestmark = pytest.mark.django_db
LIST = "/experiments/"


def test_urls_have_their_names() -> None:
    assert reverse("experiments-list") == LIST
    assert reverse("experiments-detail", args=("a",)) == "/experiments/a/"
    assert reverse("experiments-trace", args=("a",)) == "/experiments/a/trace"
    assert reverse("experiments-report", args=("a", "pdf")) == "/experiments/a/report.pdf"
    assert reverse("experiments-export", args=("a", "days.csv")) == "/experiments/a/export/days.csv"


@pytest.mark.parametrize("path", [LIST, "/experiments/x/", "/experiments/x/trace", "/experiments/-/statistics/"])  # fmt: skip
def test_nobody_sees_them_without_login_or_permission(path: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/login/")
    client = Client()
    client.force_login(User.objects.create_user("nobody"))
    assert client.get(path).status_code == 403


def test_pages_are_private_and_strict(as_analyst: Client) -> None:
    answer = as_analyst.get(LIST)
    assert answer.headers["Cache-Control"] == "private, no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy


def test_an_empty_list_says_so(as_analyst: Client) -> None:
    assert "No experiment yet" in as_analyst.get(LIST).content.decode()
    assert "Nothing matches" in as_analyst.get(f"{LIST}?q=x").content.decode()
    assert "Nothing needs attention" in as_analyst.get(f"{LIST}?attention=1").content.decode()


def test_the_list_says_where_each_stands(show: Show, as_analyst: Client) -> None:
    show(key="ship-it")
    show(made.srm_results(), key="broken-split")
    show(made.early_results(), made.sequential_design(), key="too-early")
    experiment_make("only-a-draft")
    page = as_analyst.get(LIST).content.decode()
    assert page.index("broken-split") < page.index("too-early")
    for words in ("Ready for review", "Unhealthy", "Health: SRM.", "9\u00a0days left", "Draft"):
        assert words in page
    assert page.index("broken-split") < page.index("only-a-draft")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("q=BROKEN", {"broken-split"}),
        ("q=mara", {"ship-it", "broken-split", "only-a-draft"}),
        ("status=draft", {"only-a-draft"}),
        ("status=nonsense&kind=bandit", set()),
        ("surface=search", {"ship-it", "broken-split"}),
        ("health=alarm", {"broken-split"}),
        ("attention=1", {"ship-it", "broken-split"}),
        ("sort=name&page=99", {"ship-it", "broken-split", "only-a-draft"}),
        ("sort=units&page=x", {"ship-it", "broken-split", "only-a-draft"}),
        ("sort=newest&q=%00", {"ship-it", "broken-split", "only-a-draft"}),
        ("sort=longest", {"ship-it", "broken-split", "only-a-draft"}),
    ],
)
def test_the_list_filters(query: str, wanted: set[str], show: Show, as_analyst: Client) -> None:
    show(key="ship-it")
    show(made.srm_results(), key="broken-split")
    experiment_make("only-a-draft")
    context = as_analyst.get(f"{LIST}?{query}").context
    assert {each.line.key for each in context["lines"]} == wanted


def copied(row: Model, **changes: Any) -> Any:
    """The same row once more, not yet stored."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**{**values, "id": None, **changes})


def experiments_create(count: int) -> None:
    """Many experiments at once, each running with an analysis and an open phase."""
    first = Experiment.objects.get(key="first")
    assert first.live is not None
    live = first.live
    versions = ExperimentVersion.objects.bulk_create(
        copied(live, subject=f"bulk-{place}") for place in range(count)
    )
    rows = Experiment.objects.bulk_create(
        copied(first, key=f"bulk-{place}", name=f"Bulk {place}", live_id=versions[place].pk)
        for place in range(count)
    )
    analysis, phase = Analysis.objects.get(experiment=first), Phase.objects.get(experiment=first)
    Analysis.objects.bulk_create(copied(analysis, experiment_id=row.pk) for row in rows)
    Phase.objects.bulk_create(copied(phase, experiment_id=row.pk) for row in rows)


def statements(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_a_thousand_experiments_cost_as_many_statements_as_one(
    show: Show, as_analyst: Client
) -> None:
    show(key="first")
    few = statements(as_analyst, LIST)
    experiments_create(1000)
    assert statements(as_analyst, LIST) == few <= 8
    assert statements(as_analyst, f"{LIST}?attention=1&sort=units&page=3") == few
    page = as_analyst.get(f"{LIST}?page=3").context["page"]
    assert (page.found, page.pages, len(page.lines)) == (1001, 21, 50)
    assert "…" in as_analyst.get(f"{LIST}?page=10").content.decode()


def test_fifty_metrics_by_four_cost_as_many_statements_as_one(
    show: Show, as_analyst: Client
) -> None:
    show(key="small")
    show(made.large_results(), made.design_of(4), key="large")
    small = statements(as_analyst, f"{LIST}small/")
    assert statements(as_analyst, f"{LIST}large/") == small <= 10
    page = as_analyst.get(f"{LIST}large/").content.decode()
    assert page.count('class="verdict') >= 150


def test_detail_holds_everything(show: Show, as_analyst: Client) -> None:
    page = as_analyst.get(f"{LIST}{show()}/").content.decode()
    for words in (
        "Fresh products first in Electronics", "regulars have seen the rest", "Ready for review",
        "+4.20\u00a0%", "95\u00a0%: +0.67\u00a0% to +7.73\u00a0%", "€2.31", "55,440 / 24,000",
        "Breached", "CUPED: 23.1\u00a0% of the variance removed", "statistics/#tests-and-intervals",
        "New units per day", "Units in two variants", "For ideas, not for decisions",
        "Search stays as it is", "Started</b> by mara", "Ship “Fresh first”",
    ):  # fmt: skip
        assert words in page, words
    assert "Do not read" not in page
    assert "style=" not in page
    assert "onclick" not in page


def test_absolute_and_scaled_impact(show: Show, as_analyst: Client) -> None:
    key = show()
    absolute = as_analyst.get(f"{LIST}{key}/?impact=absolute").content.decode()
    assert "+€0.0970" in absolute
    assert "pp" in absolute
    scaled = as_analyst.get(f"{LIST}{key}/?impact=scaled&metric=revenue").content.decode()
    assert "Impact per day" in scaled
    assert "+€310.46" in scaled


def test_what_must_not_be_read_says_so(show: Show, as_analyst: Client) -> None:
    page = as_analyst.get(f"{LIST}{show(made.srm_results())}/").content.decode()
    assert "Do not read these results yet" in page
    assert "Not to be read yet" in page
    assert 'class="verdict better"' not in page
    assert "Unhealthy" in page


def test_what_cannot_be_computed_says_why(show: Show, as_analyst: Client) -> None:
    page = as_analyst.get(f"{LIST}{show(made.cannot_compute_results())}/").content.decode()
    assert "there is no variance" in page
    assert "Cannot be computed" in page
    assert "Steps of the funnel" in page
    assert "−∞" in page


def test_other_kinds_have_their_panels(show: Show, as_analyst: Client) -> None:
    bayesian = as_analyst.get(f"{LIST}{show(made.bayesian_results(), made.bayesian_design(), key='a')}/").content.decode()  # fmt: skip
    assert "Chance to win" in bayesian
    assert "expected loss" in bayesian
    bandit = as_analyst.get(f"{LIST}{show(made.bandit_results(), made.bandit_design(), key='b')}/").content.decode()  # fmt: skip
    assert "Allocation over time" in bandit
    assert "Chance Fresh first is best" in bandit
    mixed = as_analyst.get(f"{LIST}{show(made.interleaving_results(), key='c')}/").content.decode()
    assert "Fresh first is preferred" in mixed
    empty = as_analyst.get(f"{LIST}{show(made.empty_results(), key='d')}/").content.decode()
    assert "No data yet" in empty
    assert "No exposure has been counted yet" in empty


def test_a_draft_has_a_page(as_analyst: Client) -> None:
    experiment_make("only-a-draft")
    page = as_analyst.get(f"{LIST}only-a-draft/")
    assert page.status_code == 200
    assert "Not started" in page.content.decode()
    assert as_analyst.get(f"{LIST}only-a-draft/report.pdf").status_code == 404
    assert as_analyst.get(f"{LIST}only-a-draft/export/results.csv").status_code == 404


def test_unknown_things_are_not_found(show: Show, as_analyst: Client) -> None:
    key = show()
    for path in ("nothing/", f"{key}/report.docx", f"{key}/export/x.csv", f"{key}/?analysis=999999"):
        assert as_analyst.get(LIST + path).status_code == 404
    assert as_analyst.get(f"{LIST}{key}/?analysis=x").status_code == 400


def test_only_who_may_computes(show: Show, as_analyst: Client, as_decider: Client) -> None:
    key = show()
    assert as_analyst.get(f"{LIST}{key}/?as_of=2026-11-05").status_code == 403
    assert as_analyst.post(f"{LIST}{key}/refresh").status_code == 403
    assert "Compute again" not in as_analyst.get(f"{LIST}{key}/").content.decode()
    page = as_decider.get(f"{LIST}{key}/?as_of=2026-11-05&allocation=1").content.decode()
    assert "Computed for this page as of 2026-11-05 23:59 UTC, allocation 1." in page
    for wrong in ("2026-13-45", "tomorrow", "2026-02-30"):
        assert as_decider.get(f"{LIST}{key}/?as_of={wrong}").status_code == 400
    for right in ("2026-11-05T09:45", "2026-11-05T09:45:00%2B02:00"):
        assert as_decider.get(f"{LIST}{key}/?as_of={right}").status_code == 200
    answer = as_decider.post(f"{LIST}{key}/refresh", follow=True)
    assert "Computed again." in answer.content.decode()
    assert Analysis.objects.get(experiment__key=key, latest=True).units == 0


def test_deciding(show: Show, as_analyst: Client, as_decider: Client) -> None:
    key = show()
    path = f"{LIST}{key}/decide"
    assert as_analyst.post(path, {}).status_code == 403
    assert as_decider.get(path).status_code == 405
    wrong = as_decider.post(path, {"outcome": "maybe", "text": "x"}, follow=True)
    assert "Choose what is decided." in wrong.content.decode()
    assert not Decision.objects.exists()
    right = as_decider.post(
        path,
        {"outcome": "inconclusive", "variant": "", "text": "Nothing to be seen <here>."},
        follow=True,
    ).content.decode()
    assert "Decided." in right
    assert "Nothing to be seen &lt;here&gt;." in right
    decision = Decision.objects.get()
    kept = as_analyst.get(f"{LIST}{key}/?analysis={decision.analysis_id}").content.decode()
    assert "A kept analysis of" in kept
    assert "decided: inconclusive" in as_analyst.get(LIST).content.decode()
    assert as_analyst.get(f"{LIST}{key}/report.pdf").content.startswith(b"%PDF")


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
    assert (row["n"], row["m"], row["mm"], row["x"], row["day"]) == (3, 6.0, 14.0, [1.0], "2026-11-02")
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


def test_methods_have_the_anchors_that_origins_name(as_analyst: Client) -> None:
    page = as_analyst.get("/experiments/-/statistics/").content.decode()
    for anchor in ("effects", "tests-and-intervals", "bayesian", "checks", "group-sequential-designs"):
        assert f'id="{anchor}"' in page
    assert "<table>" in page


def test_methods_without_their_file(as_analyst: Client, settings: Any, tmp_path: Any) -> None:
    settings.BASE_DIR = tmp_path
    assert "not part of this installation" in as_analyst.get("/experiments/-/statistics/").content.decode()


def test_why_is_this_unit_in_its_variant(show: Show, as_analyst: Client) -> None:
    key = show()
    path = f"{LIST}{key}/trace"
    assert "Nothing is logged or counted" in as_analyst.get(path).content.decode()
    page = as_analyst.get(f"{path}?unit=client-7&attributes=device%3Dmobile").content.decode()
    for words in ("Which phase is in force?", "Into which variant", "Hash 0.", "counted"):
        assert words in page
    assert "No exposure of this unit has been counted." in page
    Unit.objects.create(
        experiment=Experiment.objects.get(key=key), salt_version=1, unit="c:client-7", phase=1,
        variant="fresh", first_exposed_at=made.START, last_exposed_at=made.START, exposures=3,
    )  # fmt: skip
    assert "c:client-7" in as_analyst.get(f"{path}?unit=client-7").content.decode()


def test_a_trace_that_cannot_be_made_says_why(show: Show, as_analyst: Client) -> None:
    path = f"{LIST}{show()}/trace"
    assert "name=value" in as_analyst.get(f"{path}?unit=a&attributes=nonsense").content.decode()
    assert "A day (2026-11-21)" in as_analyst.get(f"{path}?unit=a&as_of=soon").content.decode()
    before = as_analyst.get(f"{path}?unit=a&as_of=2020-01-01").content.decode()
    assert "No phase is in force" in before


def test_admin_leads_to_the_pages(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    assert 'href="/experiments/"' in client.get("/admin/").content.decode()


def test_a_planned_end_that_passed(show: Show, as_analyst: Client) -> None:
    late = replace(made.design_of().schedule, ends_at=datetime(2026, 11, 10, tzinfo=UTC))
    early = replace(made.results_of(), recommendation=made.early_results().recommendation)
    key = show(early, made.design_of(schedule=late))
    assert "Ready for review" in as_analyst.get(f"{LIST}{key}/").content.decode()
    page = as_analyst.get(LIST).content.decode()
    assert "until 2026-11-10" in page


def test_several_allocations_are_offered_apart(show: Show, as_decider: Client) -> None:
    key = show()
    phase = Phase.objects.get(experiment__key=key)
    ends = phase.starts_at + timedelta(days=3)
    Phase.objects.filter(pk=phase.pk).update(ends_at=ends)
    Phase.objects.create(
        experiment=phase.experiment, number=2, version=phase.version, salt="x:2:b",
        salt_version=2, coverage=1.0, weights=[0.2, 0.8], starts_at=ends, created_by=None,
    )  # fmt: skip
    page = as_decider.get(f"{LIST}{key}/").content.decode()
    assert "allocation=2" in page
    assert "Analysed apart" in page


def test_a_person_without_a_name_in_the_list(show: Show) -> None:
    show(key="a")
    client = Client()
    client.force_login(person("eve", "view_experiment", "start_experiment"))
    assert client.get(f"{LIST}a/?as_of=2026-11-05").status_code == 200
    analysis = Analysis.objects.get(experiment__key="a")
    analysis.delete()
    page = client.get(f"{LIST}a/").content.decode()
    assert "No analysis has run yet" in page
    analysis_store("a", made.results_of())
