"""Handing a run to the workers: by id, once the row is committed."""

from functools import partial

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.common.domain.traceparent import traceparent_format
from apps.common.observability.context import trace_current
from apps.common.observability.metrics import degraded_total
from apps.jobs.contracts import UnknownJob, job_spec
from apps.jobs.models import JobRun

logger = structlog.get_logger(__name__)
EXECUTE_TASK = "jobs.execute"
# From the soft limit, which a job can answer, to the hard one, which kills its process.
_GRACE_S = 60


def run_dispatch(run: JobRun, *, countdown_s: float = 0.0) -> None:
    """Send `run` to the workers after commit.

    A broker that is gone loses nothing: the row stays queued, and the sweep sends it again.
    """
    JobRun.objects.filter(pk=run.pk).update(dispatched_at=timezone.now())
    transaction.on_commit(partial(_send, run.pk, run.job_name, countdown_s))


def _send(run_id: int, job_name: str, countdown_s: float) -> None:
    soft_limit_s = _soft_limit_s(job_name)
    trace = trace_current()
    header = (
        traceparent_format(trace.trace_id, trace.span_id, sampled=trace.sampled) if trace else ""
    )
    try:
        current_app.tasks[EXECUTE_TASK].apply_async(
            args=(run_id,),
            countdown=countdown_s,
            soft_time_limit=soft_limit_s,
            time_limit=min(soft_limit_s + _GRACE_S, settings.CELERY_TASK_TIME_LIMIT),
            headers={"endcap_traceparent": header},
        )
    except (OperationalError, OSError) as error:
        degraded_total.labels(component="broker", reason="job_dispatch").inc()
        logger.warning("job_dispatch_failed", run_id=run_id, reason=str(error))


def _soft_limit_s(job_name: str) -> int:
    try:
        wanted = job_spec(job_name).soft_time_limit_s
    except UnknownJob:
        wanted = _GRACE_S
    return min(wanted, settings.CELERY_TASK_SOFT_TIME_LIMIT)
