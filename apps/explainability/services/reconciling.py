"""Runs that nobody works on any more: their worker was killed, or their job was cancelled."""

from datetime import timedelta

import structlog
from django.utils import timezone

from apps.explainability.contracts.judged import EvaluationStatus
from apps.explainability.models import EvaluationRun
from apps.explainability.services.evaluations import JOB
from apps.jobs.selectors import RunEnd, runs_of_param

logger = structlog.get_logger(__name__)
_UNFINISHED = (EvaluationStatus.QUEUED.value, EvaluationStatus.RUNNING.value)
# A command stores its run, then waits for the job's lock (60 s) before the job has a row.
_WITHOUT_JOB = timedelta(minutes=5)
_MOST = 1000


def runs_reconcile() -> int:
    """Say of every unfinished run whose job has ended that it failed, and why; how many.

    The jobs app finds lost workers out; while a further attempt is due, a run stays as it is.
    One statement where nothing is unfinished, two where all of it goes on.
    """
    unfinished = EvaluationRun.objects.filter(status__in=_UNFINISHED).order_by("pk")
    rows = dict(unfinished.values_list("pk", "created_at")[:_MOST])
    ends = runs_of_param(JOB, "run", rows) if rows else {}
    now, failed = timezone.now(), 0
    for run_id, created_at in rows.items():
        end = ends.get(run_id)
        if end.active if end else created_at > now - _WITHOUT_JOB:
            continue
        # Still unfinished, asked again: its job may have ended well since it was read.
        left = EvaluationRun.objects.filter(pk=run_id, status__in=_UNFINISHED)
        error = _words(end)
        if left.update(status=EvaluationStatus.FAILED.value, finished_at=now, error=error):
            failed += 1
            logger.warning("evaluation_run_lost", run_id=run_id, error=error)
    return failed


def _words(end: RunEnd | None) -> str:
    if end is None:
        return "Its job was never started, or is not kept any more."
    return f"Its job ended ({end.status}). {end.error}".strip()
