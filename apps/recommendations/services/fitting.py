"""Fitting the parts of a recommender to a training set."""

from dataclasses import dataclass, field, replace

from django.conf import settings

from apps.recommendations.contracts import Float32
from apps.recommendations.contracts_models import (
    AlsParameters,
    Factors,
    FactorTrainer,
    Family,
    Scalar,
    TrainingSet,
)
from apps.recommendations.domain.blending import Parts
from apps.recommendations.domain.choosing import parts_scaled
from apps.recommendations.domain.matrices import (
    confidences_of,
    momentum,
    recent_popularity,
)
from apps.recommendations.domain.parts import NeighbourPart, NeighbourTrainer


@dataclass(frozen=True, slots=True)
class Plan:
    """With which parameters the parts are fitted.

    Attributes:
        als: of alternating least squares.
        ease_regularization: λ of EASE.
        half_life_days: of cells.
        repeat_half_life_days: of a shopper's own purchases.
        popularity_half_life_days: of popularity.
        momentum_days: what counts as wanted now.
        neighbours: weights kept of each product.
    """

    als: AlsParameters = field(default_factory=lambda: AlsParameters(64, 5.0, 1.0))
    ease_regularization: float = 80.0
    half_life_days: float = 180.0
    repeat_half_life_days: float = 180.0
    popularity_half_life_days: float = 30.0
    momentum_days: float = 21.0
    neighbours: int = 100

    def parameters(self) -> dict[str, Scalar]:
        """All of it, flat, for the artifact."""
        return {
            "als.factors": self.als.factors,
            "als.regularization": self.als.regularization,
            "als.alpha": self.als.alpha,
            "als.iterations": self.als.iterations,
            "ease.regularization": self.ease_regularization,
            "neighbours": self.neighbours,
            "half_life_days": self.half_life_days,
            "repeat.half_life_days": self.repeat_half_life_days,
            "popularity.half_life_days": self.popularity_half_life_days,
            "momentum.days": self.momentum_days,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Parts with their scales, and each unit's factors as trained, float32[units, f]."""

    parts: Parts
    units: Float32


def factor_trainer() -> FactorTrainer:
    """The one that RECOMMENDER_TRAINER names: this machine's, or a Spark cluster's."""
    if settings.RECOMMENDER_TRAINER == "spark":
        from apps.recommendations.engines.spark_als import SparkAls

        return SparkAls(
            master=settings.RECOMMENDER_SPARK_MASTER,
            exchange=settings.RECOMMENDER_SPARK_EXCHANGE,
            memory=settings.RECOMMENDER_SPARK_MEMORY,
        )
    from apps.recommendations.engines.als import ImplicitAls

    return ImplicitAls()


def parts_fitted(training: TrainingSet, plan: Plan) -> Fitted:
    """All parts of one training set."""
    from apps.recommendations.engines.als import factor_part

    factors = _factors(training, plan)
    trainers = _trainers(plan)
    parts = Parts(
        factors=factor_part(factors, plan.als),
        neighbours={family: _neighbours(training, plan, trainers[family]) for family in trainers},
        popularity=recent_popularity(training, plan.popularity_half_life_days),
        momentum=momentum(training, plan.momentum_days),
        half_life_days=plan.half_life_days,
        repeat_half_life_days=plan.repeat_half_life_days,
        scales={},
    )
    return Fitted(parts_scaled(parts, training), factors.users)


def parts_refitted(training: TrainingSet, before: Fitted, plan: Plan, family: Family) -> Fitted:
    """The same with one family fitted by other parameters."""
    from apps.recommendations.engines.als import factor_part

    if family is Family.ALS:
        factors = _factors(training, plan)
        parts = replace(before.parts, factors=factor_part(factors, plan.als))
        return Fitted(parts_scaled(parts, training), factors.users)
    neighbours = _neighbours(training, plan, _trainers(plan)[family])
    parts = replace(before.parts, neighbours={**before.parts.neighbours, family: neighbours})
    return Fitted(parts_scaled(parts, training), before.units)


def _neighbours(training: TrainingSet, plan: Plan, trainer: NeighbourTrainer) -> NeighbourPart:
    return trainer.fit(confidences_of(training, plan.half_life_days))


def _factors(training: TrainingSet, plan: Plan) -> Factors:
    return factor_trainer().fit(confidences_of(training, plan.half_life_days), plan.als)


def _trainers(plan: Plan) -> dict[Family, NeighbourTrainer]:
    from apps.recommendations.engines.ease import Ease
    from apps.recommendations.engines.item_item import ItemItem

    return {
        Family.EASE: Ease(
            plan.ease_regularization, plan.neighbours, settings.RECOMMENDER_EASE_PRODUCTS
        ),
        Family.ITEM_ITEM: ItemItem(neighbours=plan.neighbours),
    }
