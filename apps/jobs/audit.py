"""The audit row of what a person did to a run."""

from apps.access.services import Actor, audit_record
from apps.jobs.models import JobRun


def run_audit(action: str, run: JobRun, actor: Actor, before: str | None) -> None:
    """Record it when a person acted; the schedule's own runs are their rows."""
    if actor is None:
        return
    audit_record(
        actor=actor,
        action=action,
        subject_type="jobs.jobrun",
        subject_id=str(run.pk),
        before=None if before is None else {"status": before},
        after={"job_name": run.job_name, "status": str(run.status), "params": run.params},
    )
