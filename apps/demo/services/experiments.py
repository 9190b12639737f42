"""The demo's experiments, lived through: created, approved, played, rolled up, decided.

Everything takes the way that people and storefronts take: the services of experiments, the very
assignment rule, the import of events, the log of searches; only the clock is told what to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.contrib.auth import get_user_model
from django.utils import timezone

from apps.access.services import Actor
from apps.demo.contracts import DemoCatalogue, HistoryConfig, ShopperConfig
from apps.demo.domain.history import SearchLog, history_play
from apps.demo.domain.planted import (
    DAYS,
    DRAFTED,
    MOST,
    PLANTED,
    STEP_DAYS,
    WAITING,
    Planted,
)
from apps.demo.domain.visits import Visits
from apps.demo.models import DemoStage
from apps.demo.services.experiments_played import Stretch, stretch_play
from apps.demo.services.stages import DemoPlan
from apps.events.services.partitions import partitions_ensure
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.selectors.experiments import experiment_views
from apps.experiments.services.analysis import analysis_refresh
from apps.experiments.services.bandits import bandit_update
from apps.experiments.services.decision import experiment_decide
from apps.experiments.services.design import (
    experiment_approve,
    experiment_create,
    experiment_submit,
)
from apps.experiments.services.lifecycle import experiment_complete, experiment_start
from apps.experiments.services.metrics import metrics_ensure_shipped
from apps.experiments.services.phases import phase_start
from apps.experiments.services.rollups.chain import rollups_refresh
from apps.experiments.services.rollups.run import experiment_rollup

SESSIONS_PER_DAY, SHOPPERS, SHOWN = 380, 8_000, 5
FULL_HISTORY_DAYS = 60
_NAMES = ("merchandiser", "reviewer")


@dataclass(frozen=True, slots=True)
class _World:
    """What all stretches of the play share."""

    plan: DemoPlan
    catalogue: DemoCatalogue
    visits: Visits
    logs: tuple[SearchLog, ...]
    maker: Actor
    checker: Actor

    def at(self, days_before: float) -> datetime:
        return self.plan.as_of - timedelta(days=days_before)


def experiments_live(plan: DemoPlan, catalogue: DemoCatalogue) -> str:
    """Live through the last weeks with all planted experiments, step by step.

    A run that is cut off goes on at the step it was in: what people did is done once, and what
    shoppers did has the same ids when it is played again.
    """
    metrics_ensure_shipped()
    world = _world(plan, catalogue)
    partitions_ensure(first=world.at(DAYS + 1), last=plan.as_of)
    searches = 0
    for before, after in pairwise(_moments()):
        stage, _ = DemoStage.objects.get_or_create(name=f"experiments {before} days before")
        if stage.finished_at is None:
            _moment_reached(world, before)
            searches += stretch_play(_stretch(world, before, after))
            stage.finished_at = timezone.now()
            stage.save(update_fields=["finished_at"])
    _moment_reached(world, 0)
    _ideas_noted(world)
    rollups_refresh(as_of=plan.as_of)
    return f"{len(PLANTED)} experiments, {searches:,} searches in {DAYS} days"


def _ideas_noted(world: _World) -> None:
    """A draft, and a design that waits for its second person."""
    ideas = {**DRAFTED, **WAITING}
    views = {view.key: view for view in experiment_views(keys=list(ideas))}
    for key, design in ideas.items():
        view = views.get(key)
        if view is None:
            view = experiment_create(
                key=key,
                design=dict(design),  # type: ignore[arg-type]  # JSON, as a person sends it
                actor=world.maker,
                now=world.at(1),
            )
        if key in WAITING and view.status is Status.DRAFT:
            experiment_submit(key=key, actor=world.maker, now=world.at(0.5))


def history_config(plan: DemoPlan) -> HistoryConfig:
    """As many shoppers as the demo's own history has days for."""
    share = min(1.0, plan.days / FULL_HISTORY_DAYS)
    return HistoryConfig(
        days=DAYS,
        sessions_per_day=max(8, round(SESSIONS_PER_DAY * share)),
        shoppers=max(200, round(SHOPPERS * share)),
        shown=SHOWN,
    )


def _world(plan: DemoPlan, catalogue: DemoCatalogue) -> _World:
    visits, logs = history_play(
        catalogue,
        as_of=plan.as_of,
        shopper=ShopperConfig(seed=plan.seed),
        history=history_config(plan),
        effects=(MOST,),
    )
    people = get_user_model().objects
    maker, checker = (people.get(username=name) for name in _NAMES)
    return _World(plan, catalogue, visits, logs, maker, checker)


def _moments() -> list[int]:
    """Days before the end at which something happens: a change falls between two stretches."""
    steps = range(min(p.starts for p in PLANTED) + STEP_DAYS, 0, -STEP_DAYS)
    edges = {DAYS, 0, *steps}
    for planted in PLANTED:
        edges |= {planted.starts} | ({planted.ends} if planted.ends else set())
    return sorted(edges, reverse=True)


def _stretch(world: _World, before: int, after: int) -> Stretch:
    return Stretch(
        catalogue=world.catalogue,
        visits=world.visits,
        logs=world.logs,
        starts=world.at(before),
        ends=world.at(after),
        as_of=world.plan.as_of,
        seed=world.plan.seed,
        number=before,
    )


def _moment_reached(world: _World, days_before: int) -> None:
    """What people and the schedule do at this moment, as far as it is not done."""
    now = world.at(days_before)
    views = {view.key: view for view in experiment_views(keys=[each.key for each in PLANTED])}
    for planted in PLANTED:
        view = views.get(planted.key)
        if planted.starts == days_before:
            experiment_begin(
                key=planted.key,
                design=planted.design,
                view=view,
                maker=world.maker,
                checker=world.checker,
                now=now,
            )
        elif view is not None and planted.ends == days_before:
            _ended(world, planted, view, now)
        elif view is not None and planted.ends is None:
            _scheduled(planted, view, now, hours=(planted.starts - days_before) * 24)


def experiment_begin(
    *,
    key: str,
    design: Mapping[str, object],
    view: ExperimentView | None,
    maker: Actor,
    checker: Actor,
    now: datetime,
) -> None:
    """Create, submit, approve and start, as far as it is not done: each step is a transaction."""
    if view is None:
        created = now - timedelta(hours=30)
        experiment_create(key=key, design=dict(design), actor=maker, now=created)  # type: ignore[arg-type]  # JSON, as a person sends it
    if view is None or view.status is Status.DRAFT:
        experiment_submit(key=key, actor=maker, now=now - timedelta(hours=29))
    if view is None or (view.status in {Status.DRAFT, Status.IN_REVIEW} and not view.approved):
        experiment_approve(key=key, actor=checker, now=now - timedelta(hours=3))
    if view is None or view.status in {Status.DRAFT, Status.IN_REVIEW}:
        experiment_start(key=key, actor=maker, reason="The checklist is met.", now=now)


def _ended(world: _World, planted: Planted, view: ExperimentView, now: datetime) -> None:
    key = planted.key
    if view.status is Status.RUNNING:
        experiment_complete(key=key, actor=world.maker, reason="The planned end.", now=now)
    if planted.verdict is None or view.decision is not None:
        return
    experiment_rollup(key=key, as_of=now)
    analysis_refresh(key=key, as_of=now)
    outcome, variant, words = planted.verdict
    experiment_decide(
        key=key,
        outcome=outcome,
        variant=variant,
        text=words,
        ship=outcome == "ship",
        actor=world.maker,
        now=now + timedelta(hours=2),
    )


def _scheduled(planted: Planted, view: ExperimentView, now: datetime, *, hours: int) -> None:
    """Steps of a ramp, updates of a bandit: what was approved with the design."""
    if view.status is not Status.RUNNING or view.phases[-1].starts_at >= now:
        return
    for coverage, after in _ramp(planted):
        if after == hours:
            reason = f"Step of the ramp: {coverage:.0%}."
            phase_start(key=planted.key, coverage=coverage, actor=None, reason=reason, now=now)
    if planted.design.get("kind") == "bandit":
        experiment_rollup(key=planted.key, as_of=now)
        bandit_update(key=planted.key, now=now)


def _ramp(planted: Planted) -> Iterator[tuple[float, float]]:
    schedule = planted.design.get("schedule")
    steps = schedule.get("ramp", ()) if isinstance(schedule, dict) else ()
    for step in steps:
        yield float(step["coverage"]), float(step["after_hours"])
