"""Where pinned hits stand, and how the others fill the places between them."""

from collections.abc import Mapping, Sequence

import numpy as np

from apps.ranking.contracts import Diversity, Int32


def pin_slots(wanted: Sequence[tuple[int, int]], visible: int) -> dict[int, int]:
    """The position of each pinned candidate.

    The first to ask for a position gets it. One that comes too late, or asks for a position
    past the end, takes the nearest free place after, else before, what it asked for.

    Args:
        wanted: (candidate, 1-based position), each candidate once, in order of precedence.
        visible: how many hits there are; at least as many as pins.

    Returns:
        Candidate → 1-based position.
    """
    slots: dict[int, int] = {}
    late: list[tuple[int, int]] = []
    taken: set[int] = set()
    for candidate, position in wanted:
        if position > visible or position in taken:
            late.append((candidate, position))
        else:
            slots[candidate] = position
            taken.add(position)
    for candidate, position in late:
        start = min(position, visible)
        choices = (*range(start, visible + 1), *range(start, 0, -1))
        slots[candidate] = next(place for place in choices if place not in taken)
        taken.add(slots[candidate])
    return slots


def order_with_pins(free: Int32, slots: Mapping[int, int]) -> Int32:
    """int32[v]: pinned candidates at their positions, `free` ones in order between them."""
    visible = len(free) + len(slots)
    order = np.empty(visible, dtype=np.int32)
    open_places = np.ones(visible, dtype=bool)
    for candidate, position in slots.items():
        order[position - 1] = candidate
        open_places[position - 1] = False
    order[open_places] = free
    return order


def free_diversified(
    free: Int32, slots: Mapping[int, int], diversity: Diversity
) -> tuple[Int32, Int32]:
    """Hold back what exceeds its group's share of the window.

    Going down the list, a hit enters the window while its group has room; others wait and
    follow right after the window, all in their old order. When too few are left to fill the
    window, those that wait fill it: diversity never shortens an answer.

    Args:
        free: int32[u], unpinned candidates, best first.
        slots: pinned candidate → position; they take their group's room first.
        diversity: the limits; its groups are indexed by candidate.

    Returns:
        (int32[u] the new order of `free`, int32[h] the candidates held back from the window).
    """
    pinned = [c for c, position in slots.items() if position <= diversity.window]
    places = max(0, min(diversity.window, len(free) + len(slots)) - len(pinned))
    groups = diversity.groups[free]
    admitted = np.flatnonzero(
        (groups < 0) | (_occurrence(groups) < _room(groups, diversity, pinned))
    )[:places]
    entering = np.zeros(len(free), dtype=bool)
    entering[admitted] = True
    waiting = np.flatnonzero(~entering)
    # When too few may enter, the best of those that wait fill the window's end: they come first
    # in `waiting`, so that putting one list behind the other is all there is to do.
    by_place = np.concatenate([admitted, waiting])
    new_places = np.empty(len(free), dtype=np.int64)
    new_places[by_place] = np.arange(len(free))
    held_back = np.flatnonzero(new_places[:places] > np.arange(places))
    return free[by_place], free[held_back]


def _occurrence(groups: Int32) -> Int32:
    """int32[u]: how many of the same group stand before each element."""
    by_group = np.argsort(groups, kind="stable")
    ordered = groups[by_group]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])[: len(ordered)]
    lengths = np.diff(np.r_[starts, len(ordered)])
    counted = np.arange(len(ordered)) - np.repeat(starts, lengths)
    occurrence = np.empty(len(groups), dtype=np.int32)
    occurrence[by_group] = counted
    return occurrence


def _room(groups: Int32, diversity: Diversity, pinned: Sequence[int]) -> Int32:
    """int32[u]: how many unpinned hits of each element's group the window has room for."""
    room = np.full(len(groups), diversity.max_per_group, dtype=np.int32)
    for candidate in pinned:
        room[groups == diversity.groups[candidate]] -= 1
    return room
