"""One analysis: frozen roll-ups and a plan in, everything a result page shows out."""

from apps.experiments.contracts.analysis import AnalysisContext
from apps.experiments.contracts.results import Action, ExperimentResults, Recommendation


def experiment_analyse(context: AnalysisContext) -> ExperimentResults:
    """The whole analysis of one experiment. No clock, no I/O: `context.as_of` is now."""
    latest = max((phase.salt_version for phase in context.phases), default=0)
    return ExperimentResults(
        key=context.key,
        as_of=context.as_of,
        salt_version=context.salt_version or latest,
        variants=context.design.variant_keys,
        phases=context.phases,
        readable=False,
        unreadable_because=("There are no exposures yet.",),
        days_running=0.0,
        days_planned=None,
        units=dict.fromkeys(context.design.variant_keys, 0),
        metrics=(),
        series=(),
        exposures=context.exposures,
        health=(),
        dimensions=(),
        interleaving=None,
        allocation=(),
        recommendation=Recommendation(Action.NO_DATA, "", "There are no exposures yet.", ()),
        freshness=context.freshness,
        plan_words="",
        extra={},
    )
