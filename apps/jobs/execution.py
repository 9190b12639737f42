"""One attempt from lock to result, in a worker or in the caller's process."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from apps.common.observability.context import trace_current, trace_start
from apps.jobs.attempts import (
    Failure,
    attempt_cancel,
    attempt_claim,
    attempt_fail,
    attempt_succeed,
    attempts_recover,
)
from apps.jobs.channel import RunChannel
from apps.jobs.contracts import (
    JobCancelled,
    JobContext,
    JobOutcome,
    JobSpec,
    UnknownJob,
    job_spec,
)
from apps.jobs.dispatch import run_dispatch
from apps.jobs.metrics import batch_job_duration_seconds
from apps.jobs.models import ACTIVE, JobRun, RunStatus

logger = structlog.get_logger(__name__)
# Clocks of two machines, and a message that comes a moment early.
_DUE_TOLERANCE = timedelta(seconds=1)
_BUSY_WAIT_S = 5.0
_NOTICE_S = 2.0


def queued_execute(run_id: int) -> None:
    run = JobRun.objects.filter(pk=run_id).first()
    if run is None or run.status not in ACTIVE or not _is_due(run):
        return
    with RunChannel(run.job_name) as channel:
        # Said to be running: its worker may just have died, and PostgreSQL be about to notice.
        patience_s = _NOTICE_S if run.status == RunStatus.RUNNING else 0.0
        if not channel.acquire_within(patience_s):
            _postpone(run)
            return
        attempts_recover(run.job_name)
        _execute_under_lock(run_id, channel)


def foreground_execute(spec: JobSpec, run_id: int, channel: RunChannel) -> JobOutcome:
    """Raise what the job raises, after it is recorded."""
    run = attempt_claim(run_id)
    if run is None:
        raise AssertionError("a run that this process has just made under the lock is claimable")
    outcome, error = _attempt(spec, run, channel)
    if error is not None:
        raise error
    return outcome


def _execute_under_lock(run_id: int, channel: RunChannel) -> None:
    run = JobRun.objects.filter(pk=run_id).first()
    if run is None or not _is_due(run):
        return
    claimed = attempt_claim(run_id)
    if claimed is None:
        return
    try:
        spec = job_spec(claimed.job_name)
    except UnknownJob as error:
        attempt_fail(claimed, Failure.of(error))
        return
    _, error_raised = _attempt(spec, claimed, channel)
    if error_raised is not None and not isinstance(error_raised, Exception):
        raise error_raised


def _attempt(
    spec: JobSpec, run: JobRun, channel: RunChannel
) -> tuple[JobOutcome, BaseException | None]:
    if trace_current() is None:
        trace_start(f"job-{run.pk}-{run.attempts}")
    started = time.perf_counter()
    channel.follow(run.pk, run.attempts)
    outcome: JobOutcome = {}
    error: BaseException | None = None
    try:
        outcome = spec.run(_context(run, channel))
    except BaseException as raised:  # noqa: BLE001 - an interrupted attempt is recorded too; the caller raises it again
        error = raised
    finally:
        channel.follow_end()
        batch_job_duration_seconds.labels(spec.name).observe(time.perf_counter() - started)
    if not connection.in_atomic_block:
        # A job may leave a broken connection behind; what follows needs a good one.
        close_old_connections()
    _settle(run, outcome, error, channel)
    return outcome, error


def _settle(
    run: JobRun, outcome: JobOutcome, error: BaseException | None, channel: RunChannel
) -> None:
    if error is None:
        attempt_succeed(run, outcome, channel.progress_now)
    elif isinstance(error, JobCancelled):
        attempt_cancel(run)
    else:
        attempt_fail(run, Failure.of(error))


def _context(run: JobRun, channel: RunChannel) -> JobContext:
    progress: Callable[[int, int, str], None] = channel.progress
    return JobContext(
        run_id=run.pk,
        job_name=run.job_name,
        attempt=run.attempts,
        scheduled_for=run.scheduled_for,
        as_of=_as_of(run),
        params=run.params,
        progress=progress,
        cancelled=channel.cancelled,
    )


def _as_of(run: JobRun) -> datetime:
    """The parameter `as_of` (ISO 8601; UTC when it names no zone), else the run's moment."""
    given = run.params.get("as_of")
    if not isinstance(given, str):
        return run.scheduled_for
    parsed = datetime.fromisoformat(given)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _is_due(run: JobRun) -> bool:
    due = run.next_attempt_at
    return run.status == RunStatus.RUNNING or due is None or due <= timezone.now() + _DUE_TOLERANCE


def _postpone(run: JobRun) -> None:
    """The job is running elsewhere: come back shortly; no attempt is used up."""
    if run.status != RunStatus.QUEUED:
        return
    wait_s = _BUSY_WAIT_S * (1 + random.random())  # noqa: S311 - spreads load, guards nothing
    with transaction.atomic():
        due = timezone.now() + timedelta(seconds=wait_s)
        mine = JobRun.objects.filter(pk=run.pk, status=RunStatus.QUEUED)
        if mine.update(next_attempt_at=due):
            run_dispatch(run, countdown_s=wait_s)
