"""The list of experiments: status, permissions, filters, costs."""

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
    Experiment,
    ExperimentVersion,
    Phase,
)
from tests.experiments.factories import experiment_make
from tests.experiments.pages import results_factory as made
from tests.experiments.pages.conftest import Show

pytestmark = pytest.mark.django_db
LIST = "/experiments/"


def test_urls_have_their_names() -> None:
    assert reverse("experiments-list") == LIST
    assert reverse("experiments-detail", args=("a",)) == "/experiments/a/"
    assert reverse("experiments-trace", args=("a",)) == "/experiments/a/trace"
    assert reverse("experiments-report", args=("a", "pdf")) == "/experiments/a/report.pdf"
    assert (
        reverse("experiments-export", args=("a", "days.csv")) == "/experiments/a/export/days.csv"
    )


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
