"""The products of a visit and how much each says: one reading for ranking and for the API."""

from collections.abc import Sequence
from typing import NamedTuple

from apps.events.contracts import INTERACTION_WEIGHTS, EventType
from apps.events.contracts_sessions import SessionEntry

MOST_LOOKED = 20
# Each product counts so much of the one that came after it.
FADING = 0.85


class Looked(NamedTuple):
    """A product that a visit had to do with.

    Attributes:
        product_id: external id.
        weight: above 0: the strongest thing that was done with it, faded.
        bought: whether it was bought.
    """

    product_id: str
    weight: float
    bought: bool


def looked_at(entries: Sequence[SessionEntry]) -> tuple[Looked, ...]:
    """The products of a visit, newest first, each once, at most `MOST_LOOKED`.

    Args:
        entries: newest first. What was taken out of the cart was looked at, no more.
    """
    strongest: dict[str, float] = {}
    removed: set[str] = set()
    for entry in entries:
        name = entry.product_id
        if name is None or (name not in strongest and len(strongest) == MOST_LOOKED):
            continue
        if entry.type is EventType.REMOVE_FROM_CART:
            removed.add(name)
        put_back = entry.type is EventType.ADD_TO_CART and name in removed
        told = INTERACTION_WEIGHTS.get(entry.type, 1.0)
        strongest[name] = max(strongest.get(name, 0.0), 1.0 if put_back else told)
    bought = {entry.product_id for entry in entries if entry.type is EventType.PURCHASE}
    return tuple(
        [
            Looked(name, weight * FADING**place, name in bought)
            for place, (name, weight) in enumerate(strongest.items())
        ]
    )
