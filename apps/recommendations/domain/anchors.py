"""The products that speak for others where a shelf names none: from the visit, or before it."""

import numpy as np

from apps.events.contracts import EventType
from apps.recommendations.contracts import Int32, Shopping

MOST_ANCHORS = 5


def anchors_seen(shopping: Shopping) -> Int32:
    """int32[c]: the context; without one, what the shopper did anything with last."""
    if len(shopping.context):
        return shopping.context
    return _rows(shopping, [*visited(shopping), *shopping.shopper.history.product_ids])


def anchors_taken(shopping: Shopping) -> Int32:
    """int32[c]: the context; without one, the cart of this visit, then the last purchases."""
    if len(shopping.context):
        return shopping.context
    history = shopping.shopper.history
    bought = [history.product_ids[at] for at in np.flatnonzero(history.bought)]
    return _rows(shopping, [*visited(shopping, EventType.ADD_TO_CART), *bought])


def visited(shopping: Shopping, *types: EventType) -> dict[str, float]:
    """Products of this visit, newest first: when (unix seconds); of some types, or of all."""
    session = shopping.shopper.session
    entries = () if session is None else session.entries
    found: dict[str, float] = {}
    for each in entries:
        if each.product_id is not None and (not types or each.type in types):
            found.setdefault(each.product_id, each.at)
    return found


def _rows(shopping: Shopping, product_ids: list[str]) -> Int32:
    """Rows of the first few that the catalogue still has."""
    listed = list(dict.fromkeys(product_ids))[: 2 * MOST_ANCHORS]
    rows = shopping.snapshot.columns.product_ids.rows_of(listed)
    return rows[rows >= 0][:MOST_ANCHORS]
