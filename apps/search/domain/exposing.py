"""Could the variant have made a difference on this request? Asked the same way in every arm.

An exposure that depends on the arm would itself be a difference between the arms, and look like
a broken randomisation. So only facts count that are the same whichever variant the unit has:
those of the request, of what is published, and of lists that no variant of this very
experiment changes.
"""

from collections.abc import Callable, Hashable, Mapping, Sized
from dataclasses import dataclass, replace

from apps.merchandising.contracts_rules import RuleSwitches
from apps.ranking_weights.contracts import WeightsChoice
from apps.recommendations.contracts import Personalisation
from apps.search.contracts import FusionMethod
from apps.search.domain.contending import Contender
from apps.search.domain.overrides import Knob, Reading, SearchSettings

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
        readings: the ways to read a query that they ask for, with the published settings read
            so; empty where all ask for the same.
        follows: what may follow the shopper in them.
    """

    contender: Contender
    settings: SearchSettings
    knobs: frozenset[Knob]
    choices: Choices
    readings: Mapping[Reading, SearchSettings]
    follows: frozenset[Personalisation]

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
        readings: what the query comes to under each way to read it that a variant asks for.
        semantic_ready: whether an index and an encoder are at hand, and PostgreSQL: without it
            the semantic list answers whatever the settings say.
        keyword_found, semantic_found: whether the lists hold anything.
        matches: products over all pages.
        first: how many of them stand on the pages before.
        filtered: path of the filtered category.
        by_shopper: whether the shopper chose that filter; else it was read out of the query.
        detected: path of the category where the best candidates stand.
        ruled: keys of experiments one of whose toggled rules may act on the request.
        visited: whether the visit has anything to point with, if it may count at all.
        known: whether the shopper's history has, likewise.
    """

    by_relevance: bool
    has_words: bool
    readings: Mapping[Reading, Hashable]
    semantic_ready: bool
    keyword_found: bool
    semantic_found: bool
    matches: int
    first: int
    filtered: str | None
    detected: str | None
    by_shopper: bool = True
    ruled: frozenset[str] = frozenset()
    visited: bool = False
    known: bool = False

    @property
    def category(self) -> str | None:
        """What weights are resolved for."""
        return self.detected if self.filtered is None else self.filtered


# What is weighed differently is found and fused alike.
_WEIGHTS = frozenset({Knob.WEIGHTS, Knob.PERSONALISATION})
_READING = frozenset({Knob.SYNONYMS, Knob.UNDERSTANDING, Knob.SPELLING})


def steering_of(contender: Contender, settings: SearchSettings) -> Steering:
    """What an experiment steers."""
    arms = [each.over(settings) for each in contender.overrides]
    choices = frozenset(each.weights for each in contender.overrides)
    values: Mapping[Knob, Sized] = {
        Knob.WEIGHTS: choices,
        Knob.FUSION: {_fusion(arm) for arm in arms},
        Knob.SEMANTIC: {arm.semantic for arm in arms},
        Knob.SYNONYMS: {arm.synonyms for arm in arms},
        Knob.UNDERSTANDING: {arm.understanding for arm in arms},
        Knob.SPELLING: {arm.spelling for arm in arms},
        Knob.RULES: {each.rules or RuleSwitches() for each in contender.overrides},
        Knob.PERSONALISATION: {arm.personalisation for arm in arms},
    }
    knobs = frozenset(knob for knob, found in values.items() if len(found) > 1)
    readings = {arm.reading: _read_as(arm.reading, settings) for arm in arms}
    return Steering(
        contender,
        settings,
        knobs,
        choices,
        readings if knobs & _READING else {},
        frozenset(arm.personalisation for arm in arms),
    )


def could_differ(steering: Steering, facts: RequestFacts, differ: WeighDifferent) -> bool:
    """Whether any two variants could have answered this request differently.

    Args:
        steering: of an experiment that acts on it.
        facts: of the answer, under whichever variant.
        differ: whether any two of these choices weigh a category differently.
    """
    steered = steering.knobs
    # A rule may rewrite the query, hide, keep: first of all, whatever the order of the hits.
    if steering.contender.key in facts.ruled:
        return True
    if _reads_differently(steering, facts) or _lists_differ(steered, facts):
        return True
    # From here on every arm has found the same products.
    if not facts.by_relevance or facts.matches < LEAST_MATCHES or facts.first >= facts.matches:
        return False
    if Knob.FUSION in steered and _fusion_differs(steering, facts):
        return True
    if Knob.PERSONALISATION in steered and _follow_differently(steering.follows, facts):
        return True
    return Knob.WEIGHTS in steered and differ(steering.choices, facts.category)


def category_told(steering: Steering, facts: RequestFacts) -> str | None:
    """The category of an exposure, None where it would depend on the arm.

    The filtered one, else the detected one. Which one is detected, or acts as a filter because
    the query names it, depends on how the query was read, what was found and how it was fused:
    an experiment on that has only a category to tell that the shopper chose.
    """
    by_shopper = facts.filtered is not None and facts.by_shopper
    if by_shopper or steering.contender.interleaves or steering.on_weights_alone:
        return facts.category
    return None


def _follow_differently(arms: frozenset[Personalisation], facts: RequestFacts) -> bool:
    """Whether what is known of the shopper counts for one arm in another way than for others."""
    visits = {each.session_weight if each.session else 0.0 for each in arms}
    histories = {each.revisit_weight if each.history else None for each in arms}
    return (facts.visited and len(visits) > 1) or (facts.known and len(histories) > 1)


def _reads_differently(steering: Steering, facts: RequestFacts) -> bool:
    """Whether arms understood this query differently."""
    first, *others = [facts.readings[each] for each in steering.readings] or [None]
    return any(other != first for other in others)


def _read_as(reading: Reading, settings: SearchSettings) -> SearchSettings:
    synonyms, understanding, spelling = reading
    return replace(settings, synonyms=synonyms, understanding=understanding, spelling=spelling)


def _lists_differ(steered: frozenset[Knob], facts: RequestFacts) -> bool:
    """Whether arms that understood it alike may have found different products."""
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
