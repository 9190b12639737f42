"""Verdicts in words, without a search."""

import pytest

from apps.explainability.contracts.explained import (
    FilteredBy,
    HiddenBy,
    KeywordLook,
    Obstacle,
    Rise,
    SemanticLook,
    WeightChange,
    Whereabouts,
)
from apps.explainability.domain import explain_words as words


@pytest.mark.parametrize("obstacle", [each for each in Obstacle if each])
def test_every_obstacle_has_words(obstacle: Obstacle) -> None:
    told = words.rise_words(Rise(3, 0.5, 0.125, obstacle=obstacle, ahead_always=7))
    assert told.startswith("To stand at rank 3 or before it lacks 0.1250 of the score")
    assert len(told) > 70
    assert ("7 hits" in told) == (obstacle is Obstacle.DOMINATED)


def test_a_change_upwards_and_one_downwards() -> None:
    up = WeightChange("freshness_score", 0.1, 0.25, 0.250001, (("freshness_score", 1.0),), 2)
    assert "from 0.1000 above 0.2500" in words.rise_words(Rise(2, 0.5, 0.1, (up,)))
    down = WeightChange("freshness_score", 0.4, 0.25, 0.249999, (("freshness_score", 1.0),), 2)
    assert "from 0.4000 below 0.2500" in words.rise_words(Rise(2, 0.5, 0.0, (down,)))
    assert words.rise_words(Rise(2, None, None)) == "To stand at rank 2 or before."
    assert words.outscored_words(9, 2, None) == "It was found, and stands at rank 9, on page 2."


def test_filters_say_who_set_them() -> None:
    told = words.filtered_words(
        (
            FilteredBy("brand", ("Acme",), "request"),
            FilteredBy("price", ("..30",), "query"),
            FilteredBy("rules", ("p-1",), "summer"),
        )
    )
    assert "the filter brand lets only Acme through" in told
    assert "the query names price ..30, which it is not" in told
    assert "rule 'summer' keeps only p-1" in told


def test_hidden() -> None:
    assert words.hidden_words(HiddenBy("summer", 4)) == (
        "Rule 'summer' hides it; without any rule it would stand at 4."
    )


def test_both_lists() -> None:
    keyword = KeywordLook(12, 40, 0.25, ("mouse",), ("wireless",))
    semantic = SemanticLook(80, 900, 0.25, 0.45, 100)
    told = words.not_retrieved_words(Whereabouts(keyword, semantic), by_relevance=False)
    assert "rank 12 of 40 that hold any; it lacks 'wireless'" in told
    assert "rank 80 of 900, similarity 0.250, under the floor of 0.450" in told
    assert "Sorted otherwise" in told
    nothing = words.not_retrieved_words(Whereabouts(None, None), by_relevance=True)
    assert nothing == "Neither its words nor its meaning bring it into this answer."
    assert words.keyword_words(KeywordLook(None, 0, None, (), ())) == (
        "By words: nothing is asked."
    )
    assert words.keyword_words(KeywordLook(1, 2, 0.5, ("a",), ())) == (
        "By words: rank 1 of 2 that hold any."
    )
    unseen = SemanticLook(None, 900, None, 0.45, 100)
    assert words.semantic_words(unseen) == (
        "By meaning: it is not among the 900 that were scanned."
    )
    assert "at or above" in words.semantic_words(SemanticLook(1, 9, 0.9, 0.45, 100))
