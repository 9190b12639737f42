"""What admin's first page says to each role."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.access.models import User
from apps.access.services import user_ensure
from apps.common.admin_dashboard import DashboardCard, dashboard_cards
from apps.common.domain.uuid7 import uuid7_new
from apps.events.models import QueryLog
from apps.events.services.partitions import partitions_ensure_around
from apps.jobs.models import DeadLetter, JobRun, RunStatus
from apps.model_registry.models import ArtifactState, ArtifactVersion
from apps.publishing.services import draft_submit
from apps.ranking_weights.services import weights_draft_create

pytestmark = pytest.mark.django_db
WEIGHTS = {"search_score": 1.0, "cf_score": 0.0, "popularity_score": 0.0, "freshness_score": 0.0}
QUERY_LOG = {
    "filters": {}, "sort": "relevance", "page": 1, "per_page": 24, "product_ids": [],
    "positions": [], "latency_ms": 9.6, "cache_hit": False, "degraded": ["semantic"],
    "principal": "",
}  # fmt: skip


def person(group: str) -> User:
    user_ensure(username=group, password="a password of length", groups=(group,))
    return User.objects.get(username=group)


def card(user: AbstractUser, title: str) -> DashboardCard:
    return next(one for one in dashboard_cards(user) if one.title == title)


def search_logged(query: str, found: int) -> None:
    now = timezone.now()
    QueryLog.objects.create(
        id=uuid7_new(now), occurred_at=now, query=query, normalised=query,
        results_count=found, **QUERY_LOG,
    )  # fmt: skip


def run_made(status: str, attempts: int, name: str = "jobs_sweep") -> JobRun:
    return JobRun.objects.create(
        job_name=name, scheduled_for=timezone.now(), status=status, attempts=attempts,
        attempts_allowed=3,
    )  # fmt: skip


def test_each_role_sees_its_own(client: Client) -> None:
    seen = {
        group: {one.title for one in dashboard_cards(person(group))}
        for group in ("merchandiser", "analyst", "operator")
    }
    assert seen["merchandiser"] == {
        "Ranking weights", "Rules", "Abbreviations", "Synonyms", "Search settings",
        "Experiments", "Experiment designs", "Metrics", "Flags", "Global holdout", "Placements",
    }  # fmt: skip
    assert "Searches that found nothing" in seen["analyst"]
    assert {"Dead letters", "Job runs", "Health"} <= seen["operator"]
    client.force_login(User.objects.get(username="operator"))
    page = client.get("/admin/").content.decode()
    assert "What needs attention" in page
    assert "No job has given up." in page


def test_drafts_and_reviews_of_a_merchandiser() -> None:
    user = person("merchandiser")
    assert card(user, "Ranking weights").tone == "good"
    draft = weights_draft_create(subject="global", weights=WEIGHTS, actor=user)
    mine = card(user, "Ranking weights")
    assert (mine.value, mine.detail) == ("1 draft of yours", "0 live, 1 draft (1 yours)")
    draft_submit(kind="ranking_weights", version_id=draft.id, actor=user)
    assert (card(user, "Ranking weights").value, card(user, "Ranking weights").tone) == (
        "1 in review",
        "warning",
    )


def test_failing_jobs_and_dead_letters_stand_first() -> None:
    user = person("operator")
    assert card(user, "Job runs").value == "0 running"
    run_made(RunStatus.RUNNING, 1)
    run_made(RunStatus.QUEUED, 0)
    assert card(user, "Job runs").detail == "1 queued"
    run_made(RunStatus.QUEUED, 1, "jobs_prune")
    assert card(user, "Job runs").value == "1 failing"
    run = run_made(RunStatus.DEAD, 3)
    now = timezone.now()
    DeadLetter.objects.create(
        run=run, job_name=run.job_name, scheduled_for=now, attempts=3, dead_at=now,
        error_reason="OSError", error_message="", traceback="",
    )  # fmt: skip
    first = dashboard_cards(user)[0]
    assert (first.title, first.value, first.tone) == ("Dead letters", "1", "bad")
    assert first.detail == "Gave up: jobs_sweep"


def test_searches_that_found_nothing() -> None:
    partitions_ensure_around(timezone.now())
    user, title = person("analyst"), "Searches that found nothing"
    search_logged("mouse", 3)
    assert card(user, title).value == "none"
    search_logged("moose", 0)
    zero = card(user, title)
    assert (zero.value, zero.tone) == ("50.0%", "warning")
    assert zero.detail == "1 of 2 in the last 24 hours, most often “moose”"


def test_the_query_log_can_be_narrowed_to_what_found_nothing(client: Client) -> None:
    partitions_ensure_around(timezone.now())
    search_logged("mouse", 3)
    search_logged("moose", 0)
    client.force_login(person("analyst"))
    url = "/admin/events/querylog/"
    both = client.get(url).content.decode()
    assert ("mouse" in both, "moose" in both, "10 ms" in both) == (True, True, True)
    nothing = client.get(f"{url}?found=nothing").content.decode()
    assert ("mouse" in nothing, "moose" in nothing) == (False, True)
    something = client.get(f"{url}?found=something").content.decode()
    assert ("mouse" in something, "moose" in something) == (True, False)


def test_what_is_served_and_its_age() -> None:
    version = ArtifactVersion.objects.create(
        name="product_index", number=3, state=ArtifactState.READY, is_active=True
    )
    ArtifactVersion.objects.filter(pk=version.pk).update(
        created_at=timezone.now() - timedelta(hours=2, minutes=5)
    )
    served = card(person("operator"), "Product index")
    assert served.value.replace("\xa0", " ") == "2 hours old"
    assert served.detail == "Version 3 is served."


def test_the_first_page_takes_few_statements(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    user_ensure(username="root", password="a password of length", superuser=True)
    root = User.objects.get(username="root")
    # What is held in memory is loaded by whoever asks first.
    dashboard_cards(root)
    # One a kind of what is published (nine of them), one or two a card of the others.
    with django_assert_max_num_queries(26):
        dashboard_cards(root)


def test_a_page_that_is_not_for_this_role_says_so(client: Client) -> None:
    client.force_login(person("analyst"))
    response = client.get("/admin/access/auditentry/")
    assert response.status_code == 403
    page = response.content.decode()
    assert "Your login does not allow this page." in page
    assert "To admin" in page


def test_a_login_page_opened_by_itself_leads_to_admin(client: Client) -> None:
    person("analyst")
    given = {"username": "analyst", "password": "a password of length"}
    response = client.post("/admin/login/", given)
    assert (response.status_code, response["Location"]) == (302, "/admin/")
