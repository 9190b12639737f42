"""Cards of admin's first page: dead letters, runs that fail, and the parts' own health."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from apps.common.admin_dashboard import DashboardCard, Tone
from apps.common.health import health_reports
from apps.jobs.models import DeadLetter, JobRun, RunStatus

_NAMED = 3
_COUNTED = 1_000


def job_cards(user: Any) -> Iterator[DashboardCard]:
    """What an operator looks at first."""
    if user.has_perm("jobs.view_deadletter"):
        yield _dead_letters()
    if user.has_perm("jobs.view_jobrun"):
        yield _unfinished()
        yield _health()


def _dead_letters() -> DashboardCard:
    waiting = DeadLetter.objects.filter(retried_at=None).order_by("-dead_at")
    names = list(waiting.values_list("job_name", flat=True)[:_COUNTED])
    url = reverse("admin:jobs_deadletter_changelist") + "?retried_at__isempty=1"
    if not names:
        return DashboardCard("Dead letters", "none", "No job has given up.", url, Tone.GOOD)
    few = ", ".join(list(dict.fromkeys(names))[:_NAMED])
    return DashboardCard("Dead letters", f"{len(names)}", f"Gave up: {few}", url, Tone.BAD)


def _unfinished() -> DashboardCard:
    """Runs at work, and those that wait for another attempt after a failure."""
    open_runs = JobRun.objects.filter(status__in=(RunStatus.RUNNING, RunStatus.QUEUED))
    rows = list(open_runs.values_list("status", "attempts", "job_name")[:_COUNTED])
    failing = {name for status, attempts, name in rows
               if status == RunStatus.QUEUED and attempts}  # fmt: skip
    running = sum(status == RunStatus.RUNNING for status, _, _ in rows)
    url = reverse("admin:jobs_jobrun_changelist")
    if failing:
        names = ", ".join(sorted(failing)[:_NAMED])
        detail = f"Failed, and wait for another attempt: {names}"
        return DashboardCard("Job runs", f"{len(failing)} failing", detail, url, Tone.WARNING)
    waiting = len(rows) - running
    return DashboardCard("Job runs", f"{running} running", f"{waiting} queued", url)


def _health() -> DashboardCard:
    reports = health_reports()
    broken = [report for report in reports if not report.ok]
    url = reverse("admin:jobs_jobrun_changelist")
    if not broken:
        names = ", ".join(report.name for report in reports)
        return DashboardCard("Health", "all well", names, url, Tone.GOOD)
    tone = Tone.BAD if any(report.required for report in broken) else Tone.WARNING
    detail = "; ".join(f"{report.name}: {report.detail}" for report in broken)
    return DashboardCard("Health", f"{len(broken)} ailing", detail, url, tone)
