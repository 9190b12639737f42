"""What is similar to a product, through the same pipeline and rules as any shelf."""

import time
from dataclasses import replace
from datetime import datetime

import structlog

from apps.catalog.contracts import UnknownFilter
from apps.common.errors import InvalidInput, NotFound
from apps.common.observability.metrics import degraded_total
from apps.features.contracts import SEARCH_SCORE
from apps.recommendations.contracts import (
    Constraints,
    Personalisation,
    Placement,
    PlacementName,
    StrategyName,
    StrategyUse,
)
from apps.recommendations.contracts_answers import (
    ReasonCode,
    RecommendedItem,
    ShelfAsk,
    World,
)
from apps.recommendations.contracts_relations import SimilarBy, SimilarKind
from apps.recommendations.contracts_similar import SimilarAnswer, SimilarRequest
from apps.recommendations.domain.recommending import Recommended, recommend
from apps.recommendations.domain.shelf_acting import rules_acted
from apps.recommendations.metrics_relations import similar_requests_total
from apps.recommendations.selectors.product_relations import product_relations_state
from apps.recommendations.selectors.related import Similar
from apps.recommendations.selectors.similarity import Sources
from apps.recommendations.selectors.worlds import ShelfPlan, world_now
from apps.recommendations.services.shelf_items import documents_read, items_shown

logger = structlog.get_logger(__name__)
# Likeness alone orders; who asks, what is popular and what is in stock are the shelves' business.
_PLACEMENT = Placement(
    name=PlacementName.PRODUCT,
    title="Similar",
    strategies=(StrategyUse(StrategyName.SIMILAR),),
    constraints=Constraints(in_stock=False, not_in_session=False),
    weights={SEARCH_SCORE: 1.0},
)
_PLAN = ShelfPlan(_PLACEMENT, Personalisation(history=False, session=False, session_weight=0.0))
# What fills a shelf that is short is not similar.
_SHOWN = frozenset({ReasonCode.SIMILAR, ReasonCode.PINNED})


def similar_answer(*, request: SimilarRequest, as_of: datetime) -> SimilarAnswer:
    """Answer one request; one SQL. Nothing is logged for attribution.

    Args:
        request: parsed and checked.
        as_of: aware; the moment of the answer.

    Raises:
        NotFound: there is no such product.
        InvalidInput: a filter on an attribute that no product has.
    """
    started = time.perf_counter()
    sources, told = Sources(), list[SimilarBy]()
    similar = Similar(sources, request.kind, told.extend)
    world = replace(world_now(_PLAN, as_of), strategies={StrategyName.SIMILAR: similar})
    shelf = _shelf(request, world)
    documents, hydrated = documents_read(shelf)
    shown = items_shown(shelf, documents, explain=request.explain)
    missing = (*_missing(sources, request.kind, world), *(() if hydrated else ("catalog",)))
    answer = SimilarAnswer(
        product_id=request.product_id,
        kind=request.kind,
        by=tuple(told),
        items=_similar(shown.items),
        applied_rules=rules_acted(shelf),
        took_ms=round((time.perf_counter() - started) * 1000.0, 3),
        degraded=missing,
        versions=_versions(world, sources),
    )
    _counted(answer)
    return answer


def _shelf(request: SimilarRequest, world: World) -> Recommended:
    ask = ShelfAsk(product_ids=(request.product_id,), k=request.k, filters=request.filters)
    try:
        shelf = recommend(ask, world)
    except UnknownFilter as error:
        raise InvalidInput(str(error), field=error.field, code="unknown_filter") from error
    if not len(shelf.shopping.context):
        raise NotFound(f"There is no product {request.product_id!r}.", code="product_not_found")
    return shelf


def _similar(items: tuple[RecommendedItem, ...]) -> tuple[RecommendedItem, ...]:
    kept = [item for item in items if item.reason.code in _SHOWN]
    return tuple(replace(item, position=at) for at, item in enumerate(kept, start=1))


def _missing(sources: Sources, kind: SimilarKind, world: World) -> tuple[str, ...]:
    """Sources that this kind asks and that are not there; the others answer for them."""
    missing: list[str] = []
    if kind is not SimilarKind.CONTENT:
        if sources.basis(world.snapshot).model is None:
            missing.append("recommender")
        if sources.relations() is None:
            missing.append("product_relations")
    if kind is not SimilarKind.COLLABORATIVE and sources.engines().index.value is None:
        missing.append("product_index")
    return tuple(missing)


def _versions(world: World, sources: Sources) -> dict[str, int]:
    model = sources.basis(world.snapshot).model
    return {
        "features": world.snapshot.number,
        "recommender": 0 if model is None else model.card.number,
        "product_relations": product_relations_state().number,
        "product_index": sources.engines().index.number,
        "rules": 0 if world.book is None else world.book.number,
    }


def _counted(answer: SimilarAnswer) -> None:
    by = "+".join(answer.by) or "none"
    similar_requests_total.labels(answer.kind.value, by).inc()
    for component in answer.degraded:
        degraded_total.labels(component="similar", reason=component).inc()
    logger.info(
        "similar",
        product_id=answer.product_id,
        kind=answer.kind.value,
        by=by,
        items=len(answer.items),
        latency_ms=answer.took_ms,
        degraded=answer.degraded,
    )
