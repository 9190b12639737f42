"""Fitting the parts of a recommender to a training set."""

from collections.abc import Collection
from dataclasses import dataclass, replace

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

    als: AlsParameters
    ease_regularization: float
    half_life_days: float
    repeat_half_life_days: float
    popularity_half_life_days: float
    momentum_days: float
    neighbours: int

    @classmethod
    def configured(cls) -> "Plan":
        """What the settings say."""
        return cls(
            als=AlsParameters(
                factors=settings.RECOMMENDER_FACTORS,
                regularization=settings.RECOMMENDER_REGULARIZATION,
                alpha=settings.RECOMMENDER_ALPHA,
                iterations=settings.RECOMMENDER_ITERATIONS,
            ),
            ease_regularization=settings.RECOMMENDER_EASE_REGULARIZATION,
            half_life_days=settings.RECOMMENDER_HALF_LIFE_DAYS,
            repeat_half_life_days=settings.RECOMMENDER_REPEAT_HALF_LIFE_DAYS,
            popularity_half_life_days=settings.RECOMMENDER_POPULARITY_HALF_LIFE_DAYS,
            momentum_days=settings.RECOMMENDER_MOMENTUM_DAYS,
            neighbours=settings.RECOMMENDER_NEIGHBOURS,
        )

    def searched(self) -> dict[str, float]:
        """What is searched for, by the names of `domain.searching`."""
        return {
            "als.factors": self.als.factors,
            "als.regularization": self.als.regularization,
            "als.alpha": self.als.alpha,
            "ease.regularization": self.ease_regularization,
            "half_life_days": self.half_life_days,
        }

    def changed(self, name: str, value: float) -> "Plan":
        """The same with another value of what is searched for."""
        found = {**self.searched(), name: value}
        return replace(
            self,
            als=replace(
                self.als,
                factors=int(found["als.factors"]),
                regularization=found["als.regularization"],
                alpha=found["als.alpha"],
            ),
            ease_regularization=found["ease.regularization"],
            half_life_days=found["half_life_days"],
        )

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


def parts_refitted(
    training: TrainingSet, before: Fitted, plan: Plan, families: Collection[Family]
) -> Fitted:
    """The same with these families fitted by other parameters."""
    from apps.recommendations.engines.als import factor_part

    parts, units = replace(before.parts, half_life_days=plan.half_life_days), before.units
    if Family.ALS in families:
        factors = _factors(training, plan)
        parts, units = replace(parts, factors=factor_part(factors, plan.als)), factors.users
    trainers = {name: each for name, each in _trainers(plan).items() if name in families}
    fresh = {name: _neighbours(training, plan, each) for name, each in trainers.items()}
    parts = replace(parts, neighbours={**parts.neighbours, **fresh})
    return Fitted(parts_scaled(parts, training), units)


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
