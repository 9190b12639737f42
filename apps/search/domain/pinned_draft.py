"""Two rankings drafted into one list around what both pin: a pinned hit competes for nothing."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from apps.experiments.contracts.interleaving import NO_TEAM
from apps.experiments.domain.interleaving import team_draft

Rows = NDArray[np.int32]


def draft_around_pins(
    first: Rows, second: Rows, fixed: Mapping[int, int], *, seed: int, k: int
) -> tuple[Rows, NDArray[np.uint8]]:
    """The first k of the draft, and the team of each.

    Args:
        first: int32[n], the control's rows, best first.
        second: int32[m], the treatment's.
        fixed: 0-based place → row, of hits that both pin there.
        seed: of the draft.
        k: how many.
    """
    if not fixed:
        drafted, teams = team_draft(first[:k], second[:k], seed=seed, k=k)
        return drafted.astype(np.int32), teams
    held = list(fixed.values())
    free = [rows[~np.isin(rows, held)][:k] for rows in (first, second)]
    drafted, teams = team_draft(*free, seed=seed, k=k)
    size = min(k, len(drafted) + len(held))
    places = np.zeros(size, dtype=np.bool_)
    inside = {place: row for place, row in fixed.items() if place < size}
    places[list(inside)] = True
    rows = np.empty(size, dtype=np.int32)
    shown = np.full(size, NO_TEAM, dtype=np.uint8)
    rows[list(inside)] = list(inside.values())
    rows[~places] = drafted[: size - len(inside)]
    shown[~places] = teams[: size - len(inside)]
    return rows, shown
