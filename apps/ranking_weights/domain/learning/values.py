"""What learning answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apps.features.domain.examined.lists import Propensities

# Places that a ranking is judged by.
CUT = 10


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
