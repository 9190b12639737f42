"""What was learnt as a document, as one sentence, and as numbers that people type."""

import math
from collections.abc import Mapping
from dataclasses import asdict

from apps.features.domain.examined.lists import Propensities, Source
from apps.ranking_weights.domain.learning.values import (
    CUT,
    Compared,
    Evidence,
    Learned,
    LearntSets,
)

Document = dict[str, object]
_DECIMALS = 4
_POSITIONS = (1, 2, 3, 5, 10, 20)


def weights_rounded(weights: Mapping[str, float]) -> dict[str, float]:
    """The set to four decimals, as the sliders have it; the largest makes the sum 1."""
    rounded = {name: round(weight, _DECIMALS) for name, weight in weights.items()}
    largest = max(rounded, key=lambda name: rounded[name])
    others = math.fsum(weight for name, weight in rounded.items() if name != largest)
    return {**rounded, largest: round(1.0 - others, _DECIMALS)}


def learned_document(
    learned: Learned, propensities: Propensities, current: Mapping[str, float]
) -> Document:
    """One subject's weights with all that speaks for them; JSON."""
    return {
        "subject": learned.subject,
        "parent": learned.parent,
        "current": dict(current),
        "proposed": dict(learned.weights),
        "strengths": dict(learned.strengths),
        "searches": learned.searches,
        "clicks": learned.clicks,
        "effective_clicks": learned.effective,
        "own_share": learned.own_share,
        "reason": None if learned.reason is None else learned.reason.value,
        "held_back": None if learned.evidence is None else _evidence(learned.evidence),
        "propensities": propensities_document(propensities),
    }


def propensities_document(propensities: Propensities) -> Document:
    """The curve and where it is from; JSON."""
    places = [place for place in _POSITIONS if place <= len(propensities.values)]
    return {
        "source": propensities.source.value,
        "exponent": propensities.exponent,
        "error": propensities.error,
        "swaps": propensities.swaps,
        "floor": propensities.floor,
        "at": {str(place): float(propensities.values[place - 1]) for place in places},
    }


def _evidence(evidence: Evidence) -> Document:
    return {
        "searches": evidence.searches,
        "clicked": evidence.clicked,
        "shoppers": evidence.shoppers,
        "cut": CUT,
        "clicks_at_k": asdict(evidence.clicks_at_k),
        "dcg_at_k": asdict(evidence.dcg_at_k),
    }


def learned_note(learned: Learned, learnt: LearntSets) -> str:
    """One sentence for a person who has to approve it."""
    said = (
        f"Learnt from {learned.clicks:,} clicks in {learned.searches:,} clicked searches"
        f" ({learned.own_share:.0%} its own evidence)."
    )
    if learned.evidence is None:
        return said
    held = learned.evidence
    return (
        f"{said} On {held.searches:,} held-back searches of {held.shoppers:,} shoppers who"
        f" clicked: DCG at {CUT} {_apart(held.dcg_at_k)}, clicks a search"
        f" {_apart(held.clicks_at_k)}; places by {_curve_named(learnt.propensities)}."
    )


def _apart(compared: Compared) -> str:
    difference = compared.difference
    return (
        f"{compared.current:.4f} → {compared.proposed:.4f}"
        f" (95 % {difference.low:+.4f} to {difference.high:+.4f})"
    )


def _curve_named(propensities: Propensities) -> str:
    exponent = f"position^-{propensities.exponent:.2f}"
    if propensities.source is Source.STANDARD:
        return f"the standard curve, about {exponent}"
    if propensities.source is Source.LISTS:
        return f"what the lists themselves fit best, {exponent}"
    return f"{propensities.swaps:,} exchanged lists, about {exponent}"
