"""Could the variant have made a difference on this request? Asked the same way in every arm.

An exposure that depends on the arm would itself be a difference between the arms, and look like
a broken randomisation. So only facts count that are the same whichever variant the unit has:
those of the request, of what is published, and of lists that no variant of this very
experiment changes.
"""

from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass

from apps.ranking_weights.contracts import WeightsChoice
from apps.search.contracts import FusionMethod
from apps.search.domain.contending import Contender
from apps.search.domain.overrides import Knob, SearchSettings

LEAST_MATCHES = 2
Choices = frozenset[WeightsChoice | None]
WeighDifferent = Callable[[Choices, str | None], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Steering:
    """An experiment over the published settings.

    Attributes:
        contender: the experiment.
        settings: as published.
        knobs: what really differs between its variants.
        choices: the weights that its variants ask for.
    """

    contender: Contender
    settings: SearchSettings
    knobs: frozenset[Knob]
    choices: Choices

    @property
    def on_weights_alone(self) -> bool:
        """Whether every variant finds and fuses the same."""
        return self.knobs <= _WEIGHTS


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


_WEIGHTS = frozenset({Knob.WEIGHTS})


def steering_of(contender: Contender, settings: SearchSettings) -> Steering:
    """What an experiment steers."""
    arms = [each.over(settings) for each in contender.overrides]
    choices = frozenset(each.weights for each in contender.overrides)
    values: Mapping[Knob, Sized] = {
        Knob.WEIGHTS: choices,
        Knob.FUSION: {_fusion(arm) for arm in arms},
        Knob.SEMANTIC: {arm.semantic for arm in arms},
        Knob.SYNONYMS: {arm.synonyms for arm in arms},
    }
    knobs = frozenset(knob for knob, found in values.items() if len(found) > 1)
    return Steering(contender, settings, knobs, choices)


def could_differ(steering: Steering, facts: RequestFacts, differ: WeighDifferent) -> bool:
    """Whether any two variants could have answered this request differently.

    Args:
        steering: of an experiment that acts on it.
        facts: of the answer, under whichever variant.
        differ: whether any two of these choices weigh a category differently.
    """
    steered = steering.knobs
    if _lists_differ(steered, facts):
        return True
    # From here on every arm has found the same products.
    if not facts.by_relevance or facts.matches < LEAST_MATCHES or facts.first >= facts.matches:
        return False
    if Knob.FUSION in steered and _fusion_differs(steering, facts):
        return True
    return Knob.WEIGHTS in steered and differ(steering.choices, facts.category)


def category_told(steering: Steering, facts: RequestFacts) -> str | None:
    """The category of an exposure, None where it would depend on the arm.

    The filtered one, else the detected one. Which one is detected depends on what was found
    and how it was fused: an experiment on that has no detected category to tell.
    """
    if facts.filtered is not None or steering.contender.interleaves:
        return facts.category
    return facts.detected if steering.on_weights_alone else None


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


def _fusion_differs(steering: Steering, facts: RequestFacts) -> bool:
    if not facts.has_words:
        return False
    if facts.keyword_found and facts.semantic_found:
        return True
    # One list alone: by scores it is the same whichever way, by ranks it is another.
    by_rank = {
        each.over(steering.settings).fusion.method is FusionMethod.RRF
        for each in steering.contender.overrides
    }
    return len(by_rank) > 1
