import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.ranking.contracts import (
    Candidates,
    Diversity,
    Float32,
    Ranking,
    RankingInputInvalid,
    Rule,
)
from apps.ranking.domain.pipeline import rank
from apps.ranking.domain.unfound import candidates_unfound
from apps.ranking.domain.variety import Variety
from apps.ranking_weights.contracts import ResolvedWeights

SCORE_ALONE = ResolvedWeights((("search_score", 1.0),), "default", "", 0)


def ranked(scores: list[float], **more: object) -> Ranking:
    rows = np.arange(len(scores), dtype=np.int32)
    given_candidates: Candidates = candidates_unfound(rows, np.array(scores, dtype=np.float32))
    return rank(
        candidates=given_candidates,
        features={},
        weights=SCORE_ALONE,
        tie_break=rows.astype(np.int64),
        **more,  # type: ignore[arg-type]  # named as the pipeline takes them
    )


def alike(kinds: list[int]) -> object:
    def likeness(candidate: int) -> Float32:
        return np.array([kind == kinds[candidate] for kind in kinds], dtype=np.float32)

    return likeness


def variety(
    kinds: list[int], share: float, window: int, apart: list[float] | None = None
) -> Variety:
    none = np.zeros(len(kinds)) if apart is None else np.array(apart)
    return Variety(share, alike(kinds), window, none)  # type: ignore[arg-type]  # as declared


def test_like_products_do_not_stand_side_by_side() -> None:
    found = ranked([1.0, 0.9, 0.8, 0.5], variety=variety([0, 0, 1, 0], 0.5, 3))
    assert found.order.tolist() == [0, 2, 1, 3]
    (step,) = found.steps[2]
    assert (step.kind, step.rule, step.from_rank, step.to_rank) == ("diversity", "variety", 3, 2)
    assert 0 not in found.steps


def test_relevance_alone_leaves_the_order() -> None:
    found = ranked([1.0, 0.9, 0.8], variety=variety([0, 0, 1], 1.0, 3))
    assert found.order.tolist() == [0, 1, 2]
    assert not found.steps


def test_pinned_hits_stay_and_count() -> None:
    pin = Rule("p", "pin", np.array([3], dtype=np.int32), position=1)
    found = ranked([1.0, 0.9, 0.8, 0.1], rules=[pin], variety=variety([0, 1, 1, 0], 0.4, 4))
    assert found.order.tolist()[:2] == [3, 1]
    assert found.pinned == {3: 1}


def test_what_is_apart_is_not_mixed() -> None:
    found = ranked(
        [3.0, 2.9, 1.0, 0.9], variety=variety([0, 0, 1, 1], 0.1, 4, [2.0, 2.0, 0.0, 0.0])
    )
    assert set(found.order.tolist()[:2]) == {0, 1}


def test_all_scores_of_nothing() -> None:
    found = ranked([0.0, 0.0, 0.0], variety=variety([0, 0, 1], 0.5, 3))
    assert found.order.tolist() == [0, 2, 1]


def test_several_limits_hold_together() -> None:
    brands = Diversity(np.array([0, 0, 1, 1, 2], dtype=np.int32), 1, 3, "brand")
    kinds = Diversity(np.array([0, 1, 0, 1, -1], dtype=np.int32), 1, 3, "category")
    found = ranked([1.0, 0.9, 0.8, 0.7, 0.1], diversity=[brands, kinds])
    assert found.order.tolist() == [0, 3, 4, 1, 2]
    (step,) = found.steps[1]
    assert step.rule == "brand and category"
    assert step.detail == "at most 1 of one brand, at most 1 of one category in the first 3"


def test_limits_never_shorten_a_list_and_pins_take_their_room() -> None:
    pin = Rule("p", "pin", np.array([2], dtype=np.int32), position=1)
    one = Diversity(np.array([0, 1, 0], dtype=np.int32), 1, 2, "brand")
    two = Diversity(np.array([0, 0, 0], dtype=np.int32), 3, 2, "category")
    found = ranked([1.0, 0.9, 0.1], rules=[pin], diversity=[one, two])
    assert found.order.tolist() == [2, 1, 0]
    everything = ranked([1.0, 0.9], diversity=[
        Diversity(np.array([0, 0], dtype=np.int32), 1, 2, "brand"),
        Diversity(np.array([0, 0], dtype=np.int32), 1, 2, "category"),
    ])  # fmt: skip
    assert everything.order.tolist() == [0, 1]


@pytest.mark.parametrize(("share", "window"), [(-0.1, 3), (1.1, 3), (0.5, 0)])
def test_impossible_variety_is_refused(share: float, window: int) -> None:
    with pytest.raises(RankingInputInvalid):
        variety([0], share, window)


@given(
    scores=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=12),
    share=st.floats(0, 1),
    window=st.integers(1, 15),
)
def test_nobody_is_lost_and_the_best_stays_first(
    scores: list[float], share: float, window: int
) -> None:
    kinds = [at % 3 for at in range(len(scores))]
    plain = ranked(scores)
    found = ranked(scores, variety=variety(kinds, share, window))
    assert sorted(found.order.tolist()) == list(range(len(scores)))
    assert found.scores[found.order[0]] == plain.scores[plain.order[0]] or share == 0.0
    assert found.order.tolist()[window:] == [
        one for one in plain.order.tolist() if one in found.order.tolist()[window:]
    ]
