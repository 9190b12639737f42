"""Which products a shelf may show: one array a reason, so that a missing one can be explained."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from apps.catalog.contracts import AVAILABILITIES, ProductColumns
from apps.catalog.domain.masks import filter_masks
from apps.events.contracts import EventType
from apps.features.contracts import ServingSnapshot
from apps.ranking.domain.rule_effects import Effect
from apps.ranking.domain.rule_targets import product_row
from apps.recommendations.contracts import BoolArray, Constraints, Int32, Shopper
from apps.recommendations.contracts_answers import ShelfAsk

DAY_S = 86_400.0
ACTIVE, HIDDEN, KEPT, CONTEXT, CATEGORY = "active", "hidden", "kept", "context", "category"
IN_STOCK, BOUGHT, IN_SESSION, PRICE = "in_stock", "bought", "in_session", "price_band"
# What a placement asks for; what always holds; everything else is the caller's filters.
CONSTRAINTS = frozenset({IN_STOCK, BOUGHT, IN_SESSION, PRICE})
ALWAYS = frozenset({ACTIVE, HIDDEN, KEPT, CONTEXT})
_SOLD_OUT = AVAILABILITIES.index("out_of_stock")
_TAKEN = frozenset({EventType.ADD_TO_CART, EventType.PURCHASE})


@dataclass(frozen=True, slots=True, eq=False)
class Allowing:
    """What may be shown, and why not.

    Attributes:
        masks: name → bool[n], the rows that it lets through; always `active` among them.
    """

    masks: Mapping[str, BoolArray]

    def rows(self, without: frozenset[str] = frozenset()) -> BoolArray:
        """bool[n]: what every mask lets through, but for some masks."""
        allowed = self.masks[ACTIVE].copy()
        for name, mask in self.masks.items():
            if name not in without:
                allowed &= mask
        return allowed

    def relaxed(self) -> BoolArray:
        """What is left without the placement's constraints; the caller's filters hold."""
        return self.rows(CONSTRAINTS)

    def unfiltered(self) -> BoolArray:
        """What is left without the caller's filters; the placement's constraints hold."""
        return self.rows(frozenset(self.masks) - ALWAYS - CONSTRAINTS)

    def bare(self) -> BoolArray:
        """What is left without either."""
        return self.rows(frozenset(self.masks) - ALWAYS)

    def left_out(self, row: int) -> tuple[str, ...]:
        """Names of the masks that keep a row away."""
        return tuple(name for name, mask in self.masks.items() if not mask[row])


def rows_of(snapshot: ServingSnapshot, product_ids: Iterable[str]) -> Int32:
    """int32[r]: rows of products that the catalogue has, each once, in their order."""
    found = (product_row(snapshot.columns, each) for each in product_ids)
    return np.array([*dict.fromkeys(row for row in found if row >= 0)], dtype=np.int32)


def allowing_of(
    ask: ShelfAsk,
    snapshot: ServingSnapshot,
    context: Int32,
    effect: Effect | None,
) -> dict[str, BoolArray]:
    """Masks of what always holds and of what the caller asks for.

    Raises:
        UnknownFilter: no product has ever had the attribute.
    """
    masks = filter_masks(snapshot.columns, snapshot.tree, ask.filters)
    if CATEGORY in masks:
        masks["filter[category]"] = masks.pop(CATEGORY)
    node = snapshot.tree.by_path(ask.category) if ask.category else None
    if node is not None:
        codes = snapshot.columns.category
        masks[CATEGORY] = (codes >= node.code) & (codes < node.end)
    if len(context):
        masks[CONTEXT] = ~_with_variants(snapshot.columns, context)
    if effect is not None and effect.hidden is not None:
        masks[HIDDEN] = ~effect.hidden
    if effect is not None and effect.kept is not None:
        masks[KEPT] = effect.kept
    return masks


def constraining(
    constraints: Constraints,
    snapshot: ServingSnapshot,
    shopper: Shopper,
    context: Int32,
    as_of: float,
) -> dict[str, BoolArray]:
    """Masks of what the placement asks for."""
    columns, masks = snapshot.columns, {}
    if constraints.in_stock:
        masks[IN_STOCK] = columns.availability != _SOLD_OUT
    if constraints.not_bought_days and len(shopper.history):
        since = shopper.history.bought_since(as_of - constraints.not_bought_days * DAY_S)
        ids = [shopper.history.product_ids[at] for at in np.flatnonzero(since).tolist()]
        masks[BOUGHT] = _without(snapshot, ids)
    if constraints.not_in_session and shopper.session is not None:
        masks[IN_SESSION] = _without(snapshot, _taken(shopper))
    if len(context) and (constraints.price_from or constraints.price_to):
        masks[PRICE] = _in_band(columns, context, constraints)
    return masks


def _taken(shopper: Shopper) -> list[str]:
    """What this visit put in the cart, or bought; what it took out again is not there any more."""
    entries = () if shopper.session is None else shopper.session.entries
    last: dict[str, EventType] = {}
    for entry in entries:
        if entry.product_id is not None and entry.type in _TAKEN | {EventType.REMOVE_FROM_CART}:
            last.setdefault(entry.product_id, entry.type)
    return [product for product, kind in last.items() if kind in _TAKEN]


def _without(snapshot: ServingSnapshot, product_ids: Iterable[str]) -> BoolArray:
    mask = np.ones(len(snapshot.columns), dtype=np.bool_)
    mask[rows_of(snapshot, product_ids)] = False
    return mask


def _with_variants(columns: ProductColumns, rows: Int32) -> BoolArray:
    """bool[n]: the rows, and the other variants of theirs."""
    mask = np.zeros(len(columns), dtype=np.bool_)
    mask[rows] = True
    groups = columns.group[rows]
    if (groups >= 0).any():
        mask |= np.isin(columns.group, groups[groups >= 0])
    return mask


def _in_band(columns: ProductColumns, context: Int32, constraints: Constraints) -> BoolArray:
    """By the cheapest and the dearest of the context's products."""
    prices = columns.price[context]
    low = constraints.price_from * float(prices.min())
    high = constraints.price_to * float(prices.max()) if constraints.price_to else np.inf
    band: BoolArray = (columns.price >= low) & (columns.price <= high)
    return band
