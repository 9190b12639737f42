"""How hits that are alike are spread: maximal marginal relevance, and several limits at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from apps.ranking.contracts import Diversity, Float32, Float64, Int32, RankingInputInvalid


@dataclass(frozen=True, slots=True, eq=False)
class Variety:
    """Maximal marginal relevance over the first positions: hits that are not all alike.

    The next hit is the one with the most of `share` · score - (1 - `share`) · likeness to what
    stands before it, scores as parts of the best one's.

    Attributes:
        share: λ in [0, 1]; 1 is relevance alone.
        likeness: a candidate → float32[m] in [0, 1], how alike each candidate is to it.
        window: the first so many positions.
        apart: float64[m], a part of each score that no likeness outweighs: only neighbours with
            the same one are exchanged.
    """

    share: float
    likeness: Callable[[int], Float32]
    window: int
    apart: Float64

    def __post_init__(self) -> None:
        """Refuse a share or window out of its range."""
        if not 0.0 <= self.share <= 1.0 or self.window < 1:
            raise RankingInputInvalid("variety needs a share in [0, 1] and a window of at least 1")


def free_varied(
    free: Int32, slots: Mapping[int, int], scores: Float64, variety: Variety
) -> tuple[Int32, Int32]:
    """Fill the window's free places one by one; those behind it keep their order.

    Pinned hits count as standing before whatever comes after them.

    Args:
        free: int32[u], unpinned candidates, best first.
        slots: pinned candidate → 1-based position.
        scores: float64[m] by candidate.
        variety: what is wanted.

    Returns:
        (int32[u] the new order of `free`, int32[c] those that stand elsewhere than before).

    Source: Carbonell, Goldstein, The use of MMR, SIGIR 1998.
    """
    taken = _Taken(free, scores, variety)
    pinned = {position: candidate for candidate, position in slots.items()}
    for position in range(1, min(variety.window, len(free) + len(slots)) + 1):
        if position in pinned:
            taken.shown(pinned[position])
        else:
            taken.next()
    order = taken.order()
    return order, free[order != free]


class _Taken:
    """What was taken so far, and how alike the others are to it."""

    def __init__(self, free: Int32, scores: Float64, variety: Variety) -> None:
        self._free, self._variety = free, variety
        apart = variety.apart[free]
        own = scores[free] - apart
        # Neighbours of one kind, in the order in which they stand: a boost may have mixed them.
        self._run = np.cumsum(np.r_[True, apart[1:] != apart[:-1]][: len(free)])
        best = float(own.max(initial=0.0))
        self._relevance = variety.share * (own / best if best > 0.0 else own)
        self._alike = np.zeros(len(free))
        self._left = np.ones(len(free), dtype=np.bool_)
        self._chosen: list[int] = []

    def shown(self, candidate: int) -> None:
        """Something stands there: what comes next should be unlike it."""
        np.maximum(self._alike, self._variety.likeness(candidate)[self._free], out=self._alike)

    def next(self) -> None:
        """Take the best of the first run that has any left; of equals the one before."""
        places = np.flatnonzero(self._left)
        runs = self._run[places]
        places = places[runs == runs[0]]
        gain = self._relevance[places] - (1.0 - self._variety.share) * self._alike[places]
        place = int(places[gain.argmax()])
        self._left[place] = False
        self._chosen.append(place)
        self.shown(int(self._free[place]))

    def order(self) -> Int32:
        """int32[u]: those taken, then the others as they stood."""
        chosen = np.array(self._chosen, dtype=np.int64)
        order: Int32 = self._free[np.concatenate([chosen, np.flatnonzero(self._left)])]
        return order


def free_limited(
    free: Int32, slots: Mapping[int, int], limits: Sequence[Diversity]
) -> tuple[Int32, Int32]:
    """Hold back what exceeds the room of any of its groups; as `free_diversified`, for several.

    Args:
        free: int32[u], unpinned candidates, best first.
        slots: pinned candidate → 1-based position; they take their groups' room first.
        limits: of one window each; the longest one counts.

    Returns:
        (int32[u] the new order of `free`, int32[h] the candidates held back from the window).
    """
    window = max(limit.window for limit in limits)
    room = _Room(limits)
    pinned = [candidate for candidate, position in slots.items() if position <= window]
    for candidate in pinned:
        room.take(candidate)
    places = max(0, min(window, len(free) + len(slots)) - len(pinned))
    entering: list[int] = []
    waiting: list[int] = []
    for place, candidate in enumerate(free.tolist()):
        if len(entering) < places and room.has(candidate):
            room.take(candidate)
            entering.append(place)
        else:
            waiting.append(place)
    by_place = np.array([*entering, *waiting], dtype=np.int64)
    new_places = np.empty(len(free), dtype=np.int64)
    new_places[by_place] = np.arange(len(free))
    return free[by_place], free[np.flatnonzero(new_places[:places] > np.arange(places))]


class _Room:
    """What is left of each group's share of the window."""

    def __init__(self, limits: Sequence[Diversity]) -> None:
        self._limits = [(limit.groups.tolist(), limit.max_per_group) for limit in limits]
        self._taken: list[dict[int, int]] = [{} for _ in limits]

    def has(self, candidate: int) -> bool:
        """Whether every group of the candidate has room; a negative code is no group."""
        return all(
            groups[candidate] < 0 or taken.get(groups[candidate], 0) < most
            for (groups, most), taken in zip(self._limits, self._taken, strict=True)
        )

    def take(self, candidate: int) -> None:
        """The candidate stands in the window."""
        for (groups, _), taken in zip(self._limits, self._taken, strict=True):
            taken[groups[candidate]] = taken.get(groups[candidate], 0) + 1
