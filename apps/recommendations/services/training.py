"""Training the recommender and publishing it: the job `train_recommender`."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import structlog
from django.conf import settings

from apps.access.services import Actor
from apps.common.domain.string_table import StringTable
from apps.events.contracts import INTERACTION_WEIGHTS
from apps.jobs.contracts import JobContext, JobOutcome, Progress
from apps.model_registry.services.publish import artifact_publish
from apps.recommendations.contracts import Float32
from apps.recommendations.contracts_models import (
    ARTIFACT,
    ModelCard,
    Scalar,
    TrainingSet,
    Unfit,
)
from apps.recommendations.domain.blending import BlendModel
from apps.recommendations.domain.matrices import Least, unfit_reason
from apps.recommendations.engines.model_files import model_write
from apps.recommendations.metrics_training import (
    recommender_trained_on,
    recommender_training_seconds,
    recommender_trainings_total,
)
from apps.recommendations.selectors.interactions import (
    USER,
    Span,
    interactions_span,
    training_set,
)
from apps.recommendations.services.choosing import Choice, choice_make
from apps.recommendations.services.fitting import Fitted, parts_fitted

logger = structlog.get_logger(__name__)
_STEPS = 4
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A model that nobody serves yet, what it was made from, and how long that took."""

    model: BlendModel
    training: TrainingSet
    choice: Choice
    seconds: float


def recommender_train(
    *, as_of: datetime, progress: Progress | None = None, choice: Choice | None = None
) -> Trained | Unfit:
    """A recommender of all interactions before `as_of`; nothing is published.

    Args:
        as_of: exclusive, aware. The model's time is that of the last interaction before it.
        progress: of the job.
        choice: what to train; None: chosen by validation.
    """
    started, tell = time.monotonic(), progress or _silent
    tell(0, _STEPS, "Reading interactions")
    span = interactions_span(until=as_of)
    if span is None:
        return Unfit.EMPTY
    training = training_set(
        as_of=min(as_of, span.last + _MOMENT),
        window_days=settings.RECOMMENDER_WINDOW_DAYS,
        anonymous=settings.RECOMMENDER_ANONYMOUS,
    )
    least = least_wanted()
    unfit = unfit_reason(training, least)
    if unfit is not None:
        return unfit
    tell(1, _STEPS, "Choosing by temporal validation")
    choice = choice or choice_make(span=_within(span), least=least)
    tell(2, _STEPS, "Training")
    model = _model(training, parts_fitted(training, choice.plan), choice)
    return Trained(model, training, choice, time.monotonic() - started)


def least_wanted() -> Least:
    """What the settings demand of a training set."""
    return Least(
        users=settings.RECOMMENDER_LEAST_USERS,
        products=settings.RECOMMENDER_LEAST_PRODUCTS,
        cells=settings.RECOMMENDER_LEAST_INTERACTIONS,
    )


def _silent(_done: int, _total: int, _message: str) -> None:
    """Nobody watches."""


def _within(span: Span) -> Span:
    """The part of the span that the window holds."""
    oldest = span.last - timedelta(days=settings.RECOMMENDER_WINDOW_DAYS)
    return Span(max(span.first, oldest), span.last)


def _model(training: TrainingSet, fitted: Fitted, choice: Choice) -> BlendModel:
    user_ids, factors = _users(training, fitted.units)
    return BlendModel(
        card=ModelCard(
            number=0,
            as_of=training.as_of,
            first_at=float(training.at.min()),
            users=training.users,
            products=training.products,
            interactions=len(training),
            families={family.value: each for family, each in choice.recipe.weights.items()},
            parameters={
                **choice.plan.parameters(),
                "momentum": choice.recipe.momentum,
                **{f"weight.{kind}": each for kind, each in INTERACTION_WEIGHTS.items()},
                **choice.notes,
            },
            metrics=choice.metrics,
        ),
        product_ids=training.product_ids,
        user_ids=user_ids,
        trained=factors,
        parts=fitted.parts,
        recipe=choice.recipe,
        lean=(fitted.parts.momentum**choice.recipe.momentum).astype(np.float32),
    )


def _users(training: TrainingSet, factors: Float32) -> tuple[StringTable, Float32]:
    """Only users have factors kept: a client is folded in from what it did."""
    units = [training.user_ids.get(row) for row in range(training.users)]
    rows = [row for row, unit in enumerate(units) if unit.startswith(USER)]
    names = [units[row].removeprefix(USER) for row in rows]
    return StringTable.build(names), np.ascontiguousarray(factors[rows])


def recommender_publish(*, trained: Trained, actor: Actor = None) -> int:
    """Serve this model from now on; its number."""
    card = trained.model.card

    def write(folder: Path) -> Mapping[str, Scalar]:
        model_write(folder, trained.model)
        return {
            "as_of": _iso(card.as_of),
            "oldest": _iso(card.first_at),
            "users": card.users,
            "products": card.products,
            "interactions": card.interactions,
            "training_seconds": round(trained.seconds, 2),
            **{f"family.{name}": weight for name, weight in card.families.items()},
            **card.parameters,
            **{f"metric.{name}": round(value, 5) for name, value in card.metrics.items()},
        }

    return artifact_publish(name=ARTIFACT, write=write, actor=actor)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="seconds")


def train_recommender_job(context: JobContext) -> JobOutcome:
    """What the job `train_recommender` runs. Too little to learn from is no failure."""
    found = recommender_train(as_of=context.as_of, progress=context.progress)
    if isinstance(found, Unfit):
        recommender_trainings_total.labels(found.value).inc()
        logger.warning("recommender_not_trained", reason=found.value)
        return {"outcome": found.value}
    number = recommender_publish(trained=found)
    recommender_trainings_total.labels("published").inc()
    recommender_training_seconds.set(found.seconds)
    card = found.model.card
    counts = {"users": card.users, "products": card.products, "interactions": card.interactions}
    for what, count in counts.items():
        recommender_trained_on.labels(what).set(count)
    context.progress(_STEPS, _STEPS, f"Version {number}")
    return {"outcome": "published", "version": number, **counts, **card.metrics}
