"""What the schedule's ticks do: queue, coalesce, reuse a quiet row, send again."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.common.errors import NotFound
from apps.jobs.contracts import JobContext, JobOutcome
from apps.jobs.models import JobRun, RunStatus
from apps.jobs.services import job_run_now, job_tick, run_execute, run_request
from tests.jobs.conftest import Register, counted

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _works(context: JobContext) -> JobOutcome:
    return {"rows": 3, "as_of": context.as_of.isoformat()}


def test_ticks_never_pile_up(register: Register) -> None:
    register(_works, every_s=2)
    first = job_tick(job_name="test_job", now=MOMENT)
    skipped = counted("batch_job_executions_total", job_name="test_job", status="skipped")
    for second in range(1, 50):
        assert job_tick(job_name="test_job", now=MOMENT + timedelta(seconds=second)) is None
    run = JobRun.objects.get()
    assert (run.pk, run.coalesced) == (first, 49)
    after = counted("batch_job_executions_total", job_name="test_job", status="skipped")
    assert after == skipped + 49
    run_execute(run_id=run.pk)
    later = job_tick(job_name="test_job", now=MOMENT + timedelta(minutes=1))
    assert later not in {None, first}
    assert job_tick(job_name="test_job", now=MOMENT) is None
    with pytest.raises(NotFound):
        job_tick(job_name="no_such_job")


def test_a_tick_does_not_wait_for_somebodys_run_with_parameters(register: Register) -> None:
    register(_works, every_s=2)
    run_request(job_name="test_job", params={"shop": "a"})
    assert job_tick(job_name="test_job") is not None


def test_a_moment_that_ran_is_not_run_again(register: Register) -> None:
    register(_works, every_s=2)
    first = job_tick(job_name="test_job", now=MOMENT)
    assert first is not None
    run_execute(run_id=first)
    assert job_tick(job_name="test_job", now=MOMENT) is None


def test_a_quiet_job_keeps_one_row_while_it_finds_nothing(register: Register) -> None:
    found = {"drained": 0}
    register(lambda _context: dict(found), every_s=2, quiet=True)
    ids = []
    for second in range(5):
        found["drained"] = 7 if second == 3 else 0
        run_id = job_tick(job_name="test_job", now=MOMENT + timedelta(seconds=2 * second))
        assert run_id is not None
        run_execute(run_id=run_id)
        ids.append(run_id)
    assert ids[:4] == [ids[0]] * 4
    assert ids[4] != ids[0], "the run that did something is kept"
    assert JobRun.objects.get(pk=ids[0]).summary == {"drained": 7}
    assert JobRun.objects.get(pk=ids[4]).attempts == 1


def test_a_quiet_jobs_row_is_not_reused_for_an_earlier_moment(register: Register) -> None:
    register(lambda _context: {}, every_s=2, quiet=True)
    job_run_now(job_name="test_job", params={"by": "hand"})
    first = job_tick(job_name="test_job", now=timezone.now() + timedelta(seconds=2))
    assert first is not None
    run_execute(run_id=first)
    assert job_tick(job_name="test_job", now=MOMENT) not in {None, first}


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_tick_sends_a_run_again_that_nobody_seems_to_work_on(
    register: Register,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    status: str,
) -> None:
    register(_works)
    long_ago = timezone.now() - timedelta(minutes=5)
    JobRun.objects.create(
        job_name="test_job",
        scheduled_for=MOMENT,
        status=status,
        attempts=1 if status == "running" else 0,
        heartbeat_at=long_ago,
        dispatched_at=long_ago,
    )
    with django_capture_on_commit_callbacks(execute=True):
        job_tick(job_name="test_job")
    run = JobRun.objects.get()
    if status == "queued":
        assert run.status == RunStatus.SUCCEEDED
    else:
        assert (run.status, run.error_reason) == ("queued", "worker_lost")
