"""Jobs of judged relevance, as apps.jobs runs them."""

from apps.explainability.services.evaluations import evaluation_execute
from apps.explainability.services.implicit import implicit_fit
from apps.explainability.services.rating import queries_pool
from apps.explainability.services.reconciling import runs_reconcile
from apps.jobs.contracts import JobContext, JobOutcome, JobSpec


def evaluation_run(context: JobContext) -> JobOutcome:
    """The outcome names the run and its NDCG."""
    runs_reconcile()
    view = evaluation_execute(run_id=_number(context, "run"), progress=context.progress)
    figure = view.figures.get("ndcg@10")
    return {"run": view.id, "queries": view.queries, "ndcg@10": figure.mean if figure else None}


EVALUATION_RUN = JobSpec(
    name="evaluation_run",
    title="Measure judged relevance",
    run=evaluation_run,
    soft_time_limit_s=1800,
    max_attempts=2,
    description="Measures one stored evaluation. Parameter run: its number.",
)


def pool_candidates(context: JobContext) -> JobOutcome:
    """Queries that got candidates."""
    return {"queries": queries_pool(list_id=_number(context, "list"))}


POOL_CANDIDATES = JobSpec(
    name="pool_candidates",
    title="Collect candidates to rate",
    run=pool_candidates,
    soft_time_limit_s=1800,
    max_attempts=2,
    description=(
        "Puts the first hits of several ways of searching before the raters of a list, for "
        "queries that have none yet. Parameter list: its number."
    ),
)


def implicit_judgements(context: JobContext) -> JobOutcome:
    """Empty where there were too few clicks."""
    return implicit_fit(as_of=context.as_of).outcome


IMPLICIT_JUDGEMENTS = JobSpec(
    name="implicit_judgements",
    title="Judgements from clicks",
    run=implicit_judgements,
    cron="40 3 * * *",
    soft_time_limit_s=1800,
    description=(
        "Fits a position-based click model to the query log and writes what it finds to the "
        "judgement list 'From clicks'. docs/relevance.md has the model."
    ),
    quiet=True,
)


def _number(context: JobContext, name: str) -> int:
    value = context.params.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"this job wants the parameter {name}: a number")
    return value
