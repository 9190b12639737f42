"""The jobs of jobs: sweep up after lost workers and messages, prune old rows."""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from apps.access.idempotency import idempotency_prune
from apps.jobs.attempts import attempts_recover
from apps.jobs.channel import RunChannel
from apps.jobs.contracts import JobContext, JobOutcome, JobSpec
from apps.jobs.dispatch import run_dispatch
from apps.jobs.models import JobRun, RunStatus

SWEEP_JOB = "jobs_sweep"
SWEEP_EVERY_S = 60
_MESSAGE_LOST = timedelta(seconds=120)

_PRUNE = """
    DELETE FROM jobs_jobrun
     WHERE id IN (
        SELECT id FROM (
            SELECT id, finished_at, row_number() OVER (
                       PARTITION BY job_name ORDER BY finished_at DESC) AS place
              FROM jobs_jobrun
             WHERE status IN ('succeeded', 'cancelled')
        ) ended
        WHERE place > %(keep)s OR (place > %(keep_always)s AND finished_at < %(oldest)s)
     )
"""
# However old, a job's last few runs stay: a monthly job's history is short enough.
_KEEP_ALWAYS = 20


def sweep(context: JobContext) -> JobOutcome:
    """Recover runs whose worker is gone; send again what no worker has heard of."""
    return {
        "recovered": _lost_workers_recover(own=context.job_name),
        "sent_again": _lost_messages_resend(context.run_id),
    }


def prune(_context: JobContext) -> JobOutcome:
    """Drop old succeeded and cancelled runs; failed and dead ones stay for JOB_RUNS_KEEP_DAYS."""
    oldest = timezone.now() - timedelta(days=settings.JOB_RUNS_KEEP_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(
            _PRUNE,
            {"keep": settings.JOB_RUNS_KEEP, "keep_always": _KEEP_ALWAYS, "oldest": oldest},
        )
        return {"deleted": cursor.rowcount}


def replies_prune(_context: JobContext) -> JobOutcome:
    """Forget what was kept under idempotency keys."""
    return {"deleted": idempotency_prune()}


def _lost_workers_recover(own: str) -> int:
    running = JobRun.objects.filter(status=RunStatus.RUNNING).exclude(job_name=own)
    recovered = 0
    for name in running.values_list("job_name", flat=True).order_by("job_name").distinct():
        with RunChannel(name) as channel:
            # A lock that is free means that nobody runs the job, whatever its rows say.
            if channel.acquire():
                recovered += attempts_recover(name)
    return recovered


def _lost_messages_resend(own_run_id: int) -> int:
    long_ago = timezone.now() - _MESSAGE_LOST
    lost = JobRun.objects.filter(
        Q(dispatched_at__lt=long_ago) | Q(dispatched_at=None, created_at__lt=long_ago),
        Q(next_attempt_at__lt=long_ago) | Q(next_attempt_at=None),
        status=RunStatus.QUEUED,
        foreground=False,
    ).exclude(pk=own_run_id)
    runs = list(lost)
    for run in runs:
        run_dispatch(run)
    return len(runs)


SPECS = (
    JobSpec(
        name=SWEEP_JOB,
        title="Sweep lost runs",
        run=sweep,
        every_s=SWEEP_EVERY_S,
        quiet=True,
        max_attempts=1,
        description=(
            "Recovers runs whose worker was killed and sends lost messages again. "
            "Its last success tells /readyz that beat and a worker are alive."
        ),
    ),
    JobSpec(
        name="jobs_prune",
        title="Prune old runs",
        run=prune,
        every_s=3600,
        quiet=True,
        description="Deletes old rows of runs that succeeded or were cancelled.",
    ),
    JobSpec(
        name="access_replies_prune",
        title="Prune idempotent replies",
        run=replies_prune,
        every_s=3600,
        quiet=True,
        description="Forgets replies kept under Idempotency-Key for IDEMPOTENCY_KEEP_HOURS.",
    ),
)
