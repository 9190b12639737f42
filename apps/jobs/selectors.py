from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from apps.jobs.contracts import JobSpec, job_specs
from apps.jobs.models import JobRun, RunStatus


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job and how it went last, for lists."""

    spec: JobSpec
    last_status: str
    last_finished_at: datetime | None


def last_success_at(job_name: str) -> datetime | None:
    """When a run of this job last succeeded; None when none ever did."""
    succeeded = JobRun.objects.filter(job_name=job_name, status=RunStatus.SUCCEEDED)
    found: datetime | None = succeeded.aggregate(last=Max("finished_at"))["last"]
    return found


def job_lines() -> list[JobLine]:
    """Every registered job with its newest run, two statements at most."""
    newest = {
        run.job_name: run
        for run in JobRun.objects.order_by("job_name", "-scheduled_for").distinct("job_name")
    }
    lines = []
    for spec in job_specs():
        run = newest.get(spec.name)
        lines.append(JobLine(spec, run.status if run else "", run.finished_at if run else None))
    return lines
