"""The job that moves the allocation of bandits."""

from apps.jobs.contracts import JobContext, JobOutcome, JobSpec

_EVERY_S = 900


def bandits_run(context: JobContext) -> JobOutcome:
    """Every running bandit at a planned moment."""
    from apps.experiments.services.bandits import bandits_update

    result = bandits_update(now=context.as_of)
    context.progress(result.moved, result.due, "bandits moved")
    return {"due": result.due, "moved": result.moved, "burning_in": result.burning_in}


def jobs_bandits_register() -> None:
    """Make the job known; called in `ExperimentsConfig.ready()`."""
    from apps.jobs.contracts import job_register

    job_register(
        JobSpec(
            name="experiments_bandits",
            title="Allocation of bandits",
            run=bandits_run,
            every_s=_EVERY_S,
            quiet=True,
            description="Brings the roll-ups of bandits that are due up to date, and starts a "
            "phase with the allocation that Thompson sampling asks for.",
        )
    )
