"""The demo's last days, lived against the shop itself.

Two experiments run in them, without an effect planted in their arms: what they find is what
following shoppers brings. A run that is cut off plays again what it had played; ids come from the
seed, so all of it is stored once.
"""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model

from apps.demo.contracts import DemoCatalogue, HistoryConfig, ShopperConfig
from apps.demo.domain.history import history_play
from apps.demo.domain.lived import LivedScene, lived_days, lived_visits
from apps.demo.domain.lived_experiments import DESIGNS
from apps.demo.services.experiments import experiment_begin
from apps.demo.services.lived_processes import scene_play, workers_here
from apps.demo.services.stages import DemoPlan
from apps.events.services.importing import events_import
from apps.events.services.partitions import partitions_ensure
from apps.experiments.selectors.experiments import experiment_views
from apps.experiments.services.metrics import metrics_ensure_shipped
from apps.experiments.services.rollups.chain import rollups_refresh
from apps.jobs.contracts import Progress
from apps.recommendations.contracts_models import Unfit
from apps.recommendations.services.training import recommender_publish, recommender_train

TOO_SHORT = "too short a history"


def lived_from(plan: DemoPlan) -> datetime:
    """When the lived days begin: the history ends here; the plan's own moment for none."""
    return plan.as_of - timedelta(days=lived_days(plan.days))


def recommender_before(plan: DemoPlan) -> str:
    """The model that the lived days begin with: it knows nothing of them."""
    if not lived_days(plan.days):
        return TOO_SHORT
    trained = recommender_train(as_of=lived_from(plan))
    if isinstance(trained, Unfit):
        return f"nothing to learn from: {trained.value}"
    number = recommender_publish(trained=trained)
    return f"version {number}, {trained.model.card.interactions:,} interactions"


def days_live(
    plan: DemoPlan, catalogue: DemoCatalogue, progress: Progress, *, workers: int | None = None
) -> str:
    """Live through the last days; a summary.

    Args:
        plan: of the demo.
        catalogue: its own.
        progress: told how many visits are over.
        workers: processes that play; None: what this machine has.
    """
    starts = lived_from(plan)
    if starts == plan.as_of:
        return TOO_SHORT
    metrics_ensure_shipped()
    partitions_ensure(first=starts, last=plan.as_of)
    _experiments_begin(starts)
    scene = _scene(plan, catalogue, starts)
    scene.folder.mkdir(parents=True, exist_ok=True)
    stored = _stored(scene, progress, workers or workers_here())
    rollups_refresh(as_of=plan.as_of)
    return f"{len(scene.visits):,} visits, {stored:,} events, {len(DESIGNS)} experiments"


def _scene(plan: DemoPlan, catalogue: DemoCatalogue, starts: datetime) -> LivedScene:
    config, history = ShopperConfig(seed=plan.seed), HistoryConfig(days=plan.days)
    before, _ = history_play(catalogue, as_of=plan.as_of, shopper=config, history=history)
    visits = lived_visits(
        catalogue,
        until=plan.as_of.timestamp(),
        shopper=config,
        history=history,
        days=lived_days(plan.days),
        before=before,
    )
    return LivedScene(
        catalogue, visits, starts, plan.as_of, plan.seed, Path(settings.VAR_DIR) / "demo"
    )


def _experiments_begin(now: datetime) -> None:
    people = get_user_model().objects
    maker, checker = (people.get(username=name) for name in ("merchandiser", "reviewer"))
    views = {view.key: view for view in experiment_views(keys=list(DESIGNS))}
    for key, design in DESIGNS.items():
        experiment_begin(
            key=key, design=design, view=views.get(key), maker=maker, checker=checker, now=now
        )


def _stored(scene: LivedScene, progress: Progress, workers: int) -> int:
    """Play all, and store what browsers told by the file import."""
    stored = played = 0
    for path, visits in scene_play(scene, workers=workers):
        report = events_import(path=path, format="jsonl")
        path.unlink()
        if report.rejected:
            raise RuntimeError(f"lived events: {report.errors[0]}")
        stored += report.stored + report.replayed
        played += visits
        progress(played, len(scene.visits), "Visits")
    return stored
