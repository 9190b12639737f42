"""What is similar to a product, through the same pipeline and rules as any shelf."""

import time
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from apps.catalog.contracts import UnknownFilter
from apps.common.errors import InvalidInput, NotFound
from apps.common.observability.metrics import degraded_total
from apps.embeddings.selectors import Engines
from apps.features.contracts import SEARCH_SCORE
from apps.model_registry.services.holder import Held
from apps.recommendations.contracts import (
    Constraints,
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
from apps.recommendations.contracts_relations import ProductRelations, SimilarBy, SimilarKind
from apps.recommendations.contracts_similar import SimilarAnswer, SimilarRequest
from apps.recommendations.domain.affinities import Basis
from apps.recommendations.domain.personalising import IMPERSONAL
from apps.recommendations.domain.recommending import Recommended, recommend
from apps.recommendations.domain.shelf_acting import rules_acted
from apps.recommendations.metrics_relations import similar_requests_total
from apps.recommendations.selectors.affinity import basis_now
from apps.recommendations.selectors.product_relations import product_relations_state
from apps.recommendations.selectors.related import Similar
from apps.recommendations.selectors.similarity import Sources, engines_of_products
from apps.recommendations.selectors.worlds import ShelfPlan, world_now
from apps.recommendations.services.shelf_failed import strategies_failed
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
_PLAN = ShelfPlan(_PLACEMENT, IMPERSONAL)
# What fills a shelf that is short is not similar.
_SHOWN = frozenset({ReasonCode.SIMILAR, ReasonCode.PINNED})


@dataclass(frozen=True, slots=True, eq=False)
class _Moment:
    """Every source as one moment has it: the answer and what is said of it agree."""

    basis: Basis
    relations: Held[ProductRelations]
    engines: Engines

    def sources(self) -> Sources:
        return Sources(lambda: self.relations.value, lambda _: self.basis, lambda: self.engines)

    def missing(self, kind: SimilarKind) -> tuple[str, ...]:
        """What this kind asks and is not there; the other sources answer for it."""
        found = {
            "recommender": kind is SimilarKind.CONTENT or self.basis.model is not None,
            "product_relations": kind is SimilarKind.CONTENT or self.relations.value is not None,
            "product_index": kind is SimilarKind.COLLABORATIVE
            or self.engines.index.value is not None,
        }
        return tuple(name for name, there in found.items() if not there)

    def versions(self, world: World) -> dict[str, int]:
        model = self.basis.model
        return {
            "features": world.snapshot.number,
            "recommender": 0 if model is None else model.card.number,
            "product_relations": self.relations.number,
            "product_index": self.engines.index.number,
            "rules": 0 if world.book is None else world.book.number,
        }


def _held(world: World) -> _Moment:
    return _Moment(basis_now(world.snapshot), product_relations_state(), engines_of_products())


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
    world, told = world_now(_PLAN, as_of), list[SimilarBy]()
    held = _held(world)
    similar = Similar(held.sources(), request.kind, told.extend)
    shelf = _shelf(request, replace(world, strategies={StrategyName.SIMILAR: similar}))
    documents, hydrated = documents_read(shelf)
    shown = items_shown(shelf, documents, explain=request.explain)
    answer = SimilarAnswer(
        product_id=request.product_id,
        kind=request.kind,
        by=tuple(told),
        items=_similar(shown.items),
        applied_rules=rules_acted(shelf),
        took_ms=round((time.perf_counter() - started) * 1000.0, 3),
        degraded=(
            *held.missing(request.kind),
            *(() if hydrated else ("catalog",)),
            *strategies_failed(shelf),
        ),
        versions=held.versions(world),
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
