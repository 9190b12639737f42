"""Why a product is not on a shelf of the past, as far as it can be told.

What the shopper had bought or taken, and who was outscored, stands in the record. Whether a
product is active, in stock, let through by filters or hidden is read off the present catalogue,
with the rules and the placement that are live now, at the answer's own moment.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from apps.catalog.contracts import InvalidFilter, UnknownFilter
from apps.catalog.domain.filters import filters_parse
from apps.ranking.domain.rule_effects import Effect
from apps.ranking.domain.rule_targets import product_row
from apps.recommendations.contracts import PlacementName, Shopper
from apps.recommendations.contracts_answers import ShelfAsk, World
from apps.recommendations.domain import allowing
from apps.recommendations.domain.allowing import Allowing
from apps.recommendations.domain.kept_shelf import ShelfKept
from apps.recommendations.domain.recommending import shelf_effect
from apps.recommendations.selectors.placements import placement_named
from apps.recommendations.selectors.worlds import ShelfPlan, world_now


class Missing(StrEnum):
    """Why a product is not there."""

    UNKNOWN = "unknown"
    INACTIVE = "inactive"
    OUT_OF_STOCK = "out_of_stock"
    HIDDEN = "hidden"
    FILTERED = "filtered"
    CONSTRAINED = "constrained"
    OUTSCORED = "outscored"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class WhyNot:
    """One product that is not on a shelf.

    Attributes:
        missing: why.
        words: the same in a plain sentence.
        rank: 1-based, of `outscored`.
    """

    missing: Missing
    words: str
    rank: int | None = None


_SAID = {
    allowing.ACTIVE: (Missing.INACTIVE, "It is not active: nobody finds it."),
    allowing.IN_STOCK: (
        Missing.OUT_OF_STOCK,
        "It is out of stock, and this shelf shows none such.",
    ),
    allowing.KEPT: (Missing.HIDDEN, "A rule lets this shelf show other products only."),
    allowing.CONTEXT: (
        Missing.CONSTRAINED,
        "The shelf stands beside it, or beside a variant of it.",
    ),
    allowing.CATEGORY: (Missing.FILTERED, "It is not in the category that was asked for."),
    allowing.PRICE: (Missing.CONSTRAINED, "Its price is outside of the shelf's band."),
    allowing.BOUGHT: (Missing.CONSTRAINED, "The shopper had bought it not long before."),
    allowing.IN_SESSION: (
        Missing.CONSTRAINED,
        "The shopper had put it in the cart, or bought it, in that visit.",
    ),
}


def shelf_why_not(own: ShelfKept, product_id: str) -> WhyNot:
    """Why the product is not on the shelf of this record."""
    if product_id in own.outscored:
        rank = len(own.reasons) + own.outscored.index(product_id) + 1
        words = f"It was found, and stood at rank {rank}, behind the last that was shown."
        return WhyNot(Missing.OUTSCORED, words, rank)
    if (kept_away := own.left_out.get(product_id)) is not None:
        return WhyNot(*_SAID[kept_away])
    world = _world(own)
    row = product_row(world.snapshot.columns, product_id)
    if row < 0:
        return WhyNot(Missing.UNKNOWN, "There is no product of this id in the catalogue.")
    return _by_masks(own, world, row)


def _by_masks(own: ShelfKept, world: World, row: int) -> WhyNot:
    ask = _ask(own)
    context = allowing.rows_of(world.snapshot, own.product_ids)
    effect = shelf_effect(ask, world, own.about or None)
    try:
        masks = allowing.allowing_of(ask, world.snapshot, context, effect)
    except UnknownFilter:
        masks = {allowing.ACTIVE: world.snapshot.columns.active}
    masks |= allowing.constraining(
        world.placement.constraints, world.snapshot, Shopper(), context, own.at
    )
    left_out = Allowing(masks).left_out(row)
    if not left_out:
        words = "No strategy of the shelf found it for this shopper at that moment."
        return WhyNot(Missing.NOT_FOUND, words)
    if left_out[0] == allowing.HIDDEN:
        return WhyNot(Missing.HIDDEN, _hidden_words(effect, row))
    said = _SAID.get(left_out[0])
    if said is not None:
        return WhyNot(*said)
    return WhyNot(Missing.FILTERED, f"The filter by {left_out[0]} leaves it out.")


def _hidden_words(effect: Effect | None, row: int) -> str:
    hides = () if effect is None else effect.hides
    names = ", ".join(f"'{hide.name}'" for hide in hides if row in hide.rows)
    return f"Hidden by rule {names}."


def _ask(own: ShelfKept) -> ShelfAsk:
    asked = {f"filter[{name}]": values for name, values in own.filters.items()}
    try:
        filters = filters_parse(asked)
    except (UnknownFilter, InvalidFilter):
        filters = ShelfAsk().filters
    return ShelfAsk(
        product_ids=own.product_ids,
        category=own.category,
        filters=filters,
        attributes=own.attributes,
    )


def _world(own: ShelfKept) -> World:
    plan = ShelfPlan(placement_named(PlacementName(own.placement)))
    return world_now(plan, datetime.fromtimestamp(own.at, tz=UTC))
