"""Analyses: computed from roll-ups, stored as the latest, frozen with a decision."""

from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from apps.experiments.contracts.analysis import PlanAnswer, PlanQuestion
from apps.experiments.contracts.design import AnalysisPlan, UnitType
from apps.experiments.contracts.results import ExperimentResults, HealthStatus
from apps.experiments.domain.analysis.analyse import experiment_analyse
from apps.experiments.domain.analysis.documents import results_document
from apps.experiments.domain.analysis.plans import plan_answer
from apps.experiments.models import Analysis, Experiment
from apps.experiments.selectors.analysis import analysis_context, plan_question

_WORST = (HealthStatus.ALARM, HealthStatus.WARNING, HealthStatus.UNKNOWN)


def results_for(
    *,
    key: str,
    as_of: datetime | None = None,
    salt_version: int | None = None,
    phase: int | None = None,
) -> ExperimentResults:
    """Analyse an experiment from its roll-ups, now: a constant number of SQL statements.

    `as_of` reads the roll-ups of days up to it; `salt_version` an older allocation; `phase`
    the units of one phase alone.

    Raises:
        NotFound: no such experiment.
        InvalidInput: it has no such allocation or phase.
    """
    # Days are UTC's, whatever the zone of the moment that was asked for.
    moment = (as_of or timezone.now()).astimezone(UTC)
    return experiment_analyse(
        analysis_context(key=key, as_of=moment, salt_version=salt_version, phase=phase)
    )


def health_of(results: ExperimentResults) -> HealthStatus:
    """The worst status of all checks; ok when there are none."""
    found = {check.status for check in results.health}
    return next((status for status in _WORST if status in found), HealthStatus.OK)


@transaction.atomic
def analysis_refresh(*, key: str, as_of: datetime | None = None) -> int:
    """Compute the analysis and store it as the experiment's latest; answers its id.

    An analysis that a decision froze is never written again: the new one stands beside it.
    """
    results = results_for(key=key, as_of=as_of)
    # Two refreshes of one experiment at once would both insert a latest row.
    experiment = Experiment.objects.select_for_update().only("id").get(key=key)
    columns = {
        "as_of": results.as_of,
        "computed_at": timezone.now(),
        "action": results.recommendation.action.value,
        "headline": results.recommendation.headline,
        "health": health_of(results).value,
        "alarms": [
            {"code": check.code, "scope": check.scope, "message": check.message}
            for check in results.health
            if check.status is HealthStatus.ALARM
        ],
        "readable": results.readable,
        "units": sum(results.units.values()),
        "document": results_document(results),
    }
    Analysis.objects.filter(experiment=experiment, latest=True, frozen=True).update(latest=False)
    row, _ = Analysis.objects.update_or_create(
        experiment=experiment, latest=True, defaults=columns
    )
    return row.pk


def plan_calculate(
    *,
    metric: str,
    unit: UnitType,
    weights: tuple[float, ...] = (0.5, 0.5),
    plan: AnalysisPlan | None = None,
    coverage: float = 1.0,
    days: float | None = None,
    as_of: datetime | None = None,
) -> PlanAnswer:
    """Sample size, runtime, smallest effect and power from the shop's own past traffic.

    Raises:
        NotFound: no such metric.
        InvalidInput: weights, coverage or days out of range.
    """
    question: PlanQuestion = plan_question(
        metric=metric,
        unit=unit,
        weights=weights,
        plan=plan or AnalysisPlan(),
        coverage=coverage,
        days=days,
        as_of=as_of or timezone.now(),
    )
    return plan_answer(question)
