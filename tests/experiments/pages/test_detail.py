"""One experiment: content in every state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.access.models import User
from apps.experiments.models import (
    Analysis,
    Phase,
)
from tests.experiments.factories import experiment_make
from tests.experiments.pages import results_factory as made
from tests.experiments.pages.conftest import Show, analysis_store, person

pytestmark = pytest.mark.django_db
LIST = "/experiments/"


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
    assert "\N{MINUS SIGN}∞" in page


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
    for path in (
        "nothing/",
        f"{key}/report.docx",
        f"{key}/export/x.csv",
        f"{key}/?analysis=999999",
    ):
        assert as_analyst.get(LIST + path).status_code == 404
    assert as_analyst.get(f"{LIST}{key}/?analysis=x").status_code == 400


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
    client.force_login(person("eve", "view_experiment", "refresh_experiment"))
    assert client.get(f"{LIST}a/?as_of=2026-11-05").status_code == 200
    analysis = Analysis.objects.get(experiment__key="a")
    analysis.delete()
    page = client.get(f"{LIST}a/").content.decode()
    assert "No analysis has run yet" in page
    analysis_store("a", made.results_of())


def test_mixed_currencies_are_said_and_not_written(show: Show, as_analyst: Client) -> None:
    text = as_analyst.get(f"/experiments/{show()}/").content.decode()
    assert "€" in text
    extra: dict[str, Any] = {"currency": "mixed", "currencies": {"EUR": 0.9, "CHF": 0.1}}
    key = show(made.results_of(extra=extra), key="several")
    text = as_analyst.get(f"/experiments/{key}/").content.decode()
    assert "mixed currencies (EUR 90%, CHF 10%)" in text
    assert "€" not in text
