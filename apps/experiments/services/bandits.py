"""Bandits: read the evidence, ask the domain, start the phase that it asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from apps.access.services import Actor
from apps.common.errors import Conflict, NotFound
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.bandits import BanditUpdate, PeriodArms, UpdateOutcome
from apps.experiments.contracts.design import BanditPlan, ExperimentDesign, ExperimentKind
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.contracts.metrics import Direction, MetricKind, MetricVersionView
from apps.experiments.contracts.rollups import RollupKey, RollupSums
from apps.experiments.contracts.statistics import CupedSums, MeanSums, ProportionSums, RatioSums
from apps.experiments.domain.analysis.sums import EMPTY, plain_sums
from apps.experiments.domain.bandits import allocation_update
from apps.experiments.selectors.experiments import experiment_view, experiment_views
from apps.experiments.selectors.metrics import metric_views
from apps.experiments.selectors.rollups import rollup_rows
from apps.experiments.services.phases import phase_start

JOB_EVERY_S = 900
# A planned moment is caught by the run after it, or by the one after that.
_CATCH = timedelta(seconds=2 * JOB_EVERY_S)


@dataclass(frozen=True, slots=True)
class BanditRun:
    """What the job did: experiments that were due, and those whose allocation moved."""

    due: int
    moved: int
    burning_in: int


def bandit_update(*, key: str, now: datetime | None = None, actor: Actor = None) -> BanditUpdate:
    """Move a running bandit's allocation to what its roll-ups say.

    Roll-ups of days after `now` are not read.

    Raises:
        NotFound: no such experiment, or its metric has no such version.
        Conflict: it is no bandit (`not_a_bandit`), or does not run (`not_running`).
    """
    at = now or timezone.now()
    view = experiment_view(key)
    plan, metric = _earning(view)
    phase = view.phase
    if view.status is not Status.RUNNING or phase is None:
        raise Conflict(f"{key} does not run.", code="not_running")
    update = allocation_update(
        view.design.variant_keys,
        _periods(view, metric, at),
        phase.weights,
        floor=plan.floor,
        burn_in_units=plan.burn_in_units,
        highest=metric.definition.direction is Direction.UP,
    )
    if update.outcome is UpdateOutcome.MOVE:
        phase_start(
            key=key,
            weights=update.weights,
            chances_best=update.chances_best,
            actor=actor,
            reason=_reason(update, metric),
            now=at,
        )
    return update


def bandits_due(views: Iterable[ExperimentView], now: datetime) -> list[ExperimentView]:
    """Running bandits at a planned moment: whole multiples of `every_hours` into their phase.

    Between two moments nothing is looked at: a period must not end because of what it found.
    """
    return [view for view in views if _due(view, now)]


def bandits_update(*, now: datetime | None = None) -> BanditRun:
    """Update every bandit that is due, each from roll-ups brought up to now."""
    from apps.experiments.services.rollups.run import experiment_rollup

    at = now or timezone.now()
    due = bandits_due(experiment_views(statuses=(Status.RUNNING,)), at)
    outcomes = []
    for view in due:
        experiment_rollup(key=view.key, as_of=at)
        outcomes.append(bandit_update(key=view.key, now=at).outcome)
    return BanditRun(
        due=len(due),
        moved=outcomes.count(UpdateOutcome.MOVE),
        burning_in=outcomes.count(UpdateOutcome.BURN_IN),
    )


def _due(view: ExperimentView, now: datetime) -> bool:
    plan, phase = view.design.bandit, view.phase
    if view.design.kind is not ExperimentKind.BANDIT or plan is None or phase is None:
        return False
    every = timedelta(hours=plan.every_hours)
    age = now - phase.starts_at
    return age >= every and age % every < min(_CATCH, every)


def _earning(view: ExperimentView) -> tuple[BanditPlan, MetricVersionView]:
    """The plan, and the metric that is earned as it was frozen at the start."""
    plan = view.design.bandit
    if view.design.kind is not ExperimentKind.BANDIT or plan is None:
        raise Conflict(f"{view.key} is no bandit.", code="not_a_bandit")
    found = metric_views([(plan.metric, _version(view.design, plan.metric))])
    if not found:
        raise NotFound(f"The metric {plan.metric} of {view.key} is not there.")
    if found[0].definition.kind is MetricKind.QUANTILE:
        raise Conflict("A bandit cannot earn a quantile.", code="not_a_bandit")
    return plan, found[0]


def _version(design: ExperimentDesign, metric: str) -> int:
    return next((use.version for use in design.metrics if use.key == metric), 0)


def _periods(view: ExperimentView, metric: MetricVersionView, now: datetime) -> list[PeriodArms]:
    """One period a phase, each arm's sums of the last day that is rolled up."""
    rows = rollup_rows(experiment_id=view.id, metrics=[metric.key])
    last = _last_sums(rows, now)
    return [
        PeriodArms(
            tuple(
                _sums(metric, last.get((phase.number, key), EMPTY))
                for key in view.design.variant_keys
            )
        )
        for phase in view.phases
    ]


def _sums(
    metric: MetricVersionView, row: RollupSums
) -> MeanSums | ProportionSums | RatioSums | CupedSums:
    sums = plain_sums(metric.definition, row)
    if not isinstance(sums, MeanSums | ProportionSums | RatioSums):  # pragma: no cover
        raise TypeError("plain sums carry no covariates")
    return sums


def _last_sums(
    rows: Mapping[RollupKey, RollupSums], now: datetime
) -> dict[tuple[int, str], RollupSums]:
    """The newest row of every phase and variant up to now."""
    found = sorted(rows.items(), key=lambda pair: pair[0].day)
    return {(key.phase, key.variant): sums for key, sums in found if key.day <= now.date()}


def _reason(update: BanditUpdate, metric: MetricVersionView) -> str:
    chances = ", ".join(f"{key} {chance:.1%}" for key, chance in update.chances_best.items())
    return (
        f"Bandit update on {metric.definition.title}: chance to be best {chances}; "
        f"{sum(update.units.values()):,} units in {update.periods} periods."
    )
