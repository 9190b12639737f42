"""What learning reads and what it answers; s lists, k places, f features."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

# Hits further down are hardly seen, and say little for what they weigh.
MOST_PLACES = 40
# Places that a ranking is judged by.
CUT = 10


class Source(StrEnum):
    """Where propensities are from."""

    SWAPS = "swaps"
    LISTS = "lists"
    STANDARD = "standard"


class Reason(StrEnum):
    """Why there is nothing to propose."""

    NO_FEATURES = "no_features"
    TOO_FEW_CLICKS = "too_few_clicks"
    TOO_FEW_SHOPPERS = "too_few_shoppers"
    NO_SIGNAL = "no_signal"
    SAME_AS_PARENT = "same_as_parent"
    NOT_SHOWN_BETTER = "not_shown_better"


class LearningRefused(ValueError):
    """Nothing can be learnt at all; `reason` says why, in one of a few words."""

    def __init__(self, reason: Reason, message: str) -> None:
        """Keep the reason beside the message."""
        super().__init__(message)
        self.reason = reason


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


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Compared:
    """Two weight sets on the same held-back lists.

    Attributes:
        current: what the current weights earn.
        proposed: what the others would.
        difference: proposed less current.
    """

    current: float
    proposed: float
    difference: Interval


@dataclass(frozen=True, slots=True)
class Evidence:
    """What held-back lists say about a proposed set.

    Attributes:
        searches: lists that were held back, with or without a click.
        clicked: of those, with a click at least.
        shoppers: units of the clicked ones.
        clicks_at_k: clicks a search on the first ten places, by inverse propensity (IPS).
        dcg_at_k: mean discount at which what is wanted stands, self-normalised (SNIPS).
    """

    searches: int
    clicked: int
    shoppers: int
    clicks_at_k: Compared
    dcg_at_k: Compared


@dataclass(frozen=True, slots=True)
class Learned:
    """The weights of one subject.

    Attributes:
        subject: `global` or a category's path.
        parent: the subject it is shrunk towards; empty for global.
        weights: feature to weight, non-negative, sums to 1.
        strengths: feature to its coefficient before they are scaled to sum 1.
        searches: clicked lists that it was learnt from.
        clicks: hits with a gain among them.
        effective: what those are worth once they are weighed by inverse propensity.
        own_share: how much of it is its own evidence, in [0, 1]; the rest is the parent's.
        reason: why it is the parent's set, or not to be proposed; None for neither.
        evidence: on held-back lists; None when there is too little.
    """

    subject: str
    parent: str
    weights: Mapping[str, float]
    strengths: Mapping[str, float]
    searches: int
    clicks: int
    effective: float
    own_share: float
    reason: Reason | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class LearntSets:
    """All that one run learnt.

    Attributes:
        sets: global first, parents before children.
        propensities: what clicks were divided by.
        searches: lists that were read.
        unlearnt: features that had no source or never differed inside a list.
    """

    sets: tuple[Learned, ...]
    propensities: Propensities
    searches: int
    unlearnt: tuple[str, ...] = field(default=())
