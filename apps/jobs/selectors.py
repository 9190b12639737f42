from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from apps.jobs.contracts import JobOutcome, JobSpec, JsonScalar, job_specs
from apps.jobs.models import ACTIVE, JobRun, RunStatus


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job and how it went last, for lists."""

    spec: JobSpec
    last_status: str
    last_finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunEnd:
    """Whether a run goes on, and how it ended if not.

    Attributes:
        active: queued (a further attempt too) or running.
        status: the row's own word.
        error: what went wrong; empty when nothing did.
    """

    active: bool
    status: str
    error: str


def last_success_at(job_name: str) -> datetime | None:
    """When a run of this job last succeeded; None when none ever did."""
    succeeded = JobRun.objects.filter(job_name=job_name, status=RunStatus.SUCCEEDED)
    found: datetime | None = succeeded.aggregate(last=Max("finished_at"))["last"]
    return found


def last_summary(job_name: str) -> JobOutcome | None:
    """What the newest successful run of this job said; None when there is none."""
    succeeded = JobRun.objects.filter(job_name=job_name, status=RunStatus.SUCCEEDED)
    found: JobOutcome | None = (
        succeeded.order_by("-finished_at").values_list("summary", flat=True).first()
    )
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


def runs_of_param(
    job_name: str, param: str, values: Collection[JsonScalar]
) -> dict[JsonScalar, RunEnd]:
    """By value of a parameter, how the newest run of a job with it stands; one statement.

    Values that no run was asked with are left out. An active run goes before an ended one.
    """
    asked = JobRun.objects.filter(
        job_name=job_name, **{f"params__{param}__in": [*values]}
    ).order_by("pk")
    found: dict[JsonScalar, RunEnd] = {}
    for run in asked.only("params", "status", "error_reason", "error_message"):
        value, active = run.params[param], run.status in ACTIVE
        if active or value not in found or not found[value].active:
            found[value] = RunEnd(active, run.status, run.error_message or run.error_reason)
    return found
