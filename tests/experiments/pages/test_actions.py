"""Computing again, deciding, tracing, methods."""

from typing import Any

import pytest
from django.test import Client

from apps.access.models import User
from apps.access.services import groups_ensure, user_ensure
from apps.experiments.models import (
    Analysis,
    Decision,
    Experiment,
    Unit,
)
from tests.experiments.pages import results_factory as made
from tests.experiments.pages.conftest import Show

pytestmark = pytest.mark.django_db
LIST = "/experiments/"


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


def test_methods_have_the_anchors_that_origins_name(as_analyst: Client) -> None:
    page = as_analyst.get("/experiments/-/statistics/").content.decode()
    for anchor in (
        "effects",
        "tests-and-intervals",
        "bayesian",
        "checks",
        "group-sequential-designs",
    ):
        assert f'id="{anchor}"' in page
    assert "<table>" in page


def test_methods_without_their_file(as_analyst: Client, settings: Any, tmp_path: Any) -> None:
    settings.BASE_DIR = tmp_path
    assert (
        "not part of this installation"
        in as_analyst.get("/experiments/-/statistics/").content.decode()
    )


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


def test_groups_compute_and_only_merchandisers_decide(show: Show) -> None:
    key = show()
    groups_ensure()
    for name, may_decide in (("analyst", False), ("merchandiser", True)):
        user_ensure(username=name, password="a password of length", groups=(name,))
        client = Client()
        client.force_login(User.objects.get(username=name))
        for query in ("?as_of=2026-11-05", "?allocation=1"):
            assert client.get(f"{LIST}{key}/{query}").status_code == 200
        assert client.post(f"{LIST}{key}/refresh").status_code == 302
        decided = client.post(f"{LIST}{key}/decide", {"outcome": "maybe", "text": "x"})
        assert decided.status_code == (302 if may_decide else 403)
    assert not Decision.objects.exists()
