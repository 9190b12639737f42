"""How a run's row moves: claimed, succeeded, failed, cancelled, recovered.

Every change is guarded by the status, and while running by the attempt's number too: a
worker that lost its lock and came back late changes nothing.
"""

import os
import random
import socket
import traceback
from dataclasses import dataclass
from datetime import timedelta

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.jobs.contracts import JobOutcome, UnknownJob, job_spec
from apps.jobs.dispatch import run_dispatch
from apps.jobs.domain.retry import backoff_seconds, outcome_is_empty
from apps.jobs.metrics import batch_job_executions, batch_job_failures
from apps.jobs.models import DeadLetter, JobRun, RunStatus

logger = structlog.get_logger(__name__)
_DEFAULT_BACKOFF_S = 10.0
WORKER_LOST = "worker_lost"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt ended.

    Attributes:
        reason: few values, a metric's label: the kind of error, `timeout`, `worker_lost`.
        message: what it said.
        traceback: where; empty when the process itself was lost.
    """

    reason: str
    message: str
    traceback: str = ""

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        timed_out = isinstance(error, SoftTimeLimitExceeded)
        reason = "timeout" if timed_out else type(error).__name__
        return cls(reason, str(error)[:4000], "".join(traceback.format_exception(error))[-20000:])


def attempt_claim(run_id: int) -> JobRun | None:
    """Count the attempt, commit, and answer the row; None when there is nothing to do."""
    now = timezone.now()
    claimed = JobRun.objects.filter(
        pk=run_id, status=RunStatus.QUEUED, cancel_requested=False
    ).update(
        status=RunStatus.RUNNING,
        attempts=F("attempts") + 1,
        started_at=now,
        heartbeat_at=now,
        finished_at=None,
        next_attempt_at=None,
        worker=f"{socket.gethostname()}:{os.getpid()}"[:120],
        progress_done=0,
        progress_total=0,
        progress_message="",
        error_reason="",
        error_message="",
    )
    return JobRun.objects.get(pk=run_id) if claimed else None


def attempt_succeed(run: JobRun, outcome: JobOutcome, progress: tuple[int, int, str]) -> None:
    done, total, message = progress
    _finish(
        run,
        RunStatus.SUCCEEDED,
        summary=dict(outcome),
        empty=outcome_is_empty(outcome),
        progress_done=done,
        progress_total=total,
        progress_message=message,
    )


def attempt_cancel(run: JobRun) -> None:
    _finish(run, RunStatus.CANCELLED, error_reason="cancelled")


def attempt_fail(run: JobRun, failure: Failure) -> None:
    """Queue the next attempt, or end the run when it has none left."""
    batch_job_failures.labels(run.job_name, failure.reason).inc()
    logger.warning(
        "job_attempt_failed",
        job_name=run.job_name,
        run_id=run.pk,
        attempt=run.attempts,
        reason=failure.reason,
        error=failure.message,
    )
    error = {"error_reason": failure.reason[:100], "error_message": failure.message}
    if run.foreground:
        _finish(run, RunStatus.FAILED, **error)
    elif run.attempts < run.attempts_allowed:
        _retry_later(run, error)
    else:
        _bury(run, failure, error)


def attempts_recover(job_name: str) -> int:
    """Settle rows that still say running though their worker is gone; how many there were.

    Only ever called by the holder of the job's lock: runs are claimed under that lock, so
    whatever says running now was left behind.
    """
    lost = list(JobRun.objects.filter(job_name=job_name, status=RunStatus.RUNNING))
    for run in lost:
        if run.cancel_requested:
            attempt_cancel(run)
        else:
            attempt_fail(run, Failure(WORKER_LOST, f"The worker {run.worker} was lost."))
    return len(lost)


def _retry_later(run: JobRun, error: dict[str, str]) -> None:
    try:
        base_s = job_spec(run.job_name).backoff_s
    except UnknownJob:
        base_s = _DEFAULT_BACKOFF_S
    wait_s = backoff_seconds(base_s, run.attempts, random.random())  # noqa: S311 - spreads load, guards nothing
    with transaction.atomic():
        due = timezone.now() + timedelta(seconds=wait_s)
        if _settle(run, RunStatus.QUEUED, next_attempt_at=due, **error):
            run_dispatch(run, countdown_s=wait_s)
            batch_job_executions.labels(run.job_name, RunStatus.FAILED.value).inc()


def _bury(run: JobRun, failure: Failure, error: dict[str, str]) -> None:
    with transaction.atomic():
        if not _finish(run, RunStatus.DEAD, **error):
            return
        DeadLetter.objects.create(
            run=run,
            job_name=run.job_name,
            scheduled_for=run.scheduled_for,
            params=run.params,
            attempts=run.attempts,
            error_reason=failure.reason[:100],
            error_message=failure.message,
            traceback=failure.traceback,
            dead_at=timezone.now(),
        )


def _finish(run: JobRun, status: RunStatus, **fields: object) -> bool:
    if not _settle(run, status, finished_at=timezone.now(), **fields):
        return False
    batch_job_executions.labels(run.job_name, status.value).inc()
    return True


def _settle(run: JobRun, status: RunStatus, **fields: object) -> bool:
    mine = JobRun.objects.filter(
        pk=run.pk,
        status=RunStatus.RUNNING,
        attempts=run.attempts,
        # a quiet job's row is used again for a later moment
        scheduled_for=run.scheduled_for,
    )
    if mine.update(status=status, **fields):
        return True
    logger.error("job_attempt_superseded", run_id=run.pk, attempt=run.attempts)
    return False
