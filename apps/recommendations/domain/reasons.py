"""Why a product is on a shelf, in words that say no more than the evidence does."""

import math
from dataclasses import dataclass

from apps.recommendations.contracts import StrategyName
from apps.recommendations.contracts_answers import Fallback, Reason, ReasonCode
from apps.recommendations.domain.pooling import Source


@dataclass(frozen=True, slots=True)
class Speaker:
    """The product that speaks for another one.

    Attributes:
        product_id: as the shop names it.
        title: for people.
        bought: whether the shopper bought it.
        itself: whether it is the very product of which is spoken.
    """

    product_id: str
    title: str
    bought: bool = False
    itself: bool = False


@dataclass(frozen=True, slots=True)
class Grounds:
    """What is known of how one product came onto the shelf.

    Attributes:
        source: what found it; None: nothing did, a rule pinned it.
        speaker: the product that speaks for it.
        evidence: the strategy's number; nan: none.
        category: name of the category that the source looked in; empty: it looked everywhere.
        chosen: whether shoppers ever chose it (it has a popularity).
    """

    source: Source | None
    speaker: Speaker | None = None
    evidence: float = math.nan
    category: str = ""
    chosen: bool = True


def reason_of(grounds: Grounds) -> Reason:
    """The reason."""
    if grounds.source is None:
        return Reason(ReasonCode.PINNED, "Selected by the shop")
    if grounds.source is StrategyName.POPULAR or isinstance(grounds.source, Fallback):
        return _popular(grounds)
    code = ReasonCode(grounds.source.value)
    evidence = None if math.isnan(grounds.evidence) else round(float(grounds.evidence), 4)
    spoken_for = () if grounds.speaker is None else (grounds.speaker.product_id,)
    return Reason(code, _words(code, grounds, evidence), spoken_for, evidence)


def _words(code: ReasonCode, grounds: Grounds, evidence: float | None) -> str:
    speaker = grounds.speaker
    if code is ReasonCode.FOR_YOU:
        return _for_you(speaker)
    if code is ReasonCode.SESSION:
        return _session(speaker)
    if code is ReasonCode.SIMILAR:
        return "Similar products" if speaker is None else f"Similar to {speaker.title}"
    if code is ReasonCode.BOUGHT_TOGETHER:
        beside = "" if speaker is None else f" with {speaker.title}"
        return f"Bought together{beside}{'' if evidence is None else f' (lift {evidence:.1f})'}"
    if code is ReasonCode.TRENDING:
        place = f" in {grounds.category}" if grounds.category else ""
        return f"Trending this week{place}"
    return "You viewed this" if code is ReasonCode.RECENTLY_VIEWED else "New in the shop"


def _for_you(speaker: Speaker | None) -> str:
    if speaker is None:
        return "Picked from what you viewed and bought"
    verb = "bought" if speaker.bought else "viewed"
    if speaker.itself:
        return f"You {verb} this before"
    return f"Because you {verb} {speaker.title}"


def _session(speaker: Speaker | None) -> str:
    if speaker is None:
        return "Like what you are looking at"
    return f"Like {speaker.title}, which you have just viewed"


def _popular(grounds: Grounds) -> Reason:
    if not grounds.chosen:
        place = f"From {grounds.category}" if grounds.category else "From our range"
        return Reason(ReasonCode.ASSORTMENT, place)
    if grounds.category:
        return Reason(ReasonCode.POPULAR_IN_CATEGORY, f"Popular in {grounds.category}")
    return Reason(ReasonCode.POPULAR, "Popular in the shop")
