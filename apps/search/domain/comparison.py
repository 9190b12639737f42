"""One query under two weight sets, as a preview shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.ranking_weights.contracts import ResolvedWeights
from apps.search.contracts import Hit


@dataclass(frozen=True, slots=True)
class MovedHit:
    """One line of a preview's right-hand side.

    Attributes:
        hit: the product under the draft.
        before: its position under the current weights; None: beyond the compared depth.
        moved: places won (positive) or lost; None when it was not there before.
    """

    hit: Hit
    before: int | None
    moved: int | None

    @property
    def lost(self) -> int:
        """Places lost; 0 for a hit that rose, stayed, or was not there."""
        return max(0, -(self.moved or 0))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One query under the current weights and under a draft.

    Attributes:
        query: as typed.
        category: the category filter of both, empty for none.
        applies: whether the draft would act on this query at all.
        current: hits under what is published.
        draft: hits under the draft, with how far each moved.
        current_weights, draft_weights: what was used.
    """

    query: str
    category: str
    applies: bool
    current: tuple[Hit, ...]
    draft: tuple[MovedHit, ...]
    current_weights: ResolvedWeights
    draft_weights: ResolvedWeights


def list_change_words(before: Sequence[str], after: Sequence[str]) -> str:
    """How two heads of a list differ, in words."""
    if list(before) == list(after):
        return "the same hits in the same order"
    fresh = len(set(after) - set(before))
    places = {product: place for place, product in enumerate(before)}
    moved = sum(places.get(product, place) != place for place, product in enumerate(after))
    return f"{fresh} of {len(after)} hits are new, {moved} others stand elsewhere"
