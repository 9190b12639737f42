"""Weights that planted shoppers have are found, and little evidence leaves the parent's."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.demo.domain.ranked_lists import truth_of
from apps.features.domain.examined.lists import Lists, unit_code
from apps.ranking_weights.contracts import DEFAULT_WEIGHTS, weights_validate
from apps.ranking_weights.domain.learning.hierarchy import (
    LEAST_CLICKS,
    SAME,
    Live,
    governed,
    held_back,
    rows_below,
    sets_learn,
    weights_apart,
    weights_mixed,
)
from apps.ranking_weights.domain.learning.values import Learned, LearningRefused, Reason
from tests.ranking_weights.learning.scene import CONFIG, known_curve, nothing_live, played

BRANCHES = ("electronics", "fashion", "books")


def by_subject(sets: tuple[Learned, ...]) -> dict[str, Learned]:
    return {each.subject: each for each in sets}


@pytest.fixture(scope="module")
def many() -> Lists:
    return played(dict.fromkeys(BRANCHES, 12_000), seed=7, swap_share=0.05)


def test_planted_weights_are_recovered_and_debiasing_is_why(many: Lists) -> None:
    live = nothing_live(*BRANCHES)
    known = by_subject(sets_learn(many, live, propensities=known_curve()).sets)
    naive = by_subject(sets_learn(many, live, propensities=known_curve(exponent=0.0)).sets)
    for branch in BRANCHES:
        truth = truth_of(branch, CONFIG)
        assert weights_apart(known[branch].weights, truth) < 0.12
        assert weights_apart(naive[branch].weights, truth) > 2 * weights_apart(
            known[branch].weights, truth
        )


def test_they_are_proposed_with_evidence_of_shoppers_that_were_held_back(many: Lists) -> None:
    learnt = sets_learn(many, nothing_live(*BRANCHES))
    found = by_subject(learnt.sets)
    assert list(found) == ["global", *sorted(BRANCHES)]
    best = found["electronics"]
    assert (best.reason, best.parent) == (None, "global")
    assert best.evidence is not None
    assert best.evidence.dcg_at_k.difference.low > 0.0
    assert best.evidence.clicks_at_k.proposed > best.evidence.clicks_at_k.current
    aside = held_back(many)
    assert best.evidence.searches == int((aside & rows_below(many, "electronics")).sum())
    assert not {*many.units[aside].tolist()} & {*many.units[~aside].tolist()}
    assert 0.25 < aside.mean() < 0.35
    assert learnt.unlearnt == ()


def test_the_evidence_for_planted_weights_is_what_planted_shoppers_do(many: Lists) -> None:
    """The estimate of the better ranking is right: play it, and count."""
    from apps.demo.domain.ranked_lists import RankedPlay, lists_play

    learnt = sets_learn(many, nothing_live(*BRANCHES), propensities=known_curve())
    best = by_subject(learnt.sets)["electronics"]
    assert best.evidence is not None
    rng = np.random.Generator(np.random.PCG64(99))
    # The same twenty hits in another order, so that only the order differs.
    means = []
    for weights in (DEFAULT_WEIGHTS, best.weights):
        play = RankedPlay({"electronics": 20_000}, weights, candidates=20, noise=0.0)
        means.append(lists_play(rng, play, CONFIG).clicks[:, :10].sum(axis=1).mean())
    estimated = best.evidence.clicks_at_k
    lift = estimated.proposed / estimated.current
    assert lift == pytest.approx(means[1] / means[0], abs=0.06)


def test_too_little_of_its_own_is_the_parents() -> None:
    lists = played({"electronics": 3_000, "electronics/audio": 8, "books": 20})
    found = by_subject(
        sets_learn(lists, nothing_live("electronics", "electronics/audio", "books")).sets
    )
    audio, parent = found["electronics/audio"], found["electronics"]
    assert audio.clicks < LEAST_CLICKS
    assert (audio.reason, audio.own_share) == (Reason.TOO_FEW_CLICKS, 0.0)
    assert audio.weights == pytest.approx(parent.weights)
    assert audio.parent == "electronics"
    assert found["books"].reason is Reason.TOO_FEW_CLICKS
    assert parent.searches > audio.searches


def test_shrinkage_is_stronger_the_less_there_is() -> None:
    lists = played({"electronics": 6_000, "books": 500}, seed=5)
    live = nothing_live("electronics", "books")
    shrunk = by_subject(sets_learn(lists, live, propensities=known_curve()).sets)
    alone = by_subject(sets_learn(lists, live, propensities=known_curve(), counts_as=0.0).sets)
    above = shrunk["global"].weights
    for subject in ("electronics", "books"):
        assert weights_apart(shrunk[subject].weights, above) < weights_apart(
            alone[subject].weights, above
        )
    assert shrunk["books"].own_share < shrunk["electronics"].own_share < 1.0
    assert alone["books"].own_share == 1.0


def test_a_child_that_is_like_its_parent_is_not_proposed() -> None:
    lists = played({"electronics": 2_000, "electronics/audio": 4_000})
    live = nothing_live("electronics", "electronics/audio")
    found = by_subject(sets_learn(lists, live, counts_as=1e9, propensities=known_curve()).sets)
    assert found["electronics/audio"].reason is Reason.SAME_AS_PARENT
    apart = weights_apart(found["electronics/audio"].weights, found["electronics"].weights)
    assert apart < SAME


def test_a_live_set_of_its_own_inherits_nothing_and_may_be_replaced() -> None:
    """Global ranks none of these lists: the category's own set is what is wrong."""
    lists = played({"electronics": 3_000})
    worse = {
        "search_score": 0.1,
        "cf_score": 0.8,
        "popularity_score": 0.05,
        "freshness_score": 0.05,
    }
    live = Live(frozenset({"electronics"}), {"global": DEFAULT_WEIGHTS, "electronics": worse})
    found = by_subject(sets_learn(lists, live, propensities=known_curve()).sets)
    assert weights_apart(found["electronics"].weights, found["global"].weights) < SAME
    assert found["electronics"].reason is None


def test_what_is_live_and_good_is_not_replaced() -> None:
    lists = played({"electronics": 3_000})
    truth = truth_of("electronics", CONFIG)
    live = Live(frozenset({"electronics"}), {"global": truth, "electronics": truth})
    found = by_subject(sets_learn(lists, live, propensities=known_curve()).sets)
    assert found["electronics"].reason is Reason.NOT_SHOWN_BETTER
    # No list is ranked by the global set: nothing can be said for another one.
    assert found["global"].reason is Reason.TOO_FEW_SHOPPERS


def test_nothing_is_learnt_from_nothing() -> None:
    few = played({"books": 20})
    with pytest.raises(LearningRefused) as refused:
        sets_learn(few, nothing_live("books"))
    assert refused.value.reason is Reason.TOO_FEW_CLICKS
    alike = played({"books": 2_000})
    flat = replace(alike, features=np.full_like(alike.features, 0.5))
    with pytest.raises(LearningRefused) as refused:
        sets_learn(flat, nothing_live("books"))
    assert refused.value.reason is Reason.NO_FEATURES


def test_a_feature_that_never_differs_keeps_its_weight() -> None:
    lists = played({"books": 3_000})
    features = lists.features.copy()
    features[..., 1] = 0.0
    learnt = sets_learn(replace(lists, features=features), nothing_live("books"))
    assert learnt.unlearnt == ("cf_score",)
    for each in learnt.sets:
        assert each.weights["cf_score"] == DEFAULT_WEIGHTS["cf_score"]
        weights_validate(each.weights)


def test_shoppers_who_want_the_opposite_of_every_feature_give_no_signal() -> None:
    lists = played({"electronics": 5_000})
    against = replace(lists, features=1.0 - lists.features)
    live, curve = nothing_live("electronics"), known_curve()
    found = by_subject(sets_learn(against, live, propensities=curve).sets)
    assert {each.reason for each in found.values()} == {Reason.NO_SIGNAL}
    assert found["global"].weights == DEFAULT_WEIGHTS


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1_000), searches=st.integers(150, 500))
def test_every_learnt_set_is_a_weight_set(seed: int, searches: int) -> None:
    lists = played({"fashion": searches, "fashion/shoes": searches // 3}, seed=seed)
    for each in sets_learn(lists, nothing_live("fashion", "fashion/shoes")).sets:
        assert weights_validate(each.weights) == pytest.approx(each.weights)
        assert 0.0 <= each.own_share <= 1.0


@given(
    strengths=st.lists(st.floats(0.0, 50.0), min_size=2, max_size=2),
    cf=st.floats(0.0, 1.0),
)
def test_mixing_keeps_the_simplex(strengths: list[float], cf: float) -> None:
    now = {"search_score": (1.0 - cf) / 2, "freshness_score": (1.0 - cf) / 2, "cf_score": cf}
    learnt = dict(zip(("search_score", "freshness_score"), strengths, strict=True))
    mixed = weights_mixed(learnt, now)
    if mixed is None:
        assert sum(strengths) == 0.0 or cf == 1.0
        return
    assert weights_validate(mixed)["cf_score"] == cf


def test_a_set_governs_what_no_nearer_set_does() -> None:
    lists = played({"a": 1, "a/b": 1, "a/b/c": 1, "": 1})
    published = frozenset({"a/b"})
    assert governed(lists, "a", published).tolist() == [True, False, False, False]
    assert governed(lists, "a/b", published).tolist() == [False, True, True, False]
    assert governed(lists, "global", published).tolist() == [True, False, False, True]
    assert governed(lists, "a/b/c", published).tolist() == [False, False, True, False]


def test_a_shopper_has_one_number_in_every_run() -> None:
    assert unit_code("mara") == unit_code("mara") != unit_code("tom")
    assert 0 <= unit_code("mara") < 2**63
