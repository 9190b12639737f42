"""Choosing recipe and parameters for a shop, by temporal validation inside its own past."""

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import structlog
from django.conf import settings

from apps.events.contracts import INTERACTION_WEIGHTS, EventType
from apps.recommendations.contracts import Float64
from apps.recommendations.contracts_models import Family, Scalar, TrainingSet
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
from apps.recommendations.domain.searching import LEAST_GAIN, Knob, Point, knobs_of, points
from apps.recommendations.selectors.interactions import Span, shoppers_taken, training_set
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
    plan: Plan = field(default_factory=Plan.configured)
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
    plan = Plan.configured()
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
        taken = shoppers_taken(
            start=_moment(cut),
            until=_moment(end),
            types=[kind.value for kind in types],
            anonymous=settings.RECOMMENDER_ANONYMOUS,
        )
        with closing(taken):
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


def _refined(choice: Choice, period: _Period, deadline: float) -> Choice:
    """The same recipe with the parameters that did best in the newest period.

    Each point that was tried is noted, and what it was worth.
    """
    plan, fitted, tried = choice.plan, period.fitted, []
    best = first = _worth(choice.recipe, fitted, period)
    search = points(knobs_of(tuple(choice.recipe.weights)), plan.searched())
    point = next(search, None)
    while point is not None and time.monotonic() < deadline:
        changed = plan.changed(point.knob.name, point.value)
        refitted = _refitted(period, fitted, changed, point.knob)
        found = 0.0 if refitted is None else _worth(choice.recipe, refitted, period)
        better = found > best * LEAST_GAIN
        tried.append(f"{point.knob.name}={point.value:g}: {found:.5f}{', kept' * better}")
        if refitted is not None and better:
            best, plan, fitted = found, changed, refitted
        point = _next(search, better=better)
    logger.info("recommender_chosen", recipe=str(choice.recipe.weights), tried=tried)
    notes = {f"search.{place:02}": each for place, each in enumerate(tried, 1)}
    totals = {"search.parameters": len(tried), "search.first": first, "search.best": best}
    return replace(choice, plan=plan, notes={**choice.notes, **totals, **notes})


def _refitted(period: _Period, fitted: Fitted, plan: Plan, knob: Knob) -> Fitted | None:
    """None: nothing can be fitted by these; the point is worth nothing."""
    from apps.recommendations.engines.ease import NotInvertible

    try:
        return parts_refitted(period.training, fitted, plan, knob.families)
    except NotInvertible:
        return None


def _next(search: Generator[Point, bool, None], *, better: bool) -> Point | None:
    try:
        return search.send(better)
    except StopIteration:
        return None


def _worth(recipe: Recipe, fitted: Fitted, period: _Period) -> float:
    return float(recipes_measured(fitted.parts, (recipe,), period.shoppers).worth()[0])
