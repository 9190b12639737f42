"""What was learnt, in one sentence and in four decimals."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.features.domain.examined.lists import Source
from apps.ranking_weights.contracts import weights_validate
from apps.ranking_weights.domain.learning.hierarchy import sets_learn
from apps.ranking_weights.domain.learning.told import (
    learned_document,
    learned_note,
    weights_rounded,
)
from tests.ranking_weights.learning.scene import nothing_live, played


@given(raw=st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4).filter(lambda raw: sum(raw) > 0))
def test_rounded_weights_are_a_weight_set(raw: list[float]) -> None:
    names = ("search_score", "cf_score", "popularity_score", "freshness_score")
    weights = {name: each / sum(raw) for name, each in zip(names, raw, strict=True)}
    rounded = weights_validate(weights_rounded(weights))
    assert rounded == pytest.approx(weights, abs=2e-4)
    assert all(each == round(each, 4) for each in rounded.values())


def test_the_sentence_names_sizes_intervals_and_where_propensities_are_from() -> None:
    standard = sets_learn(played({"books": 800}), nothing_live("books"))
    note = learned_note(standard.sets[0], standard)
    assert "places by what the lists themselves fit best, position^-0." in note
    curve = replace(standard.propensities, source=Source.STANDARD)
    by_standard = learned_note(standard.sets[0], replace(standard, propensities=curve))
    assert "places by the standard curve, about position^-" in by_standard
    assert "95 % " in note
    without = replace(standard.sets[0], evidence=None)
    assert "held-back" not in learned_note(without, standard)
    document = learned_document(without, standard.propensities, {"search_score": 1.0})
    assert (document["held_back"], document["current"]) == (None, {"search_score": 1.0})
    whole = learned_document(standard.sets[0], standard.propensities, {})
    assert isinstance(whole["held_back"], dict)
    assert whole["held_back"]["cut"] == 10
    swaps = replace(standard.propensities, source=Source.SWAPS, swaps=1_234)
    by_swaps = learned_note(standard.sets[0], replace(standard, propensities=swaps))
    assert "places by 1,234 exchanged lists, about position^-" in by_swaps
