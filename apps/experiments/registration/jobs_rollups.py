"""The job that keeps roll-ups and analyses of experiments current."""

from apps.jobs.contracts import JobContext, JobOutcome, JobSpec

EVERY_S = 60


def jobs_rollups_register() -> None:
    """Make the job known; called in `ExperimentsConfig.ready()`."""
    from apps.jobs.contracts import job_register

    job_register(
        JobSpec(
            name="experiments_rollup",
            title="Roll-ups and analyses of experiments",
            run=rollups_run,
            every_s=EVERY_S,
            max_attempts=1,
            soft_time_limit_s=3_000,
            quiet=True,
            description="Totals what is new by unit and day, refreshes each experiment's "
            "analysis, and queues the reports that it is worth.",
        )
    )


def rollups_run(context: JobContext) -> JobOutcome:
    """One pass; empty when nothing was new."""
    from apps.experiments.services.rollups.chain import rollups_refresh

    report = rollups_refresh(as_of=context.as_of, progress=context.progress)
    found: JobOutcome = {
        "units": report.units,
        "rows": report.rows,
        "failed": ", ".join(report.failed),
    }
    return {name: count for name, count in found.items() if count}
