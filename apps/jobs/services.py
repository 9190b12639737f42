"""Asking for runs, repeating and cancelling them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from apps.access.services import Actor
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.jobs.attempts import attempts_recover
from apps.jobs.audit import run_audit
from apps.jobs.channel import RunChannel
from apps.jobs.contracts import (
    JobOutcome,
    JobSpec,
    JsonScalar,
    Progress,
    UnknownJob,
    job_spec,
)
from apps.jobs.dispatch import run_dispatch
from apps.jobs.domain.retry import lock_key
from apps.jobs.execution import foreground_execute, queued_execute
from apps.jobs.metrics import batch_job_executions
from apps.jobs.models import ACTIVE, RETRYABLE, DeadLetter, JobRun, RunStatus
from apps.jobs.schedules import schedules_ensure

__all__ = [
    "job_run_now",
    "job_tick",
    "run_cancel",
    "run_execute",
    "run_request",
    "run_retry",
    "schedules_ensure",
]

logger = structlog.get_logger(__name__)
# A run that has not beaten for so long, or whose message is so old, is looked at again.
_SILENT_S = 15
_MESSAGE_LOST_S = 120


def run_request(
    *,
    job_name: str,
    params: Mapping[str, JsonScalar] | None = None,
    scheduled_for: datetime | None = None,
    actor: Actor = None,
) -> int:
    """Queue a run and answer its id; the same (job, scheduled_for) is the same run.

    Raises:
        NotFound: no such job.
        InvalidInput: a parameter is not a JSON scalar.
    """
    spec = _spec(job_name)
    with transaction.atomic():
        run, created = _run_create(spec, params, scheduled_for, actor, foreground=False)
        if created:
            run_dispatch(run)
    return run.pk


def run_execute(*, run_id: int) -> None:
    """Execute one attempt of a queued run, or settle one whose worker was lost.

    Does nothing when the run is finished or not due. Never raises what the job raised: that
    is recorded on the row.
    """
    queued_execute(run_id)


def job_run_now(
    *,
    job_name: str,
    params: Mapping[str, JsonScalar] | None = None,
    actor: Actor = None,
    wait_s: float = 60.0,
    progress: Progress | None = None,
) -> JobOutcome:
    """Run a job in this process, with the same row, lock and counter; raise what it raises.

    Args:
        job_name: a registered job.
        params: JSON scalars for it.
        actor: who is said to have asked; None is the system.
        wait_s: how long to wait for the same job to end elsewhere.
        progress: told at once whatever the job reports, beside the row; it must not raise.

    Raises:
        NotFound: no such job.
        Conflict: the same job was still running elsewhere after `wait_s` seconds.
    """
    spec = _spec(job_name)
    with RunChannel(job_name, told=progress) as channel:
        if not channel.acquire_within(wait_s):
            raise Conflict(f"{spec.title} is running already.", code="job_running")
        attempts_recover(job_name)
        run, _ = _run_create(spec, params, None, actor, foreground=True)
        return foreground_execute(spec, run.pk, channel)


def job_tick(*, job_name: str, now: datetime | None = None) -> int | None:
    """The schedule's tick: queue a run unless the former one is unfinished.

    An unfinished one counts the tick instead (`coalesced`), so that a short interval never
    piles up runs. Answers the run's id, None when the tick was counted only.

    Raises:
        NotFound: no such job.
    """
    spec = _spec(job_name)
    moment = (now or timezone.now()).replace(microsecond=0)
    with transaction.atomic():
        _tick_lock(job_name)
        unfinished = JobRun.objects.filter(job_name=job_name, status__in=ACTIVE, params={}).first()
        if unfinished is not None:
            _coalesce(unfinished)
            return None
        run = _run_reuse(spec, moment) or _run_create_at(spec, moment)
        if run is not None:
            run_dispatch(run)
    return run.pk if run else None


def run_retry(*, run_id: int, actor: Actor = None) -> None:
    """Give an ended run a fresh set of attempts; its attempt numbers go on counting.

    Raises:
        NotFound: no such run, or its job is not registered any more.
        Conflict: it has succeeded or is not finished.
    """
    with transaction.atomic():
        run = _run_locked(run_id)
        spec = _spec(run.job_name)
        if run.status not in RETRYABLE:
            raise Conflict(f"This run is {run.status}.", code="run_not_retryable")
        before = run.status
        run.status = RunStatus.QUEUED
        run.attempts_allowed = run.attempts + spec.max_attempts
        run.cancel_requested = run.foreground = False
        run.next_attempt_at = run.finished_at = None
        run.save()
        DeadLetter.objects.filter(run=run, retried_at=None).update(
            retried_at=timezone.now(), retried_by_id=actor.pk if actor else None
        )
        run_audit("job_run.retry", run, actor, before)
        run_dispatch(run)


def run_cancel(*, run_id: int, actor: Actor = None) -> None:
    """Cancel a queued run at once; ask a running one to stop at its next poll.

    Raises:
        NotFound: no such run.
        Conflict: it is finished.
    """
    with transaction.atomic():
        run = _run_locked(run_id)
        if run.status not in ACTIVE:
            raise Conflict(f"This run is {run.status}.", code="run_finished")
        before = run.status
        run.cancel_requested = True
        if run.status == RunStatus.QUEUED:
            run.status, run.finished_at = RunStatus.CANCELLED, timezone.now()
            run.error_reason = "cancelled"
            batch_job_executions.labels(run.job_name, RunStatus.CANCELLED.value).inc()
        run.save()
        run_audit("job_run.cancel", run, actor, before)


def _spec(job_name: str) -> JobSpec:
    try:
        return job_spec(job_name)
    except UnknownJob as error:
        raise NotFound(f"There is no job {job_name}.", extra={"job_name": job_name}) from error


def _run_locked(run_id: int) -> JobRun:
    run = JobRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such run.")
    return run


def _run_create(
    spec: JobSpec,
    params: Mapping[str, JsonScalar] | None,
    scheduled_for: datetime | None,
    actor: Actor,
    *,
    foreground: bool,
) -> tuple[JobRun, bool]:
    given = dict(params or {})
    for name, value in given.items():
        if value is not None and not isinstance(value, str | int | float | bool):
            raise InvalidInput(f"{name} must be a JSON scalar.", field=name)
    with transaction.atomic():
        run, created = JobRun.objects.get_or_create(
            job_name=spec.name,
            scheduled_for=scheduled_for or timezone.now(),
            defaults={
                "params": given,
                "attempts_allowed": spec.max_attempts,
                "foreground": foreground,
                "requested_by_id": actor.pk if actor else None,
            },
        )
        if created:
            run_audit("job_run.request", run, actor, None)
    return run, created


def _run_create_at(spec: JobSpec, moment: datetime) -> JobRun | None:
    run, created = _run_create(spec, None, moment, None, foreground=False)
    return run if created else None


def _run_reuse(spec: JobSpec, moment: datetime) -> JobRun | None:
    """A quiet job's newest row, when it found nothing to do: used again for this moment."""
    if not spec.quiet:
        return None
    newest = JobRun.objects.filter(job_name=spec.name).order_by("-scheduled_for").first()
    if newest is None or newest.status != RunStatus.SUCCEEDED or not newest.empty:
        return None
    if newest.params or newest.scheduled_for >= moment:
        return None
    newest.scheduled_for = moment
    newest.status, newest.attempts = RunStatus.QUEUED, 0
    newest.coalesced, newest.attempts_allowed = 0, spec.max_attempts
    newest.save()
    return newest


def _coalesce(run: JobRun) -> None:
    JobRun.objects.filter(pk=run.pk).update(coalesced=F("coalesced") + 1)
    batch_job_executions.labels(run.job_name, "skipped").inc()
    now = timezone.now()
    silent = now - timedelta(seconds=_SILENT_S)
    sent_long_ago = run.dispatched_at is None or (
        max(run.dispatched_at, run.next_attempt_at or run.dispatched_at)
        < now - timedelta(seconds=_MESSAGE_LOST_S)
    )
    lost = run.status == RunStatus.RUNNING and (run.heartbeat_at or silent) <= silent
    if lost or (run.status == RunStatus.QUEUED and sent_long_ago):
        # Its worker or its message may be gone; executing a healthy one again does nothing.
        run_dispatch(run)


def _tick_lock(job_name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(f"tick:{job_name}")])
