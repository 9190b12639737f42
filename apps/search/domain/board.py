"""One query or category under the live rules and under a rule that is being worked on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.catalog.contracts import ProductDocument
from apps.merchandising.contracts_rules import (
    Consequence,
    Hide,
    MerchandisingRule,
    Pin,
    Reweigh,
)
from apps.search.contracts import Hit

SHOWN = 24


@dataclass(frozen=True, slots=True)
class BoardCard:
    """One product on the board.

    Attributes:
        position: 1-based; 0: the rule hides it.
        document: what is shown of it.
        before: its position now; None: beyond the compared depth.
        moved: places won (positive) or lost; None when it was not there before.
        why: what moved it, in sentences.
        pinned_to: where the rule pins it; 0: nowhere.
        factor: by which the rule boosts or buries it by itself; 0: it does not.
        hidden_by: key of the rule that hides it; empty: none does.
    """

    position: int
    document: ProductDocument
    before: int | None = None
    moved: int | None = None
    why: tuple[str, ...] = ()
    pinned_to: int = 0
    factor: int = 0
    hidden_by: str = ""

    @property
    def lost(self) -> int:
        """Places lost; 0 for a product that rose, stayed, or was not there."""
        return max(0, -(self.moved or 0))


@dataclass(frozen=True, slots=True)
class Board:
    """Both sides.

    Attributes:
        current: what shoppers see now.
        proposed: what they would see with the rule.
        hidden: what the rule takes out of the first so many.
        found: products now, and with the rule.
        acting: keys of the rules that act now.
        rule_acts: whether the rule acts on this request at all.
        outdone: what gives way to other rules, in words.
        redirect: where the rule sends the shopper instead; empty: nowhere.
        searched: the query as rules rewrite it; empty: they leave it.
    """

    current: tuple[BoardCard, ...]
    proposed: tuple[BoardCard, ...]
    hidden: tuple[BoardCard, ...]
    found: tuple[int, int]
    acting: tuple[str, ...]
    rule_acts: bool
    outdone: tuple[str, ...] = ()
    redirect: str = ""
    searched: str = ""


@dataclass(frozen=True, slots=True)
class OwnMarks:
    """What a rule does to single products, for the buttons on their cards.

    Attributes:
        pins: product → position.
        factors: product → factor.
        hidden: products.
    """

    pins: Mapping[str, int]
    factors: Mapping[str, int]
    hidden: frozenset[str]


NO_MARKS = OwnMarks({}, {}, frozenset())


def marks_of(rule: MerchandisingRule | None) -> OwnMarks:
    """What the rule says of products by their ids."""
    consequences: Sequence[Consequence] = () if rule is None else rule.consequences
    pins = {each.product: each.position for each in consequences if isinstance(each, Pin)}
    reweighs = [each for each in consequences if isinstance(each, Reweigh)]
    hides = [each for each in consequences if isinstance(each, Hide)]
    return OwnMarks(
        pins=pins,
        factors={product: one.factor for one in reweighs for product in one.target.products},
        hidden=frozenset(product for one in hides for product in one.target.products),
    )


def card_of(
    hit: Hit, before: Mapping[str, int], marks: OwnMarks, why: tuple[str, ...] = ()
) -> BoardCard:
    """The card of a hit.

    Args:
        hit: on its side.
        before: product → position now.
        marks: of the rule.
        why: what moved it.
    """
    product = hit.document.product_id
    place = before.get(product)
    return BoardCard(
        position=hit.position,
        document=hit.document,
        before=place,
        moved=None if place is None else place - hit.position,
        why=why,
        pinned_to=marks.pins.get(product, 0),
        factor=marks.factors.get(product, 0),
    )
