"""What happens every minute: roll-up, analysis, reports; one failure sinks nobody else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.utils import timezone

from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.models import RollupState
from apps.experiments.selectors.experiments import experiment_views
from apps.experiments.services.analysis import analysis_refresh
from apps.experiments.services.metrics import metrics_ensure_shipped
from apps.experiments.services.reports import reports_consider
from apps.experiments.services.rollups.gauges import (
    lag_set,
    rollup_failures_total,
    rollup_rows_total,
    rollup_units_total,
)
from apps.experiments.services.rollups.run import experiment_rollup
from apps.experiments.services.rollups_interleaving import interleaving_rollup

logger = structlog.get_logger(__name__)

# Late events and conversions of a completed experiment are followed this long.
FOLLOWED = timedelta(days=14)
_ROLLED = (Status.RUNNING, Status.PAUSED, Status.COMPLETED)
Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class ChainReport:
    """What one pass did: experiments, day rows written, units computed, and who failed."""

    experiments: int = 0
    rows: int = 0
    units: int = 0
    failed: list[str] = field(default_factory=list)


def experiments_followed(now: datetime) -> tuple[ExperimentView, ...]:
    """Running, paused and recently completed experiments, by key."""
    found = (
        view
        for view in experiment_views(statuses=_ROLLED)
        if view.phases
        and (
            view.status is not Status.COMPLETED
            or view.ended_at is None
            or view.ended_at > now - FOLLOWED
        )
    )
    return tuple(sorted(found, key=lambda view: view.key))


def rollups_refresh(
    *, as_of: datetime, full: bool = False, progress: Progress | None = None
) -> ChainReport:
    """Roll up and analyse every experiment that is followed, and consider its reports."""
    metrics_ensure_shipped()
    report = ChainReport()
    views = experiments_followed(as_of)
    for done, view in enumerate(views, 1):
        report.experiments += 1
        try:
            _one(view.key, as_of, report, full=full)
        except Exception as error:
            report.failed.append(view.key)
            rollup_failures_total.inc()
            logger.exception("experiment_rollup_failed", experiment=view.key, reason=str(error))
        if progress is not None:
            progress(done, len(views), "experiments")
    _lag(views)
    return report


def _one(key: str, as_of: datetime, report: ChainReport, *, full: bool) -> None:
    rolled = experiment_rollup(key=key, as_of=as_of, full=full)
    interleaving_rollup(key=key, as_of=as_of)
    analysis_refresh(key=key, as_of=as_of)
    reports_consider(key=key, now=as_of)
    report.rows += rolled.rows
    report.units += rolled.changed
    rollup_rows_total.inc(rolled.rows)
    rollup_units_total.inc(rolled.changed)


def _lag(views: tuple[ExperimentView, ...]) -> None:
    running = [view.id for view in views if view.status is Status.RUNNING]
    times = RollupState.objects.filter(pk__in=running).values_list("as_of", flat=True)
    lag_set(min((at for at in times if at is not None), default=None), timezone.now())
