"""What a shopper looked at lately, as a shelf of its own: no placement, nothing to attribute."""

from datetime import datetime

from apps.common.observability.metrics import degraded_total
from apps.features.contracts import SEARCH_SCORE
from apps.recommendations.contracts import (
    Constraints,
    Personalisation,
    Placement,
    PlacementName,
    Shopper,
    StrategyName,
    StrategyUse,
)
from apps.recommendations.contracts_answers import (
    ReasonCode,
    RecommendationRequest,
    RecommendedItem,
)
from apps.recommendations.selectors.worlds import ShelfPlan
from apps.recommendations.services.shelf_failed import strategies_failed
from apps.recommendations.services.shelf_items import documents_read, items_shown
from apps.recommendations.services.shelf_made import shelf_make

# Time alone orders; what is in the cart or sold out was looked at all the same.
_PLACEMENT = Placement(
    name=PlacementName.HOME,
    title="Recently viewed",
    strategies=(StrategyUse(StrategyName.RECENTLY_VIEWED),),
    constraints=Constraints(in_stock=False, not_in_session=False),
    weights={SEARCH_SCORE: 1.0},
)
_PLAN = ShelfPlan(_PLACEMENT, Personalisation(session_weight=0.0, revisit_weight=0.0))


def viewed_items(*, shopper: Shopper, k: int, as_of: datetime) -> tuple[RecommendedItem, ...]:
    """At most `k` products, newest first; none for somebody who looked at nothing yet.

    Args:
        shopper: who asks.
        k: how many.
        as_of: aware; the moment of the answer.
    """
    request = RecommendationRequest(placement=_PLACEMENT.name, k=k, logged=False)
    shelf = shelf_make(request=request, shopper=shopper, plan=_PLAN, as_of=as_of)
    for name in strategies_failed(shelf):
        degraded_total.labels(component="recommendations", reason=name).inc()
    documents, _hydrated = documents_read(shelf)
    items = items_shown(shelf, documents, explain=False).items
    # What fills a shelf that is short was not viewed.
    return tuple(item for item in items if item.reason.code is ReasonCode.RECENTLY_VIEWED)
