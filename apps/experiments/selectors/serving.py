"""The in-process snapshot that serving reads: every experiment and flag that can be asked for.

Eight statements once a version of `experiments`; none, and no Redis, for an assignment.
"""

import structlog
from django.db import Error as DatabaseFailure

from apps.common.observability.metrics import degraded_total
from apps.common.snapshots import Snapshot
from apps.experiments.contracts.assignment import SpecInvalid
from apps.experiments.contracts.design import DesignInvalid
from apps.experiments.contracts.lifecycle import ExperimentView, FlagView
from apps.experiments.contracts.metrics import MetricDefinition, MetricInvalid
from apps.experiments.contracts.serving import Pause, ServingExperiment, ServingRows
from apps.experiments.domain.design.flags import flag_read
from apps.experiments.domain.metrics.conversions import conversion_names
from apps.experiments.domain.metrics.reading import metric_read
from apps.experiments.domain.serving.plans import ServingPlans
from apps.experiments.domain.serving.specs import serving_of
from apps.experiments.models import Flag, FlagVersion, MetricVersion
from apps.experiments.selectors.activity import pauses_of
from apps.experiments.selectors.experiments import serving_rows
from apps.publishing.contracts import VersionStatus

logger = structlog.get_logger(__name__)
EXPERIMENTS_VERSION = "experiments"


def serving_plans() -> ServingPlans:
    """Everything that is served, compiled; no SQL and no Redis once loaded."""
    return _snapshot.get()


def serving_read() -> ServingRows:
    """Everything that is served, from PostgreSQL."""
    views = serving_rows()
    pauses = pauses_of([view.id for view in views])
    found = (_serving(view, pauses.get(view.id, ())) for view in views)
    experiments = tuple(each for each in found if each is not None)
    return ServingRows(experiments, _flags(), _conversions())


def _conversions() -> frozenset[str] | None:
    rows = MetricVersion.objects.filter(status=VersionStatus.PUBLISHED.value)
    definitions: dict[str, MetricDefinition] = {}
    broken: set[str] = set()
    for row in rows:
        try:
            definitions[row.subject] = metric_read(row.definition)
        except MetricInvalid as error:
            broken.add(row.subject)
            logger.exception("metric_not_read", metric=row.subject, reason=str(error))
    names = conversion_names(definitions)
    return None if names is None else names | broken


def _serving(view: ExperimentView, pauses: tuple[Pause, ...]) -> ServingExperiment | None:
    try:
        return serving_of(view, pauses)
    except SpecInvalid as error:
        logger.exception("experiment_not_served", experiment=view.key, reason=str(error))
        return None


def _flags() -> tuple[FlagView, ...]:
    published = {
        version.subject: version
        for version in FlagVersion.objects.filter(status=VersionStatus.PUBLISHED.value)
    }
    views = (_flag(row, published.get(row.key)) for row in Flag.objects.all())
    return tuple(view for view in views if view is not None)


def _flag(row: Flag, version: FlagVersion | None) -> FlagView | None:
    if version is None:
        return None
    try:
        return FlagView(row.key, row.enabled, flag_read(version.definition), version.number)
    except DesignInvalid as error:
        logger.exception("flag_not_served", flag=row.key, reason=str(error))
        return None


def _load() -> ServingPlans:
    try:
        rows = serving_read()
    except (DatabaseFailure, DesignInvalid) as failure:
        # Keep what is held; a worker that boots now serves no experiment until PostgreSQL
        # answers. Stale marks it for the next poll, whatever the counters say by then.
        _snapshot.mark_stale()
        degraded_total.labels(component="experiments", reason="postgresql").inc()
        logger.warning("experiments_not_loaded", reason=str(failure).strip())
        return _snapshot.held or ServingPlans(ServingRows(complete=False))
    plans = ServingPlans(rows)
    for key, reason in plans.broken.items():
        logger.error("experiment_not_served", experiment=key, reason=reason)
    return plans


class _ServingSnapshot(Snapshot[ServingPlans]):
    @property
    def held(self) -> ServingPlans | None:
        """What is held now, without loading anything."""
        return self._value


_snapshot = _ServingSnapshot("experiments_serving", _load, versions=(EXPERIMENTS_VERSION,))
