"""A run whose worker was killed does not seem to go on."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.access.models import User
from apps.explainability.models import EvaluationRun, JudgementList
from apps.explainability.services.evaluations import JOB
from apps.explainability.services.reconciling import runs_reconcile
from apps.jobs.models import JobRun, RunStatus

pytestmark = pytest.mark.django_db


def unfinished(*jobs: RunStatus, status: str = "running") -> EvaluationRun:
    row, _ = JudgementList.objects.get_or_create(name="list")
    run = EvaluationRun.objects.create(judgement_list=row, words="published", status=status)
    for at, each in enumerate(jobs):
        JobRun.objects.create(
            job_name=JOB,
            scheduled_for=timezone.now() + timedelta(seconds=at),
            params={"run": run.pk},
            status=each.value,
            error_message="The worker host:1 was lost." if each is RunStatus.DEAD else "",
        )
    return run


def test_runs_of_ended_jobs_have_failed_and_say_why() -> None:
    lost, cancelled = unfinished(RunStatus.DEAD), unfinished(RunStatus.CANCELLED, status="queued")
    going = [
        unfinished(RunStatus.RUNNING),
        unfinished(RunStatus.QUEUED, status="queued"),
        unfinished(RunStatus.RUNNING, RunStatus.DEAD),
    ]
    waiting, forgotten = unfinished(), unfinished()
    hour_ago = timezone.now() - timedelta(hours=1)
    EvaluationRun.objects.filter(pk=forgotten.pk).update(created_at=hour_ago)
    assert runs_reconcile() == 3
    for run, words in ((lost, "host:1 was lost"), (cancelled, "cancelled"), (forgotten, "never")):
        run.refresh_from_db()
        assert (run.status, words in run.error) == ("failed", True)
        assert run.finished_at is not None
    for run in (*going, waiting):
        run.refresh_from_db()
        assert run.status != "failed"
    assert runs_reconcile() == 0


def test_it_costs_two_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        runs_reconcile()
    for _ in range(3):
        unfinished(RunStatus.RUNNING)
    with django_assert_num_queries(2):
        assert runs_reconcile() == 0


def test_the_pages_say_so(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    runs, api = reverse("relevance-runs"), "/api/v1/relevance/runs"
    for address in (runs, f"{runs}{{}}/", api, f"{api}/{{}}"):
        run = unfinished(RunStatus.DEAD)
        said = client.get(address.format(run.pk)).content.decode()
        assert "failed" in said
        assert "was lost" in said or address == runs
        run.refresh_from_db()
        assert run.status == "failed"
