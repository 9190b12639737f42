"""What a rater is shown, in which order. The same rater sees the same order every time."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

POOL_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to rate.

    Attributes:
        rating: this rater's own; None: not rated yet. Nobody else's is ever in here.
    """

    query: str
    product_id: str
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """All that one rater may rate of one list.

    Attributes:
        items: in this rater's order.
    """

    items: tuple[Item, ...]

    @property
    def rated(self) -> int:
        """How many this rater has rated."""
        return sum(item.rating is not None for item in self.items)

    def next_unrated(self, after: int = 0) -> int | None:
        """The 1-based place of the first unrated item behind `after`, round to the start."""
        places = [*range(after, len(self.items)), *range(min(after, len(self.items)))]
        return next((at + 1 for at in places if self.items[at].rating is None), None)

    def place_of(self, query: str, product_id: str) -> int | None:
        """The 1-based place of a thing; None when it is not in the queue."""
        for place, item in enumerate(self.items, start=1):
            if (item.query, item.product_id) == (query, product_id):
                return place
        return None


def pool_of(lists: Iterable[Sequence[str]], *, depth: int = POOL_DEPTH) -> tuple[str, ...]:
    """The first `depth` of every list, each product once, sorted: the order tells nothing.

    Source: Spärck Jones and van Rijsbergen, Report on the need for and provision of an "ideal"
        information retrieval test collection, 1975.
    """
    return tuple(sorted({product for ranked in lists for product in ranked[:depth]}))


def queue_of(
    pools: Mapping[str, Iterable[str]],
    own: Mapping[tuple[str, str], int],
    *,
    rater: str,
    list_id: int,
) -> Queue:
    """Queries in the rater's own random order, each query's products likewise.

    Args:
        pools: query to the products that are to be rated for it.
        own: (query, product) to this rater's rating.
        rater: whose order.
        list_id: of which list.
    """

    def drawn(*parts: str) -> bytes:
        text = "\x00".join((rater, str(list_id), *parts))
        return hashlib.blake2b(text.encode(), digest_size=8).digest()

    items: list[Item] = []
    for query in sorted(pools, key=drawn):
        products = sorted((drawn(query, each), each) for each in set(pools[query]))
        items += [Item(query, each, own.get((query, each))) for _, each in products]
    return Queue(tuple(items))


def median_low(ratings: Sequence[int]) -> int:
    """The median; of an even number the lower of the middle two: doubt is no praise.

    Raises:
        ValueError: there is no rating.
    """
    if not ratings:
        raise ValueError("no rating has no median")
    return sorted(ratings)[(len(ratings) - 1) // 2]
