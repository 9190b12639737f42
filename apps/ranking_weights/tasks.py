"""Jobs of ranking weights, as apps.jobs runs them."""

from apps.common.errors import InvalidInput
from apps.jobs.contracts import JobContext, JobOutcome, JobSpec
from apps.ranking_weights.services_learning import WINDOW_DAYS, weights_learn


def learn_weights_run(context: JobContext) -> JobOutcome:
    """Draft what is shown to be better; the outcome says why there is nothing."""
    days = context.params.get("days", WINDOW_DAYS)
    if isinstance(days, bool) or not isinstance(days, int):
        raise InvalidInput("The window is a whole number of days.", field="days")
    report = weights_learn(
        as_of=context.as_of, days=days, category=str(context.params.get("category") or "")
    )
    return {
        "searches": report.searches,
        "learnt": len(report.sets),
        "drafts": report.drafts,
        "refused": None if report.refused is None else report.refused.value,
    }


LEARN_WEIGHTS = JobSpec(
    name="learn_weights",
    title="Learn ranking weights",
    run=learn_weights_run,
    cron="40 4 * * 1",
    soft_time_limit_s=3000,
    description=(
        "Learns weights from logged searches and what shoppers clicked and bought, and drafts "
        "those that held-back searches show to be better than what is live. A person publishes "
        "them. Parameters days (28) and category."
    ),
)
