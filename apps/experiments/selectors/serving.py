"""What serving reads: the in-process snapshot of every experiment and flag that can be asked for.

Five statements once a version of `experiments`; none, and no Redis, for an assignment.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import structlog
from django.db import Error as DatabaseFailure

from apps.common.observability.metrics import degraded_total
from apps.common.snapshots import Snapshot
from apps.experiments.contracts.assignment import (
    ExperimentSpec,
    HoldoutSpec,
    LayerSpec,
    PhaseSpec,
    SpecInvalid,
    Status,
    StickySpec,
    VariantSpec,
)
from apps.experiments.contracts.design import DesignInvalid, ExperimentDesign, Stickiness
from apps.experiments.contracts.lifecycle import FlagView, PhaseView
from apps.experiments.contracts.serving import ServingExperiment, ServingRows
from apps.experiments.domain.design.flags import flag_read
from apps.experiments.domain.design.reading import design_read
from apps.experiments.domain.serving.plans import ServingPlans
from apps.experiments.models import Experiment, Flag, FlagVersion, ForcedUnit, Phase
from apps.publishing.contracts import VersionStatus

logger = structlog.get_logger(__name__)
EXPERIMENTS_VERSION = "experiments"


def serving_plans() -> ServingPlans:
    """Everything that is served, compiled; no SQL and no Redis once loaded."""
    return _snapshot.get()


def serving_rows() -> ServingRows:
    """Every experiment that is not archived, and every flag, as PostgreSQL holds them."""
    phases = _phases_by_experiment()
    forced = _forced_by_experiment()
    rows = Experiment.objects.exclude(status=Status.ARCHIVED.value).select_related("live", "draft")
    experiments = (_experiment(row, phases[row.pk], forced[row.pk]) for row in rows)
    return ServingRows(tuple(each for each in experiments if each is not None), _flags())


def _phases_by_experiment() -> Mapping[int, list[PhaseView]]:
    found: dict[int, list[PhaseView]] = defaultdict(list)
    rows = Phase.objects.exclude(experiment__status=Status.ARCHIVED.value).select_related(
        "version"
    )
    for row in rows.order_by("experiment_id", "number"):
        found[row.experiment_id].append(phase_view(row))
    return found


def phase_view(row: Phase) -> PhaseView:
    """A phase's row as a contract."""
    return PhaseView(
        number=row.number,
        salt=row.salt,
        salt_version=row.salt_version,
        coverage=row.coverage,
        weights=tuple(row.weights),
        targeting=row.targeting,
        layer=(row.layer, row.layer_low, row.layer_high) if row.layer else None,
        holdout_salt=row.holdout_salt,
        holdout_share=row.holdout_share,
        design_version=row.version.number,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        reason=row.reason,
    )


def _forced_by_experiment() -> Mapping[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for pk, unit, variant in ForcedUnit.objects.values_list("experiment_id", "unit", "variant"):
        found[pk][unit] = variant
    return found


def _experiment(
    row: Experiment, phases: list[PhaseView], forced: Mapping[str, str]
) -> ServingExperiment | None:
    version = row.live or row.draft
    if version is None:
        return None
    try:
        design = design_read(version.design)
        spec = spec_make(row.key, Status(row.status), design, phases, forced)
    except (DesignInvalid, SpecInvalid) as error:
        logger.exception("experiment_not_served", experiment=row.key, reason=str(error))
        return None
    return ServingExperiment(
        spec=spec,
        kind=design.kind,
        surface=design.surface,
        unit=design.unit,
        stickiness=design.stickiness,
        phases=tuple(phases),
    )


def spec_make(
    key: str,
    status: Status,
    design: ExperimentDesign,
    phases: Iterable[PhaseView],
    forced: Mapping[str, str],
) -> ExperimentSpec:
    """What is assigned from: the last phase and those before it under the same conditions.

    Raises:
        SpecInvalid: the rows do not fit each other.
    """
    listed = list(phases)
    last = listed[-1] if listed else None
    same = [each for each in listed if last is not None and _conditions(each) == _conditions(last)]
    unit = design.unit.attribute
    return ExperimentSpec(
        key=key,
        unit=unit,
        variants=tuple(VariantSpec(v.key, v.payload, v.name) for v in design.variants),
        phases=tuple(_phase_spec(each) for each in same),
        status=status,
        targeting=last.targeting if last else design.targeting,
        layer=_layer(last),
        holdout=_holdout(last),
        forced_units={u: v for u, v in forced.items() if v in design.variant_keys},
        sticky=None if design.stickiness is Stickiness.NONE else StickySpec(),
    )


def _conditions(phase: PhaseView) -> tuple[object, ...]:
    return (
        phase.design_version,
        phase.targeting,
        phase.layer,
        phase.holdout_salt,
        phase.holdout_share,
    )


def _phase_spec(phase: PhaseView) -> PhaseSpec:
    return PhaseSpec(
        number=phase.number,
        salt=phase.salt,
        weights=phase.weights,
        starts_at=phase.starts_at,
        ends_at=phase.ends_at,
        coverage=phase.coverage,
    )


def _layer(phase: PhaseView | None) -> LayerSpec | None:
    if phase is None or phase.layer is None:
        return None
    name, low, high = phase.layer
    return LayerSpec(name, ((low, high),))


def _holdout(phase: PhaseView | None) -> HoldoutSpec | None:
    if phase is None or not phase.holdout_share:
        return None
    return HoldoutSpec(phase.holdout_salt, phase.holdout_share)


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
        rows = serving_rows()
    except DatabaseFailure as failure:
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
