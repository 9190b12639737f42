from datetime import UTC, datetime, timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from apps.access.models import AuditEntry, User
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.jobs.channel import RunChannel
from apps.jobs.contracts import JobCancelled, JobContext, JobOutcome
from apps.jobs.models import DeadLetter, JobRun, RunStatus
from apps.jobs.services import (
    job_run_now,
    run_cancel,
    run_execute,
    run_request,
    run_retry,
)
from tests.jobs.conftest import Register, counted

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _fails(_context: JobContext) -> JobOutcome:
    raise ZeroDivisionError("by zero")


def _works(context: JobContext) -> JobOutcome:
    context.progress(3, 3, "done")
    return {"rows": 3, "as_of": context.as_of.isoformat()}


def _due(run_id: int) -> None:
    JobRun.objects.filter(pk=run_id).update(next_attempt_at=timezone.now())


def test_a_run_is_queued_executed_and_counted(register: Register) -> None:
    register(_works)
    run_id = run_request(job_name="test_job", params={"shop": "a"}, scheduled_for=MOMENT)
    assert run_request(job_name="test_job", scheduled_for=MOMENT) == run_id
    before = counted("batch_job_executions_total", job_name="test_job", status="succeeded")
    timed = counted("batch_job_duration_seconds_count", job_name="test_job")
    run_execute(run_id=run_id)
    run_execute(run_id=run_id)
    run = JobRun.objects.get(pk=run_id)
    assert (run.status, run.attempts, run.params) == ("succeeded", 1, {"shop": "a"})
    assert run.summary == {"rows": 3, "as_of": "2026-03-01T12:00:00+00:00"}
    assert (run.progress_done, run.progress_total, run.progress_message) == (3, 3, "done")
    after = counted("batch_job_executions_total", job_name="test_job", status="succeeded")
    assert after == before + 1
    assert counted("batch_job_duration_seconds_count", job_name="test_job") == timed + 1


def test_progress_is_told_at_once_and_kept_on_the_row(register: Register) -> None:
    def work(context: JobContext) -> JobOutcome:
        for done in range(1, 4):
            context.progress(done, 3, f"part {done}")
        return {}

    register(work)
    told: list[tuple[int, int, str]] = []
    job_run_now(job_name="test_job", progress=lambda *each: told.append(each))
    assert told == [(1, 3, "part 1"), (2, 3, "part 2"), (3, 3, "part 3")]
    run = JobRun.objects.get()
    assert (run.progress_done, run.progress_total, run.progress_message) == (3, 3, "part 3")


def test_the_worker_is_sent_the_id_after_commit(
    register: Register, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    register(_works)
    with django_capture_on_commit_callbacks(execute=True):
        run_id = run_request(job_name="test_job")
    # Celery is eager in tests: the task ran at once.
    assert JobRun.objects.get(pk=run_id).status == RunStatus.SUCCEEDED


def test_unknown_jobs_and_odd_parameters_are_refused(register: Register) -> None:
    register(_works)
    with pytest.raises(NotFound):
        run_request(job_name="no_such_job")
    with pytest.raises(InvalidInput):
        run_request(job_name="test_job", params={"list": [1]})  # type: ignore[dict-item]  # what is refused


def test_a_window_may_end_where_the_caller_says(register: Register) -> None:
    register(_works)
    outcome = job_run_now(job_name="test_job", params={"as_of": "2010-12-09"})
    assert outcome["as_of"] == "2010-12-09T00:00:00+00:00"
    outcome = job_run_now(job_name="test_job", params={"as_of": "2010-12-09T01:00:00+01:00"})
    assert outcome["as_of"] == "2010-12-09T01:00:00+01:00"


def test_a_failed_attempt_is_queued_again_with_growing_waits(register: Register) -> None:
    register(_fails, backoff_s=100, max_attempts=4)
    run_id = run_request(job_name="test_job")
    waits = []
    for attempt in (1, 2, 3):
        run_execute(run_id=run_id)
        run = JobRun.objects.get(pk=run_id)
        assert (run.status, run.attempts) == ("queued", attempt)
        assert (run.error_reason, run.error_message) == ("ZeroDivisionError", "by zero")
        assert run.next_attempt_at is not None
        waits.append((run.next_attempt_at - timezone.now()).total_seconds())
        run_execute(run_id=run_id)
        assert JobRun.objects.get(pk=run_id).attempts == attempt, "it was not due"
        _due(run_id)
    for wait_s, whole in zip(waits, (100, 200, 400), strict=True):
        assert whole / 2 - 5 <= wait_s <= whole


def test_a_run_without_attempts_left_is_a_dead_letter(register: Register) -> None:
    register(_fails, max_attempts=2)
    run_id = run_request(job_name="test_job", params={"x": 1})
    failures = counted("batch_job_failures_total", job_name="test_job", reason="ZeroDivisionError")
    run_execute(run_id=run_id)
    _due(run_id)
    run_execute(run_id=run_id)
    run_execute(run_id=run_id)
    run = JobRun.objects.get(pk=run_id)
    assert (run.status, run.attempts) == ("dead", 2)
    letter = DeadLetter.objects.get()
    assert (letter.run, letter.attempts, letter.params) == (run, 2, {"x": 1})
    assert "ZeroDivisionError: by zero" in letter.traceback
    after = counted("batch_job_failures_total", job_name="test_job", reason="ZeroDivisionError")
    assert after == failures + 2


def test_a_dead_run_can_be_retried_and_goes_on_counting(register: Register) -> None:
    person = User.objects.create_user("operator")
    register(_fails, max_attempts=1)
    run_id = run_request(job_name="test_job")
    run_execute(run_id=run_id)
    run_retry(run_id=run_id, actor=person)
    run = JobRun.objects.get(pk=run_id)
    assert (run.status, run.attempts, run.attempts_allowed) == ("queued", 1, 2)
    letter = DeadLetter.objects.get()
    assert letter.retried_by == person
    assert letter.retried_at is not None
    assert AuditEntry.objects.filter(action="job_run.retry", subject_id=str(run_id)).exists()
    run_execute(run_id=run_id)
    assert JobRun.objects.get(pk=run_id).attempts == 2
    assert DeadLetter.objects.count() == 2
    with pytest.raises(NotFound):
        run_retry(run_id=run_id + 1000)


def test_a_queued_run_is_cancelled_at_once(register: Register) -> None:
    register(_works)
    person = User.objects.create_user("operator")
    run_id = run_request(job_name="test_job", actor=person)
    run_cancel(run_id=run_id, actor=person)
    run_execute(run_id=run_id)
    assert JobRun.objects.get(pk=run_id).status == RunStatus.CANCELLED
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["job_run.request", "job_run.cancel"]
    with pytest.raises(Conflict):
        run_cancel(run_id=run_id)
    run_retry(run_id=run_id)
    run_execute(run_id=run_id)
    assert JobRun.objects.get(pk=run_id).status == RunStatus.SUCCEEDED
    with pytest.raises(Conflict):
        run_retry(run_id=run_id)


def test_a_job_may_end_as_cancelled(register: Register) -> None:
    def stops(_context: JobContext) -> JobOutcome:
        raise JobCancelled

    register(stops)
    run_id = run_request(job_name="test_job")
    run_execute(run_id=run_id)
    assert JobRun.objects.get(pk=run_id).status == RunStatus.CANCELLED


def test_a_soft_time_limit_is_a_failure_named_timeout(register: Register) -> None:
    def dawdles(_context: JobContext) -> JobOutcome:
        raise SoftTimeLimitExceeded

    register(dawdles)
    run_id = run_request(job_name="test_job")
    run_execute(run_id=run_id)
    assert JobRun.objects.get(pk=run_id).error_reason == "timeout"


def test_a_job_that_no_release_knows_any_more_ends(register: Register) -> None:
    run = JobRun.objects.create(job_name="gone", scheduled_for=MOMENT, attempts_allowed=1)
    run_execute(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, run.error_reason) == ("dead", "UnknownJob")
    other = JobRun.objects.create(job_name="gone", scheduled_for=timezone.now())
    run_execute(run_id=other.pk)
    other.refresh_from_db()
    assert other.status == RunStatus.QUEUED


def test_running_here_raises_what_the_job_raises(register: Register) -> None:
    register(_fails)
    with pytest.raises(ZeroDivisionError):
        job_run_now(job_name="test_job")
    run = JobRun.objects.get()
    assert (run.status, run.attempts, run.foreground) == ("failed", 1, True)
    assert not DeadLetter.objects.exists()


def test_running_here_refuses_while_the_job_runs_elsewhere(register: Register) -> None:
    register(_works)
    with RunChannel("test_job") as elsewhere:
        assert elsewhere.acquire()
        with pytest.raises(Conflict) as refused:
            job_run_now(job_name="test_job", wait_s=0.3)
        assert refused.value.code == "job_running"
    assert job_run_now(job_name="test_job", wait_s=0)["rows"] == 3


def test_a_queued_run_waits_without_losing_an_attempt_while_the_job_runs(
    register: Register,
) -> None:
    register(_works)
    run_id = run_request(job_name="test_job")
    with RunChannel("test_job") as elsewhere:
        assert elsewhere.acquire()
        run_execute(run_id=run_id)
    run = JobRun.objects.get(pk=run_id)
    assert (run.status, run.attempts) == ("queued", 0)
    assert run.next_attempt_at is not None
    assert run.next_attempt_at > timezone.now() + timedelta(seconds=3)


def test_a_lost_workers_run_is_recovered_by_whoever_holds_the_lock(register: Register) -> None:
    register(_works)
    lost = JobRun.objects.create(
        job_name="test_job", scheduled_for=MOMENT, status=RunStatus.RUNNING, attempts=1
    )
    asked_to_stop = JobRun.objects.create(
        job_name="test_job",
        scheduled_for=MOMENT + timedelta(seconds=1),
        status=RunStatus.RUNNING,
        attempts=1,
        cancel_requested=True,
    )
    run_execute(run_id=lost.pk)
    lost.refresh_from_db()
    asked_to_stop.refresh_from_db()
    assert (lost.status, lost.attempts, lost.error_reason) == ("queued", 1, "worker_lost")
    assert asked_to_stop.status == RunStatus.CANCELLED
    _due(lost.pk)
    run_execute(run_id=lost.pk)
    lost.refresh_from_db()
    assert (lost.status, lost.attempts) == ("succeeded", 2)


def test_a_worker_that_comes_back_late_changes_nothing(register: Register) -> None:
    def overtaken(context: JobContext) -> JobOutcome:
        JobRun.objects.filter(pk=context.run_id).update(attempts=2)
        return {"rows": 1}

    register(overtaken)
    run_id = run_request(job_name="test_job")
    run_execute(run_id=run_id)
    run = JobRun.objects.get(pk=run_id)
    assert (run.status, run.attempts, run.summary) == ("running", 2, None)


def test_a_broker_that_is_gone_leaves_the_run_queued(
    register: Register,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from apps.jobs.tasks import execute

    def gone(*_args: object, **_kwargs: object) -> None:
        raise OSError("no broker")

    monkeypatch.setattr(execute, "apply_async", gone)
    register(_works)
    before = counted("endcap_degraded_total", component="broker", reason="job_dispatch")
    with django_capture_on_commit_callbacks(execute=True):
        run_id = run_request(job_name="test_job")
    assert JobRun.objects.get(pk=run_id).status == RunStatus.QUEUED
    after = counted("endcap_degraded_total", component="broker", reason="job_dispatch")
    assert after == before + 1
