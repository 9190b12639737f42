"""Could the variant have made a difference? By facts that are the same in every arm."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from apps.ranking_weights.contracts import WeightsChoice
from apps.recommendations.domain.personalising import PersonalisationChange
from apps.search.contracts import FusionMethod
from apps.search.domain.exposing import (
    Choices,
    RequestFacts,
    category_told,
    could_differ,
    steering_of,
)
from apps.search.domain.overrides import Knob, SearchOverrides, SearchSettings
from tests.search.test_domain_overrides import contender

GLOBAL, FASHION = WeightsChoice((), "global"), WeightsChoice((), "fashion", 2)
PLAIN = SearchOverrides()
SETTINGS = SearchSettings()
READINGS = list(product((True, False), (True, False), (True, False)))
FACTS = RequestFacts(
    by_relevance=True,
    has_words=True,
    readings=dict.fromkeys(READINGS, "all the same"),
    semantic_ready=True,
    keyword_found=True,
    semantic_found=True,
    matches=20,
    first=0,
    filtered=None,
    detected="electronics/mice",
)
OTHERWISE = {each: each for each in READINGS}
Weights = tuple[tuple[str, float], ...]


def differ(choices: Choices, path: str | None) -> bool:
    return len({weigh(choice, path) for choice in choices}) > 1


def weigh(choice: WeightsChoice | None, path: str | None) -> Weights:
    """Electronics has its own set; everything else has the global one."""
    if choice == GLOBAL or not (path or "").startswith("electronics"):
        own = choice is not None and bool(choice.number) and choice.acts_on(path)
        return (("search_score", 0.5 if own else 1.0),)
    return (("freshness_score", 1.0),)


def differs(
    *overrides: SearchOverrides, settings: SearchSettings = SETTINGS, **facts: Any
) -> bool:
    changed = replace(FACTS, **facts)
    asked = contender("x", *overrides)
    told = {
        could_differ(steering_of(replace(asked, index=index), settings), changed, differ)
        for index in range(len(overrides))
    }
    assert len(told) == 1  # whichever arm
    return told.pop()


def test_weights_differ_where_the_category_has_others() -> None:
    assert differs(PLAIN, SearchOverrides(GLOBAL))
    assert differs(PLAIN, SearchOverrides(GLOBAL), filtered="electronics", detected=None)
    assert not differs(PLAIN, SearchOverrides(GLOBAL), detected="fashion")
    assert not differs(PLAIN, SearchOverrides(GLOBAL), detected=None)
    assert not differs(PLAIN, SearchOverrides(GLOBAL), filtered="fashion")
    assert differs(PLAIN, SearchOverrides(FASHION), detected="fashion/shoes")
    assert not differs(PLAIN, SearchOverrides(FASHION), detected="toys")


def test_any_two_variants_that_differ_expose_all() -> None:
    third = (PLAIN, SearchOverrides(FASHION), SearchOverrides(GLOBAL))
    assert differs(*third)
    assert differs(*third, detected="fashion")
    assert not differs(*third, detected="toys")


@pytest.mark.parametrize(
    "facts", [{"by_relevance": False}, {"matches": 1}, {"matches": 0}, {"first": 20}]
)
def test_order_needs_two_hits_by_relevance_on_a_page_that_exists(facts: dict[str, Any]) -> None:
    assert not differs(PLAIN, SearchOverrides(GLOBAL), **facts)
    assert not differs(PLAIN, SearchOverrides(fusion=FusionMethod.MAX), **facts)


def test_fusion_needs_words() -> None:
    assert differs(PLAIN, SearchOverrides(fusion=FusionMethod.MAX))
    assert not differs(PLAIN, SearchOverrides(fusion=FusionMethod.MAX), has_words=False)
    assert not differs(PLAIN, SearchOverrides(fusion=FusionMethod.RRF))
    # The share of words means nothing to reciprocal ranks.
    assert not differs(PLAIN, SearchOverrides(keyword_weight=0.9))
    weighted = SearchOverrides(fusion=FusionMethod.WEIGHTED)
    assert differs(weighted, replace(weighted, keyword_weight=0.9))


def test_what_follows_the_shopper_needs_something_to_follow() -> None:
    no_visit = SearchOverrides(personalisation=PersonalisationChange(session=False))
    heavier = SearchOverrides(personalisation=PersonalisationChange(session_weight=0.5))
    no_history = SearchOverrides(personalisation=PersonalisationChange(history=False))
    everything: dict[str, Any] = {"visited": True, "known": True}

    assert differs(PLAIN, no_visit, visited=True)
    assert differs(PLAIN, heavier, visited=True)
    assert not differs(PLAIN, no_visit, known=True)
    assert differs(PLAIN, no_history, known=True)
    assert not differs(PLAIN, no_history, visited=True)
    seen_more = SearchOverrides(personalisation=PersonalisationChange(revisit_weight=0.5))
    assert differs(PLAIN, seen_more, known=True)
    assert not differs(PLAIN, seen_more, visited=True)
    # Without the history its weight means nothing.
    off = [replace(no_history, personalisation=PersonalisationChange(False, revisit_weight=weight))
           for weight in (0.1, 0.9)]  # fmt: skip
    assert not differs(*off, known=True)
    # A weight means nothing where no arm lets the visit count.
    off = [replace(no_visit, personalisation=PersonalisationChange(None, False, weight))
           for weight in (0.1, 0.9)]  # fmt: skip
    assert not differs(*off, **everything)
    assert not differs(PLAIN, no_visit, **everything, by_relevance=False)
    assert not differs(PLAIN, no_visit, **everything, matches=1)
    assert steering_of(contender("x", PLAIN, no_visit), SETTINGS).on_weights_alone


@pytest.mark.parametrize("missing", ["keyword_found", "semantic_found"])
def test_one_list_alone_is_fused_by_scores_the_same_whichever_way(missing: str) -> None:
    facts: dict[str, Any] = {missing: False}
    by_scores = [
        SearchOverrides(fusion=each) for each in (FusionMethod.WEIGHTED, FusionMethod.MAX)
    ]
    assert differs(*by_scores)
    assert not differs(*by_scores, **facts)
    assert differs(PLAIN, *by_scores, **facts)


def test_the_semantic_list() -> None:
    without = SearchOverrides(semantic=False)
    assert differs(PLAIN, without)
    # What it holds is not asked: the arm without it does not know.
    assert differs(PLAIN, without, semantic_found=False, matches=0)
    assert not differs(PLAIN, without, has_words=False)
    assert not differs(PLAIN, without, semantic_ready=False)
    assert not differs(PLAIN, without, by_relevance=False)
    assert differs(PLAIN, without, by_relevance=False, keyword_found=False)
    assert not differs(PLAIN, without, settings=SearchSettings(semantic=False))


@pytest.mark.parametrize("switch", ["synonyms", "understanding", "spelling"])
def test_another_reading_needs_a_query_that_it_changes(switch: str) -> None:
    without = SearchOverrides(**{switch: False})  # type: ignore[arg-type]  # a switch
    assert not differs(PLAIN, without)
    assert differs(PLAIN, without, readings=OTHERWISE)
    assert differs(PLAIN, without, readings=OTHERWISE, by_relevance=False, matches=0)
    settings = SearchSettings(**{switch: False})  # type: ignore[arg-type]  # a switch
    assert not differs(PLAIN, without, settings=settings, readings=OTHERWISE)


def test_weights_beside_another_knob_that_cannot_act_here() -> None:
    both = SearchOverrides(GLOBAL, synonyms=False)
    assert differs(PLAIN, both)
    assert not differs(PLAIN, both, detected="toys")
    assert differs(PLAIN, both, detected="toys", readings=OTHERWISE)


def test_what_is_steered_is_what_differs_over_the_settings() -> None:
    asked = contender("x", PLAIN, SearchOverrides(GLOBAL, semantic=True, synonyms=False))
    assert steering_of(asked, SETTINGS).knobs == {Knob.WEIGHTS, Knob.SYNONYMS}
    assert steering_of(asked, SearchSettings(semantic=False)).knobs == {
        Knob.WEIGHTS,
        Knob.SEMANTIC,
        Knob.SYNONYMS,
    }


def test_the_category_is_told_where_no_arm_moves_it() -> None:
    weights = contender("x", PLAIN, SearchOverrides(GLOBAL))
    fusion = contender("x", PLAIN, SearchOverrides(fusion=FusionMethod.MAX))
    filtered = replace(FACTS, filtered="fashion")
    assert category_told(steering_of(weights, SETTINGS), FACTS) == "electronics/mice"
    assert category_told(steering_of(weights, SETTINGS), filtered) == "fashion"
    assert category_told(steering_of(fusion, SETTINGS), FACTS) is None
    assert category_told(steering_of(fusion, SETTINGS), filtered) == "fashion"
    reading = steering_of(contender("x", PLAIN, SearchOverrides(understanding=False)), SETTINGS)
    assert category_told(reading, filtered) == "fashion"
    assert category_told(reading, replace(filtered, by_shopper=False)) is None
    # One answer for everybody: what was detected is the same in both arms.
    interleaved = replace(fusion, interleaves=True)
    assert category_told(steering_of(interleaved, SETTINGS), FACTS) == "electronics/mice"
