"""The job that delivers reports of experiments."""

from apps.jobs.contracts import JobContext, JobOutcome, JobSpec


def reports_run(context: JobContext) -> JobOutcome:
    """Every report that is due, by e-mail or webhook."""
    from apps.experiments.services.report_delivery import reports_deliver

    result = reports_deliver()
    context.progress(result.delivered, result.delivered + result.failed, "reports delivered")
    return {"delivered": result.delivered, "failed": result.failed, "dead": result.dead}


def jobs_reports_register() -> None:
    """Make the job known; called in `ExperimentsConfig.ready()`."""
    from apps.jobs.contracts import job_register

    job_register(
        JobSpec(
            name="experiments_reports",
            title="Reports of experiments",
            run=reports_run,
            every_s=15,
            max_attempts=1,
            soft_time_limit_s=1_200,
            quiet=True,
            description="Sends queued reports by e-mail and signed webhook; a failed one again "
            "after 30 seconds, then doubling, eight times at most.",
        )
    )
