"""Result lists as they were shown, and how likely their places are looked at.

s lists, k places, f features. Click-through rates and learnt weights both start here.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

# Hits further down are hardly seen, and say little for what they weigh.
MOST_PLACES = 40


class Source(StrEnum):
    """Where propensities are from."""

    SWAPS = "swaps"
    LISTS = "lists"
    STANDARD = "standard"


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """Result lists as they were shown: first pages by relevance.

    Attributes:
        names: the f features, in the registry's order.
        features: float64[s, k, f] in [0, 1]; anything where nothing stood.
        shown: bool[s, k], places that held a hit; the j-th column is position j + 1.
        gains: float64[s, k], what became of each hit: 0 nothing, 1 clicked, 2 in the cart, 3
            bought.
        units: int64[s], whose search it was.
        paths: s category paths; empty for none.
        swapped: int64[s], position of the upper one of two that were exchanged; 0 for none.
        ruled: bool[s], lists that a rule acted on: their order is not all chance's and weights'.
    """

    names: tuple[str, ...]
    features: Float64
    shown: Bool
    gains: Float64
    units: Int64
    paths: tuple[str, ...]
    swapped: Int64
    ruled: Bool

    def __len__(self) -> int:
        """How many lists."""
        return len(self.units)

    @property
    def clicks(self) -> Float64:
        """float64[s, k]: 1 where a hit was clicked, or more than that."""
        found: Float64 = (self.gains > 0.0).astype(np.float64)
        return found

    def part(self, rows: Bool | Int64) -> "Lists":
        """Some of the lists."""
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return Lists(
            self.names,
            self.features[places],
            self.shown[places],
            self.gains[places],
            self.units[places],
            tuple(self.paths[place] for place in places.tolist()),
            self.swapped[places],
            self.ruled[places],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Propensities:
    """How likely a place is looked at, against the place that is looked at most.

    Attributes:
        values: float64[k] in (0, 1], position 1 first.
        source: what speaks loudest: the shop's own swaps, its lists, or the standard curve.
        exponent: of the power law that lies under the curve: P = position ^ -exponent.
        error: standard error of the swaps' exponent; None: they tell nothing.
        swaps: lists with two exchanged neighbours.
        floor: smallest value that clicks are divided by.
    """

    values: Float64
    source: Source
    exponent: float
    error: float | None
    swaps: int
    floor: float

    def clipped(self) -> Float64:
        """float64[k]: what clicks are divided by."""
        return np.maximum(self.values, self.floor)


def unit_code(name: str) -> int:
    """A shopper's name as a number, the same in every run."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> 1
