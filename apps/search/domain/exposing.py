"""Could the variant have made a difference on this request? Asked the same way in every arm.

An exposure that depends on the arm would itself be a difference between the arms, and look like
a broken randomisation. So only facts count that are the same whichever variant the unit has:
those of the request, of what is published, and of lists that no variant of this very
experiment changes.
"""

from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass
from functools import lru_cache

from apps.ranking_weights.contracts import WeightsChoice
from apps.search.contracts import FusionMethod
from apps.search.domain.contending import Contender
from apps.search.domain.overrides import Knob, SearchSettings

LEAST_MATCHES = 2
Weigh = Callable[[WeightsChoice | None, str | None], tuple[tuple[str, float], ...]]


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """One answered request.

    Attributes:
        by_relevance: whether hits stand by score.
        has_words: whether anything was searched for.
        expands: whether published synonyms stand for any of its words.
        semantic_ready: whether an index and an encoder are at hand, and PostgreSQL: without it
            the semantic list answers whatever the settings say.
        keyword_found, semantic_found: whether the lists hold anything.
        matches: products over all pages.
        first: how many of them stand on the pages before.
        filtered: path of the filtered category.
        detected: path of the category where the best candidates stand.
    """

    by_relevance: bool
    has_words: bool
    expands: bool
    semantic_ready: bool
    keyword_found: bool
    semantic_found: bool
    matches: int
    first: int
    filtered: str | None
    detected: str | None

    @property
    def category(self) -> str | None:
        """What weights are resolved for."""
        return self.detected if self.filtered is None else self.filtered


@lru_cache(maxsize=4096)
def knobs_steered(contender: Contender, settings: SearchSettings) -> frozenset[Knob]:
    """What really differs between its variants, over the published settings."""
    arms = [each.over(settings) for each in contender.overrides]
    values: Mapping[Knob, Sized] = {
        Knob.WEIGHTS: {each.weights for each in contender.overrides},
        Knob.FUSION: {_fusion(arm) for arm in arms},
        Knob.SEMANTIC: {arm.semantic for arm in arms},
        Knob.SYNONYMS: {arm.synonyms for arm in arms},
    }
    return frozenset(knob for knob, found in values.items() if len(found) > 1)


def could_differ(
    contender: Contender, settings: SearchSettings, facts: RequestFacts, weigh: Weigh
) -> bool:
    """Whether any two variants could have answered this request differently.

    Args:
        contender: an experiment that acts on it.
        settings: as published.
        facts: of the answer, under whichever variant.
        weigh: weights of a choice for a category.
    """
    steered = knobs_steered(contender, settings)
    if _lists_differ(steered, facts):
        return True
    # From here on every arm has found the same products.
    if not facts.by_relevance or facts.matches < LEAST_MATCHES or facts.first >= facts.matches:
        return False
    if Knob.FUSION in steered and _fusion_differs(contender, settings, facts):
        return True
    if Knob.WEIGHTS not in steered:
        return False
    choices = {each.weights for each in contender.overrides}
    return len({weigh(choice, facts.category) for choice in choices}) > 1


def category_told(
    contender: Contender, settings: SearchSettings, facts: RequestFacts
) -> str | None:
    """The category of an exposure, None where it would depend on the arm.

    The filtered one, else the detected one. Which one is detected depends on what was found
    and how it was fused: an experiment on that has no detected category to tell.
    """
    if facts.filtered is not None or contender.interleaves:
        return facts.category
    return facts.detected if knobs_steered(contender, settings) <= {Knob.WEIGHTS} else None


def _lists_differ(steered: frozenset[Knob], facts: RequestFacts) -> bool:
    """Whether arms may have found different products."""
    if Knob.SYNONYMS in steered and facts.expands:
        return True
    if Knob.SEMANTIC not in steered or not (facts.has_words and facts.semantic_ready):
        return False
    # Other sorts than relevance answer from the semantic list only where words find nothing.
    return facts.by_relevance or not facts.keyword_found


def _fusion(settings: SearchSettings) -> tuple[FusionMethod, float | None]:
    """The keyword list's share means something in `weighted` only."""
    method = settings.fusion.method
    return method, settings.fusion.keyword_weight if method is FusionMethod.WEIGHTED else None


def _fusion_differs(contender: Contender, settings: SearchSettings, facts: RequestFacts) -> bool:
    if not facts.has_words:
        return False
    if facts.keyword_found and facts.semantic_found:
        return True
    # One list alone: by scores it is the same whichever way, by ranks it is another.
    by_rank = {
        each.over(settings).fusion.method is FusionMethod.RRF for each in contender.overrides
    }
    return len(by_rank) > 1
