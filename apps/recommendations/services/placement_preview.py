"""A placement's draft beside what is live: the endpoint's own core.

No log, record or exposure says that somebody looked. The shopper is read as for an answer: their
history may come to be kept in Redis, and the process counts what it read and scored.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from django.utils import timezone

from apps.catalog.selectors import category_tree_fresh
from apps.events.selectors import query_log_recent
from apps.features.contracts import FEATURE_NAMES
from apps.features.selectors import serving_snapshot
from apps.ranking_weights.selectors import weights_resolve
from apps.recommendations.contracts import Placement, PlacementName
from apps.recommendations.contracts_answers import ShelfAsk, World
from apps.recommendations.domain.recommending import recommend
from apps.recommendations.domain.shelf_comparison import (
    Shelf,
    ShelfComparison,
    ShelfOccasion,
    shelves_compare,
)
from apps.recommendations.selectors.placements import placement_named
from apps.recommendations.selectors.shoppers import shopper_now
from apps.recommendations.selectors.worlds import ShelfPlan, world_now
from apps.recommendations.services.shelf_failed import strategies_failed
from apps.recommendations.services.shelf_items import documents_read, items_shown

_RECENT, _SUGGESTED = 200, 10
_LOOKED_AT = 1000


def shelf_preview(*, draft: Placement, occasion: ShelfOccasion) -> ShelfComparison:
    """The shelf of a draft against the live one, for one shopper at one moment.

    No experiment takes part: both sides are what a shopper outside all of them would see.
    """
    ask = _asked(occasion)
    world = world_now(ShelfPlan(placement_named(draft.name)), timezone.now())
    live, then = _shelf(ask, world), _shelf(ask, replace(world, placement=draft))
    return shelves_compare(live, then, ask.shopper.degraded)


def shelf_of(*, placement: Placement, occasion: ShelfOccasion) -> Shelf:
    """The shelf that a placement makes."""
    return _shelf(_asked(occasion), world_now(ShelfPlan(placement), timezone.now()))


def occasion_usual(name: PlacementName) -> ShelfOccasion:
    """What a shelf is looked at for until somebody chooses: a popular product, a category."""
    if name in {PlacementName.PRODUCT, PlacementName.CART}:
        return ShelfOccasion(product_ids=_popular_product())
    if name is PlacementName.CATEGORY:
        path = next((node.path for node in category_tree_fresh().categories), "")
        return ShelfOccasion(category=path)
    return ShelfOccasion()


def weights_in_force() -> Mapping[str, float]:
    """The global ranking weights, for a placement that wants its own to begin with."""
    available = frozenset(FEATURE_NAMES)
    return dict(weights_resolve(category_path=None, available=available).weights)


def shoppers_suggested() -> tuple[str, ...]:
    """User ids that searched lately, newest first."""
    recent = (entry.user_id for entry in query_log_recent(limit=_RECENT))
    return tuple(dict.fromkeys(user for user in recent if user))[:_SUGGESTED]


def _asked(occasion: ShelfOccasion) -> ShelfAsk:
    shopper = shopper_now(user_id=occasion.user_id or None, session_id=occasion.session_id or None)
    return ShelfAsk(shopper=shopper, product_ids=occasion.product_ids, category=occasion.category)


def _shelf(ask: ShelfAsk, world: World) -> Shelf:
    made = recommend(replace(ask, k=world.placement.k), world)
    documents, _ = documents_read(made)
    shown = items_shown(made, documents, explain=False)
    return Shelf(world.placement, shown.items, made.fallback, strategies_failed(made))


def _popular_product() -> tuple[str, ...]:
    """The most popular active product, if there is one."""
    snapshot = serving_snapshot()
    rows = snapshot.popularity_order[:_LOOKED_AT]
    fits = np.flatnonzero(snapshot.columns.active[rows])
    return (snapshot.columns.product_ids.get(int(rows[fits[0]])),) if len(fits) else ()
