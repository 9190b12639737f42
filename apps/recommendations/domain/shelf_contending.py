"""Experiments on one shelf: who acts, what they make of it, and whether arms could differ.

Whether an exposure is counted never depends on the arm: only on the request, on what is
published and on what is known of the shopper, which are the same in every arm (ADR 14).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from apps.recommendations.contracts import Personalisation, Placement
from apps.recommendations.domain.personalising import personalisation_allowed
from apps.recommendations.domain.shelf_overrides import NOTHING_CHANGED, ShelfKnob, ShelfOverrides


@dataclass(frozen=True, slots=True, eq=False)
class ShelfContender:
    """An experiment that this request is in and that turns something of its shelf.

    Attributes:
        key: of the experiment.
        variants: their keys, control first.
        index: of the variant that is shown.
        forced: QA asked for it; it is counted nowhere.
        started_at: of its first phase; None before.
        overrides: of every variant, in their order; one that is not about this shelf is empty.
        knobs: what any of them turns.
    """

    key: str
    variants: tuple[str, ...]
    index: int
    forced: bool
    started_at: datetime | None
    overrides: tuple[ShelfOverrides, ...]
    knobs: frozenset[ShelfKnob]

    @property
    def shown(self) -> ShelfOverrides:
        """What the variant that is shown changes."""
        return self.overrides[self.index]

    @property
    def variant(self) -> str:
        """Its key."""
        return self.variants[self.index]


def on_shelf(
    overrides: Iterable[ShelfOverrides], placement: Placement
) -> tuple[ShelfOverrides, ...]:
    """What each variant changes on one shelf."""
    return tuple(each if each.is_about(placement.name) else NOTHING_CHANGED for each in overrides)


@dataclass(frozen=True, slots=True)
class ShelfFacts:
    """What is known of an answered request, whatever the arm.

    Attributes:
        placement: as published.
        personalisation: as the shop has it; what it switches off, no arm switches on.
        visited: the visit had to do with products.
        known: there is a history, or factors of training stand in for one.
        ruled: whether a rule that the arms treat differently may act here.
        weighed: whether the arms' weights differ for this shelf.
    """

    placement: Placement
    personalisation: Personalisation
    visited: bool
    known: bool
    ruled: bool
    weighed: bool


def could_differ(contender: ShelfContender, facts: ShelfFacts) -> bool:
    """Whether any two variants could have answered this request differently."""
    if facts.ruled:
        return True
    placements = {_made_of(each, facts.placement) for each in contender.overrides}
    if len(placements) > 1:
        return True
    return facts.weighed or _follow_differently(contender, facts)


def _follow_differently(contender: ShelfContender, facts: ShelfFacts) -> bool:
    """Whether what is known of the shopper counts for one arm in another way than for others."""
    shop = facts.personalisation
    arms = [
        personalisation_allowed(shop if change is None else change.over(shop), shop)
        for change in (each.personalisation for each in contender.overrides)
    ]
    visits = {each.session_weight for each in arms}
    histories = {(each.history, each.revisit_weight) for each in arms}
    return (facts.visited and len(visits) > 1) or (facts.known and len(histories) > 1)


def _made_of(overrides: ShelfOverrides, placement: Placement) -> tuple[object, ...]:
    made = overrides.over(placement)
    return made.strategies, made.mix, made.diversity
