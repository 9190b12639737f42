"""Are beat and a worker alive? The sweep's last success says so for both."""

from datetime import timedelta

from django.db import Error as DatabaseFailure
from django.utils import timezone

from apps.common.contracts import HealthReport
from apps.jobs.housekeeping import SWEEP_EVERY_S, SWEEP_JOB
from apps.jobs.selectors import last_success_at

_LATE_AFTER = timedelta(seconds=3 * SWEEP_EVERY_S)


def workers_check() -> HealthReport:
    """Not required: without workers the shop answers on with what was published last."""
    try:
        last = last_success_at(SWEEP_JOB)
    except DatabaseFailure as error:
        return HealthReport("jobs", ok=False, required=False, detail=type(error).__name__)
    if last is None:
        detail = "no worker has run a job yet"
        return HealthReport("jobs", ok=False, required=False, detail=detail)
    age = timezone.now() - last
    detail = "" if age <= _LATE_AFTER else "no scheduled job ran lately: worker or beat is gone"
    figures = {"last_sweep_age_s": round(age.total_seconds(), 1)}
    return HealthReport("jobs", ok=not detail, required=False, detail=detail, figures=figures)
