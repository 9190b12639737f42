"""The job that carries out what was planned and approved."""

from apps.jobs.contracts import JobContext, JobOutcome, JobSpec

EVERY_S = 60


def jobs_lifecycle_register() -> None:
    """Make the job known to jobs."""
    from apps.jobs.contracts import job_register

    job_register(
        JobSpec(
            name="experiments_schedule",
            title="Experiments: planned starts, ramps and ends",
            run=schedule_run,
            every_s=EVERY_S,
            description="Starts approved experiments at their time, grows ramps step by step "
            "(unless health raises an alarm) and completes experiments at their planned end.",
            quiet=True,
        )
    )


def schedule_run(context: JobContext) -> JobOutcome:
    """One pass; empty when nothing was due."""
    from apps.experiments.services.ramps import schedules_apply

    report = schedules_apply(now=context.as_of)
    counts = {
        name: len(getattr(report, name))
        for name in ("started", "stepped", "completed", "held", "refused")
    }
    return {name: count for name, count in counts.items() if count}
