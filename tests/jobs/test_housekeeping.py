import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from apps.common.observability.context import trace_current, trace_set, trace_start
from apps.jobs.channel import RunChannel
from apps.jobs.contracts import JobContext, JobOutcome
from apps.jobs.health import workers_check
from apps.jobs.models import JobRun
from apps.jobs.services import job_run_now, run_cancel, run_request, schedules_ensure
from apps.jobs.tasks import tick
from tests.jobs.conftest import Register

pytestmark = pytest.mark.django_db


def _works(context: JobContext) -> JobOutcome:
    return {"rows": 1, **context.params}


def test_the_sweep_recovers_only_what_nobody_runs(register: Register) -> None:
    register(_works, name="left")
    register(_works, name="alive")
    for name in ("left", "alive"):
        JobRun.objects.create(
            job_name=name, scheduled_for=timezone.now(), status="running", attempts=1
        )
    with RunChannel("alive") as elsewhere:
        assert elsewhere.acquire()
        assert job_run_now(job_name="jobs_sweep")["recovered"] == 1
    assert JobRun.objects.get(job_name="left").status == "queued"
    assert JobRun.objects.get(job_name="alive").status == "running"


def test_the_sweep_sends_again_what_no_worker_heard_of(
    register: Register, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    register(_works)
    lost, fresh = run_request(job_name="test_job"), run_request(job_name="test_job")
    long_ago = timezone.now() - timedelta(minutes=5)
    JobRun.objects.filter(pk=lost).update(dispatched_at=long_ago)
    with django_capture_on_commit_callbacks(execute=True):
        assert job_run_now(job_name="jobs_sweep")["sent_again"] == 1
    assert JobRun.objects.get(pk=lost).status == "succeeded"
    assert JobRun.objects.get(pk=fresh).status == "queued"


def test_a_recovered_command_is_not_repeated(register: Register) -> None:
    register(_works)
    JobRun.objects.create(
        job_name="test_job",
        scheduled_for=timezone.now(),
        status="running",
        attempts=1,
        foreground=True,
    )
    job_run_now(job_name="jobs_sweep")
    run = JobRun.objects.get(job_name="test_job")
    assert (run.status, run.error_reason) == ("failed", "worker_lost")


def test_old_runs_are_pruned_and_the_last_and_the_dead_stay(settings: Settings) -> None:
    settings.JOB_RUNS_KEEP, settings.JOB_RUNS_KEEP_DAYS = 30, 7
    now = timezone.now()

    def ended(name: str, number: int, age: timedelta, status: str = "succeeded") -> JobRun:
        moment = now - age - timedelta(minutes=number)
        return JobRun(job_name=name, scheduled_for=moment, finished_at=moment, status=status)

    JobRun.objects.bulk_create(
        [
            *(ended("often", number, timedelta(0)) for number in range(40)),
            *(ended("monthly", number, timedelta(days=60)) for number in range(25)),
            *(ended("broken", number, timedelta(days=60), "dead") for number in range(40)),
        ]
    )
    outcome = job_run_now(job_name="jobs_prune")
    assert outcome == {"deleted": 15}
    assert JobRun.objects.filter(job_name="often").count() == 30
    assert JobRun.objects.filter(job_name="monthly").count() == 20
    assert JobRun.objects.filter(job_name="broken").count() == 40


def test_schedules_are_made_for_jobs_that_want_one(register: Register) -> None:
    register(_works, name="by_interval", every_s=2)
    register(_works, name="by_cron", cron="15 3 * * 1")
    register(_works, name="on_demand")
    assert schedules_ensure() == 2
    assert schedules_ensure() == 0
    interval = PeriodicTask.objects.get(name="job: by_interval")
    assert interval.interval is not None
    assert (interval.task, interval.interval.every, interval.expire_seconds) == (
        "jobs.tick",
        2,
        10,
    )
    cron = PeriodicTask.objects.get(name="job: by_cron")
    assert cron.crontab is not None
    assert (cron.crontab.minute, cron.crontab.hour, cron.crontab.day_of_week) == ("15", "3", "1")
    assert PeriodicTask.objects.filter(name="job: jobs_sweep").exists(), "made by post_migrate"


def test_health_follows_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    assert workers_check().detail == "no worker has run a job yet"
    job_run_now(job_name="jobs_sweep")
    report = workers_check()
    assert report.ok
    assert not report.required
    JobRun.objects.update(finished_at=timezone.now() - timedelta(minutes=10))
    assert "worker or beat is gone" in workers_check().detail

    def down(_job_name: str) -> None:
        raise DatabaseError

    monkeypatch.setattr("apps.jobs.health.last_success_at", down)
    assert workers_check().detail == "DatabaseError"


def test_a_schedule_left_over_from_another_release_does_no_harm() -> None:
    tick("no_such_job")


def test_the_tick_task_queues_and_runs(
    register: Register, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    register(_works)
    with django_capture_on_commit_callbacks(execute=True):
        tick("test_job")
    assert JobRun.objects.get(job_name="test_job").status == "succeeded"


def test_a_run_goes_on_with_the_trace_of_whoever_asked(
    register: Register, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    seen: list[str] = []

    def traces(_context: JobContext) -> JobOutcome:
        trace = trace_current()
        seen.append(trace.trace_id if trace else "")
        return {}

    register(traces)
    asked = trace_start("request-1")
    with django_capture_on_commit_callbacks(execute=True):
        run_request(job_name="test_job")
    trace_set(None)
    with django_capture_on_commit_callbacks(execute=True):
        run_request(job_name="test_job")
    assert seen[0] == asked.trace_id
    assert seen[1] not in {"", asked.trace_id}


def _printed(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_run_job_runs_here_and_prints_the_outcome(register: Register) -> None:
    register(_works)
    printed = _printed(
        "run_job", "test_job", "--param", "n=3", "--param", "t=x y", "--param", "l=[1]"
    )
    assert json.loads(printed) == {"rows": 1, "n": 3, "t": "x y", "l": "[1]"}


def test_run_job_queues_in_the_background(register: Register) -> None:
    register(_works)
    run_id = json.loads(_printed("run_job", "test_job", "--background"))["run_id"]
    assert JobRun.objects.get(pk=run_id).status == "queued"
    run_cancel(run_id=run_id)


@pytest.mark.parametrize("arguments", [("no_such_job",), ("test_job", "--param", "odd")])
def test_run_job_refuses_in_words(register: Register, arguments: tuple[str, ...]) -> None:
    register(_works)
    with pytest.raises(CommandError):
        _printed("run_job", *arguments)


def test_jobs_list_tells_when_and_how(register: Register) -> None:
    register(_works, cron="0 4 * * *")
    job_run_now(job_name="jobs_sweep")
    lines = {line.split()[0]: line for line in _printed("jobs_list").splitlines()}
    assert "0 4 * * *" in lines["test_job"]
    assert "never run" in lines["test_job"]
    assert "every 60 s" in lines["jobs_sweep"]
    assert "succeeded" in lines["jobs_sweep"]
