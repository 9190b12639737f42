"""One answer, computed; nothing of it is logged here."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.catalog.contracts import UnknownFilter
from apps.common.domain.uuid7 import uuid7_new
from apps.common.errors import InvalidInput
from apps.features.contracts import BESIDE_WEIGHTS, CF_SCORE
from apps.features.selectors import serving_snapshot_refresh
from apps.recommendations.contracts import Shopper, StrategyName
from apps.recommendations.contracts_answers import (
    Fallback,
    RecommendationAnswer,
    RecommendationRequest,
    ShelfAsk,
)
from apps.recommendations.domain.recommending import Recommended, recommend
from apps.recommendations.domain.shelf_acting import rules_acted
from apps.recommendations.selectors.placements import placement_degraded
from apps.recommendations.selectors.recommender import recommender_now
from apps.recommendations.selectors.refused import artifacts_refused
from apps.recommendations.selectors.worlds import ShelfPlan, world_now
from apps.recommendations.services.shelf_failed import strategies_failed
from apps.recommendations.services.shelf_items import Shown, documents_read, items_shown
from apps.recommendations.services.shelf_trials import ShelfTrial, trial_of

_FOLLOWING = frozenset({StrategyName.FOR_YOU, StrategyName.SESSION, StrategyName.RECENTLY_VIEWED})


@dataclass(frozen=True, slots=True, eq=False)
class ShelfMade:
    """A computed answer.

    Attributes:
        answer: as it is told.
        shelf: what it came from.
        shown: its items, and their ranks.
        trial: the request's experiments.
    """

    answer: RecommendationAnswer
    shelf: Recommended
    shown: Shown
    trial: ShelfTrial


def recommendation_make(
    *, request: RecommendationRequest, shopper: Shopper, as_of: datetime
) -> ShelfMade:
    """The answer; nothing is logged."""
    query_id = request.query_id or uuid7_new(as_of)
    trial = trial_of(request=request, query_id=query_id, as_of=as_of)
    shelf, shown, hydrated = _shown(request, shopper, trial, as_of)
    if hydrated and not shown.items and len(shelf.ranking.order):
        # All that was found is withdrawn since the snapshot: made once more, from what is there.
        serving_snapshot_refresh()
        shelf, shown, hydrated = _shown(request, shopper, trial, as_of)
    missing = _degraded(request, shopper, shelf, hydrated=hydrated, complete=trial.complete)
    return ShelfMade(_answer(shelf, shown, trial, query_id, missing), shelf, shown, trial)


def _shown(
    request: RecommendationRequest, shopper: Shopper, trial: ShelfTrial, as_of: datetime
) -> tuple[Recommended, Shown, bool]:
    """The shelf, its items, and whether PostgreSQL gave their documents."""
    shelf = shelf_make(request=request, shopper=shopper, plan=trial.plan, as_of=as_of)
    documents, hydrated = documents_read(shelf)
    shown = items_shown(shelf, documents, explain=request.explain, acted=trial.acted)
    return shelf, shown, hydrated


def shelf_make(
    *, request: RecommendationRequest, shopper: Shopper, plan: ShelfPlan, as_of: datetime
) -> Recommended:
    """The shelf of a request, over the world as it is served now.

    Raises:
        InvalidInput: an unknown category, or a filter on an attribute that no product has.
    """
    world = world_now(plan, as_of)
    if request.category and world.snapshot.tree.by_path(request.category) is None:
        message = f"There is no category {request.category!r}."
        raise InvalidInput(message, field="category", code="unknown_category")
    ask = ShelfAsk(
        shopper=shopper,
        product_ids=request.product_ids,
        category=request.category,
        k=request.k or plan.placement.k,
        filters=request.filters,
        attributes=request.attributes,
    )
    try:
        return recommend(ask, world)
    except UnknownFilter as error:
        raise InvalidInput(str(error), field=error.field, code="unknown_filter") from error


def _answer(
    shelf: Recommended,
    shown: Shown,
    trial: ShelfTrial,
    query_id: UUID,
    degraded: tuple[str, ...],
) -> RecommendationAnswer:
    sources = [
        shelf.pool.sources[at]
        for at in (int(shelf.ranking.order[rank - 1]) for rank in shown.ranks)
        if at < len(shelf.pool)
    ]
    strategies = [each for each in sources if isinstance(each, StrategyName)]
    return RecommendationAnswer(
        query_id=query_id,
        placement=shelf.world.placement,
        items=shown.items,
        strategies=tuple(dict.fromkeys(strategies)),
        fallback=shelf.fallback if shown.items else (Fallback.NOTHING,),
        weights=shelf.ranking.weights,
        applied_rules=rules_acted(shelf),
        experiments=trial.documents,
        personalised=_is_personal(shelf, strategies),
        took_ms=0.0,
        degraded=degraded,
        versions=_versions(shelf),
    )


def _is_personal(shelf: Recommended, strategies: list[StrategyName]) -> bool:
    """Whether anything of the shopper's own counted."""
    affinity = shelf.shopping.affinity
    weighed = {name for name, weight in shelf.ranking.weights.weights if weight > 0.0}
    return (
        bool(_FOLLOWING & set(strategies))
        or not weighed.isdisjoint(BESIDE_WEIGHTS)
        or (CF_SCORE in weighed and (affinity is None or affinity.share > 0.0))
    )


def _degraded(
    request: RecommendationRequest,
    shopper: Shopper,
    shelf: Recommended,
    *,
    hydrated: bool,
    complete: bool,
) -> tuple[str, ...]:
    missing = [*request.degraded, *shopper.degraded]
    if not hydrated:
        missing.append("catalog")
    if shelf.ranking.weights.degraded:
        missing.append("weights")
    if not complete:
        missing.append("experiments")
    if placement_degraded(request.placement):
        missing.append("placements")
    missing += artifacts_refused()
    missing += strategies_failed(shelf)
    return tuple(dict.fromkeys(missing))


def _versions(shelf: Recommended) -> dict[str, int]:
    world = shelf.world
    model = recommender_now() if CF_SCORE in shelf.ranking.features else None
    return {
        "placement": world.placement.number,
        "weights": shelf.ranking.weights.number,
        "features": world.snapshot.number,
        "recommender": 0 if model is None else model.card.number,
        "rules": 0 if world.book is None else world.book.number,
    }
