"""Choosing recipe and parameters for a shop, by temporal validation inside its own past."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import structlog
from django.conf import settings

from apps.events.contracts import INTERACTION_WEIGHTS, EventType
from apps.recommendations.contracts import Float64
from apps.recommendations.contracts_models import AlsParameters, Family, Scalar, TrainingSet
from apps.recommendations.domain.blending import Recipe
from apps.recommendations.domain.choosing import (
    DEFAULT,
    Judged,
    judged_shoppers,
    recipes,
    recipes_measured,
)
from apps.recommendations.domain.matrices import Least, unfit_reason
from apps.recommendations.domain.periods import validation_cuts
from apps.recommendations.selectors.interactions import Span, taken_between, training_set
from apps.recommendations.services.fitting import Fitted, Plan, parts_fitted, parts_refitted

logger = structlog.get_logger(__name__)
_PERIODS = 2
_LEAST_SHOPPERS, _MOST_SHOPPERS = 20, 500


@dataclass(frozen=True, slots=True)
class Choice:
    """What is trained, and why.

    Attributes:
        recipe: how parts are weighed.
        plan: how they are fitted.
        metrics: of the validation; empty where there was none.
        notes: how it was chosen, for the artifact.
    """

    recipe: Recipe = DEFAULT
    plan: Plan = field(default_factory=Plan)
    metrics: Mapping[str, float] = field(default_factory=dict)
    notes: Mapping[str, Scalar] = field(default_factory=lambda: {"validation": "not computable"})


@dataclass(frozen=True, slots=True, eq=False)
class _Period:
    training: TrainingSet
    shoppers: list[Judged]
    fitted: Fitted


def choice_make(*, span: Span, least: Least) -> Choice:
    """The best recipe over the last periods, then other parameters while time is left.

    Args:
        span: of the interactions that may be looked at; nothing after it is.
        least: what a period's training set must have.
    """
    plan = Plan()
    periods = list(_periods(span, least, plan))
    if not periods:
        return Choice()
    tried = recipes()
    measured = [recipes_measured(each.fitted.parts, tried, each.shoppers) for each in periods]
    worth: Float64 = np.mean([each.worth() for each in measured], axis=0)
    best = int(np.argmax(worth))
    choice = Choice(
        recipe=tried[best],
        plan=plan,
        metrics={
            "ndcg_at_10_new": float(np.mean([each.new[best] for each in measured])),
            "ndcg_at_10_all": float(np.mean([each.everything[best] for each in measured])),
            **_by_family(tried, worth),
        },
        notes={
            "validation": f"{len(periods)} periods before the end",
            "validation.shoppers": sum(each.shoppers for each in measured),
            "validation.recipes": len(tried),
        },
    )
    return _refined(choice, periods[0], time.monotonic() + settings.RECOMMENDER_SEARCH_S)


def _periods(span: Span, least: Least, plan: Plan) -> Iterator[_Period]:
    for cut, end in validation_cuts(span.first.timestamp(), span.last.timestamp(), _PERIODS):
        training = training_set(
            as_of=_moment(cut),
            window_days=settings.RECOMMENDER_WINDOW_DAYS,
            anonymous=settings.RECOMMENDER_ANONYMOUS,
        )
        if unfit_reason(training, least) is not None:
            continue
        shoppers = _judged(training, cut, end)
        if len(shoppers) >= _LEAST_SHOPPERS:
            yield _Period(training, shoppers, parts_fitted(training, plan))


def _judged(training: TrainingSet, cut: float, end: float) -> list[Judged]:
    """By purchases; where a shop has too few of them, by anything that shoppers did."""
    found: list[Judged] = []
    for types in ((EventType.PURCHASE,), tuple(INTERACTION_WEIGHTS)):
        taken = taken_between(
            start=_moment(cut),
            until=_moment(end),
            types=[kind.value for kind in types],
            anonymous=settings.RECOMMENDER_ANONYMOUS,
        )
        found = judged_shoppers(training, taken, _MOST_SHOPPERS)
        if len(found) >= _LEAST_SHOPPERS:
            break
    return found


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _by_family(tried: tuple[Recipe, ...], worth: Float64) -> dict[str, float]:
    """The best that each mix of families reached, whatever it was combined with."""
    found: dict[str, float] = {}
    for recipe, value in zip(tried, worth.tolist(), strict=True):
        families = [each.value for each in recipe.weights if each is not Family.POPULARITY]
        name = "worth." + ("+".join(families) or "popularity")
        found[name] = max(found.get(name, 0.0), value)
    return found


def _alternatives(choice: Choice) -> Iterator[tuple[Family, Plan]]:
    """Other parameters of the families that are used."""
    if Family.EASE in choice.recipe.weights:
        for regularization in (200.0, 30.0):
            yield Family.EASE, replace(choice.plan, ease_regularization=regularization)
    if Family.ALS in choice.recipe.weights:
        for als in (AlsParameters(128, 5.0, 2.0), AlsParameters(32, 5.0, 1.0)):
            yield Family.ALS, replace(choice.plan, als=als)


def _refined(choice: Choice, period: _Period, deadline: float) -> Choice:
    """The same recipe with the parameters that did best in the newest period."""
    plan, fitted, tried = choice.plan, period.fitted, 0
    best = _worth(choice.recipe, fitted, period)
    for family, other in _alternatives(choice):
        if time.monotonic() >= deadline:
            break
        tried += 1
        merged = _merged(plan, other, family)
        refitted = parts_refitted(period.training, fitted, merged, family)
        found = _worth(choice.recipe, refitted, period)
        if found > best:
            best, plan, fitted = found, merged, refitted
    logger.info("recommender_chosen", recipe=str(choice.recipe.weights), tried=tried)
    return replace(choice, plan=plan, notes={**choice.notes, "search.parameters": tried})


def _merged(plan: Plan, other: Plan, family: Family) -> Plan:
    if family is Family.ALS:
        return replace(plan, als=other.als)
    return replace(plan, ease_regularization=other.ease_regularization)


def _worth(recipe: Recipe, fitted: Fitted, period: _Period) -> float:
    return float(recipes_measured(fitted.parts, (recipe,), period.shoppers).worth()[0])
