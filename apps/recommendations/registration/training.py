"""The job that trains the recommender."""

from apps.jobs.contracts import JobContext, JobOutcome, JobSpec, job_register


def training_register() -> None:
    """Make the job known."""
    job_register(
        JobSpec(
            name="train_recommender",
            title="Train the recommender",
            run=_run,
            cron="40 3 * * *",
            soft_time_limit_s=3_600,
            description=(
                "Learns from all interactions which products go with which shoppers, chooses "
                "what foretells this shop best, and publishes it. With too few interactions "
                "nothing is published and the model in force serves on."
            ),
        )
    )


def _run(context: JobContext) -> JobOutcome:
    """Nothing of training is loaded before it runs."""
    from apps.recommendations.services.training import train_recommender_job

    return train_recommender_job(context)
