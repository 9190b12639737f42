"""A shelf as it is live and as a draft would make it, beside each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.recommendations.contracts import Placement
from apps.recommendations.contracts_answers import Fallback, RecommendedItem

FALLBACK_WORDS: Mapping[Fallback, str] = {
    Fallback.CATEGORY_POPULAR: "Its strategies leave the shelf short here: what is popular in "
    "the category fills it.",
    Fallback.POPULAR: "Its strategies leave the shelf short here: what is popular anywhere "
    "fills it.",
    Fallback.WITHOUT_CONSTRAINTS: "Nothing is left under these constraints here: they are let "
    "go of, so that the shelf does not stand empty.",
    Fallback.WITHOUT_FILTERS: "Nothing that was asked for can be shown here: the shelf shows "
    "other products.",
    Fallback.NOTHING: "There is no product that may be shown here.",
}
"""What filled the shelf, as a merchandiser is told."""


@dataclass(frozen=True, slots=True)
class ShelfOccasion:
    """What a preview pretends.

    Attributes:
        user_id, session_id: who asks; empty: nobody in particular.
        product_ids: the product of the page, or those in the cart.
        category: path of the category that the shelf is about; empty: none.
    """

    user_id: str = ""
    session_id: str = ""
    product_ids: tuple[str, ...] = ()
    category: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One side.

    Attributes:
        placement: that made it.
        items: best first.
        fallback: what filled it.
        failed: strategies that raised, as `degraded` names them.
    """

    placement: Placement
    items: tuple[RecommendedItem, ...]
    fallback: tuple[Fallback, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MovedItem:
    """One product of the draft's side.

    Attributes:
        item: as the draft shows it.
        before: its position on the live shelf; None: it is not on it.
        moved: places won (positive) or lost; None: it is new here.
    """

    item: RecommendedItem
    before: int | None
    moved: int | None

    @property
    def lost(self) -> int:
        """Places lost; 0 for a product that rose, stayed or is new."""
        return max(0, -(self.moved or 0))


@dataclass(frozen=True, slots=True)
class ShelfComparison:
    """Both sides.

    Attributes:
        live: as it is now.
        draft: as it would be.
        moved: the draft's products, each with how far it moved.
        gone: products that leave the shelf, in the live order.
        degraded: what was missing for both sides.
    """

    live: Shelf
    draft: Shelf
    moved: tuple[MovedItem, ...]
    gone: tuple[RecommendedItem, ...]
    degraded: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What changes, in one sentence."""
        new = sum(each.before is None for each in self.moved)
        elsewhere = sum(bool(each.moved) for each in self.moved)
        if not new and not elsewhere and not self.gone:
            return "The shelf stays as it is."
        parts = [
            f"{count} {word}"
            for count, word in ((new, "new"), (elsewhere, "moved"), (len(self.gone), "gone"))
            if count
        ]
        return f"{', '.join(parts)}."

    @property
    def notes(self) -> tuple[str, ...]:
        """What filled and what failed the draft's shelf, and what was missing for both."""
        told = [FALLBACK_WORDS[each] for each in self.draft.fallback]
        if self.draft.failed:
            told.append(f"Failed, and found nothing: {', '.join(self.draft.failed)}.")
        if self.degraded:
            told.append(f"Missing at the moment, for both sides: {', '.join(self.degraded)}.")
        return tuple(told)


def shelves_compare(live: Shelf, draft: Shelf, degraded: Sequence[str] = ()) -> ShelfComparison:
    """Who moved where from one shelf to the other."""
    places = {each.document.product_id: each.position for each in live.items}
    moved = tuple(_moved(each, places.get(each.document.product_id)) for each in draft.items)
    kept = {each.document.product_id for each in draft.items}
    gone = tuple(each for each in live.items if each.document.product_id not in kept)
    return ShelfComparison(live, draft, moved, gone, tuple(degraded))


def _moved(item: RecommendedItem, before: int | None) -> MovedItem:
    return MovedItem(item, before, None if before is None else before - item.position)
