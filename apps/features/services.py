"""Computing the stored features: into the offline store, the serving matrix and Redis."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import structlog
from django.conf import settings
from django.contrib.auth.models import AbstractUser

from apps.catalog.domain.columns import columns_recoded
from apps.catalog.selectors import category_tree_fresh, columns_load, documents_stream
from apps.features.contracts import (
    FEATURE_NAMES,
    POPULARITY_SCORE,
    Entity,
    Float32,
    ServingSnapshot,
)
from apps.features.contracts_store import ComputeContext, Feature, FeatureRecord, StoredRun
from apps.features.domain.registry import feature_answering, features_stored, versions_of
from apps.features.domain.serving import snapshot_with
from apps.features.engines.matrix_files import matrix_write
from apps.features.metrics import feature_failures_total, feature_staleness_seconds
from apps.features.online import layout_now, products_publish
from apps.features.selectors import SERVING_MATRIX
from apps.features.selectors_compute import product_texts
from apps.features.selectors_offline import computed_by_row, run_values
from apps.features.selectors_state import feature_records, latest_runs
from apps.features.services_notes import notes_ensure
from apps.features.services_record import run_record, runs_prune
from apps.jobs.contracts import JobContext, JobOutcome, Progress
from apps.model_registry.services.publish import artifact_publish

# A feature is due this much before its values are as old as they may become: the job comes by
# every five minutes, and not to the second.
_EARLY_S = 150
_Values = dict[str, Float32]
logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FeaturesReport:
    """What one refresh has published.

    Attributes:
        number: of the serving matrix.
        products: its rows.
        popular_products: those that anybody touched.
        computed: features that were computed now; the others were not due.
        failed: features that could not be; their former values are published.
        online: products that Redis has now.
    """

    number: int
    products: int
    popular_products: int
    computed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    online: int = 0


def features_refresh(
    *,
    as_of: datetime,
    progress: Progress,
    actor: AbstractUser | None = None,
    due_only: bool = False,
) -> FeaturesReport:
    """Compute features at `as_of`, store them, and publish the next serving matrix.

    Args:
        as_of: aware; the end of every window.
        progress: told of each feature.
        actor: who asked for it.
        due_only: leave those alone whose values are fresh enough by their own target.
    """
    steps = len(features_stored()) + 2
    progress(0, steps, "Reading the catalogue")
    # The tree after the columns: one that was edited in between recodes them.
    columns, tree = columns_load(), category_tree_fresh()
    context = ComputeContext(as_of, columns_recoded(columns, tree), tree)
    notes_ensure()
    turn = _Turn(context, latest_runs(), due_only=due_only)
    for at, feature in enumerate(features_stored()):
        progress(at + 1, steps, feature.spec.title)
        turn.take(feature)
    snapshot = _snapshot(context, turn.values, feature_records())
    progress(steps - 1, steps, "Writing and publishing")
    number = _publish(snapshot, actor)
    online = _online(context, turn.values)
    runs_prune(now=as_of)
    progress(steps, steps, f"Version {number}")
    popularity = snapshot.features.get(POPULARITY_SCORE)
    popular = 0 if popularity is None else int((popularity > 0).sum())
    return FeaturesReport(
        number, len(context.columns), popular, tuple(turn.computed), tuple(turn.failed), online
    )


class _Turn:
    """One refresh: each feature computed, or taken from the offline store."""

    def __init__(
        self, context: ComputeContext, runs: dict[str, StoredRun], *, due_only: bool
    ) -> None:
        self.context = context
        self.runs = runs
        self.due_only = due_only
        self.values: _Values = {}
        self.computed: list[str] = []
        self.failed: list[str] = []

    def take(self, feature: Feature) -> None:
        """One that fails keeps its former values, and nothing else from being served."""
        key, run = feature.spec.key, self.runs.get(feature.spec.key)
        if run is None or not self.due_only or self._is_due(feature, run):
            try:
                run = self._compute(feature)
                self.computed.append(key)
            except Exception:  # whatever a statement or a computation may raise
                logger.exception("feature_failed", feature=key)
                feature_failures_total.labels(key).inc()
                self.failed.append(key)
        if run is None:
            return
        age = (self.context.as_of - run.as_of).total_seconds()
        feature_staleness_seconds.labels(key).set(max(age, 0.0))
        if feature.spec.entity is Entity.PRODUCT and key not in self.values:
            self.values[key] = run_values(run, self.context.columns)

    def _is_due(self, feature: Feature, run: StoredRun) -> bool:
        age = (self.context.as_of - run.as_of).total_seconds()
        return age >= feature.spec.fresh_s - _EARLY_S

    def _compute(self, feature: Feature) -> StoredRun:
        if feature.compute is None:
            raise AssertionError(f"{feature.spec.key} is stored: it has a computation")
        pieces = feature.compute(self.context)
        key, as_of = feature.spec.key, self.context.as_of
        if feature.spec.entity is not Entity.PRODUCT:
            return run_record(key=key, as_of=as_of, pieces=pieces)
        listed = list(pieces)
        run = run_record(key=key, as_of=as_of, pieces=listed)
        self.values[key] = computed_by_row(self.context, listed)
        return run


def _snapshot(
    context: ComputeContext, values: _Values, records: Mapping[str, FeatureRecord]
) -> ServingSnapshot:
    """What ranking weighs under its name, as the version that answers has it.

    All others, and all of which there are several versions, stand under `name@version`: which
    of them answers may change before the next matrix is published.
    """
    weighed: _Values = {}
    unweighed: _Values = {}
    for feature in features_stored(Entity.PRODUCT):
        name, key = feature.spec.name, feature.spec.key
        if key not in values:
            continue
        if name in FEATURE_NAMES and feature_answering(name, records).spec.key == key:
            # What ranking weighs has no gaps: without a value nothing speaks for the product.
            weighed[name] = np.nan_to_num(values[key], nan=0.0)
        if name not in FEATURE_NAMES or len(versions_of(name)) > 1:
            unweighed[key] = values[key]
    return snapshot_with(
        columns=context.columns,
        tree=context.tree,
        features=weighed,
        unweighed=unweighed,
        as_of=context.as_of.timestamp(),
        freshness_half_life_days=settings.FRESHNESS_HALF_LIFE_DAYS,
    )


def _publish(snapshot: ServingSnapshot, actor: AbstractUser | None) -> int:
    def write(folder: Path) -> Mapping[str, int | float | str]:
        matrix_write(folder, snapshot, documents_stream())
        return {"products": len(snapshot.columns), "as_of": snapshot.as_of}

    return artifact_publish(name=SERVING_MATRIX, write=write, actor=actor)


def _online(context: ComputeContext, values: _Values) -> int:
    layout, rows = layout_now(), len(context.columns)
    table = np.full((rows, len(layout.keys)), np.nan, dtype=np.float32)
    for place, key in enumerate(layout.keys):
        if key in values:
            table[:, place] = values[key]
    return products_publish(layout, product_texts(context.columns.product_ids), table)


def features_refresh_job(context: JobContext) -> JobOutcome:
    """What the job `features_refresh` runs."""
    due_only = not context.params.get("all", False)
    report = features_refresh(as_of=context.as_of, progress=context.progress, due_only=due_only)
    return {
        "version": report.number,
        "products": report.products,
        "popular_products": report.popular_products,
        "computed": ", ".join(report.computed),
        "failed": ", ".join(report.failed),
        "online": report.online,
    }
