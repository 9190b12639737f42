"""Computing the stored features and publishing them as the next serving matrix."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractUser

from apps.catalog.domain.columns import columns_recoded
from apps.catalog.selectors import category_tree_fresh, columns_load, documents_stream
from apps.events.selectors import product_interaction_scores
from apps.features.contracts import POPULARITY_SCORE, ServingSnapshot
from apps.features.domain.serving import interaction_totals, snapshot_build
from apps.features.engines.matrix_files import matrix_write
from apps.features.selectors import SERVING_MATRIX
from apps.jobs.contracts import JobContext, JobOutcome, Progress
from apps.model_registry.services.publish import artifact_publish

_STEPS = 4


@dataclass(frozen=True, slots=True)
class FeaturesReport:
    """What one refresh has published."""

    number: int
    products: int
    popular_products: int


def features_refresh(
    *, as_of: datetime, progress: Progress, actor: AbstractUser | None = None
) -> FeaturesReport:
    """Compute popularity and freshness at `as_of`, and publish the next serving matrix.

    Popularity: interactions of POPULARITY_WINDOW_DAYS that end at `as_of`, each halved every
    POPULARITY_HALF_LIFE_DAYS. Freshness halves every FRESHNESS_HALF_LIFE_DAYS.
    """
    progress(0, _STEPS, "Reading the catalogue")
    # The tree after the columns: one that was edited in between recodes them.
    columns, tree = columns_load(), category_tree_fresh()
    columns = columns_recoded(columns, tree)
    progress(1, _STEPS, "Adding up interactions")
    scores = product_interaction_scores(
        as_of=as_of,
        window_days=settings.POPULARITY_WINDOW_DAYS,
        half_life_days=settings.POPULARITY_HALF_LIFE_DAYS,
    )
    snapshot = snapshot_build(
        columns=columns,
        tree=tree,
        totals=interaction_totals(columns, scores),
        as_of=as_of.timestamp(),
        freshness_half_life_days=settings.FRESHNESS_HALF_LIFE_DAYS,
    )
    progress(2, _STEPS, "Writing and publishing")
    number = _publish(snapshot, actor)
    progress(_STEPS, _STEPS, f"Version {number}")
    popular = int((snapshot.features[POPULARITY_SCORE] > 0).sum())
    return FeaturesReport(number, len(columns), popular)


def _publish(snapshot: ServingSnapshot, actor: AbstractUser | None) -> int:
    def write(folder: Path) -> Mapping[str, int | float | str]:
        matrix_write(folder, snapshot, documents_stream())
        return {"products": len(snapshot.columns), "as_of": snapshot.as_of}

    return artifact_publish(name=SERVING_MATRIX, write=write, actor=actor)


def features_refresh_job(context: JobContext) -> JobOutcome:
    """What the job `features_refresh` runs."""
    report = features_refresh(as_of=context.as_of, progress=context.progress)
    return {
        "version": report.number,
        "products": report.products,
        "popular_products": report.popular_products,
    }
