import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.ranking.contracts import Candidates
from apps.search.contracts import FusionMethod, KeywordMode, RankedList
from apps.search.domain.fusion import DEEPEST_RANK, Fusion, candidates_fuse
from apps.search.domain.keyword_list import KeywordMatches, keyword_list, keyword_mode, list_cut

lists_of = st.lists(st.integers(0, 60), unique=True, max_size=40)


def ranked(rows: list[int]) -> RankedList:
    scores = np.linspace(1.0, 0.2, len(rows), dtype=np.float32)
    return RankedList(np.array(rows, dtype=np.int32), scores)


def scores_by_row(candidates: Candidates) -> dict[int, float]:
    return dict(zip(candidates.rows.tolist(), candidates.search_score.tolist(), strict=True))


@given(lists_of, lists_of, st.sampled_from(FusionMethod))
def test_each_row_once_with_its_ranks_and_a_score_in_0_1(
    keyword: list[int], semantic: list[int], method: FusionMethod
) -> None:
    found = candidates_fuse(ranked(keyword), ranked(semantic), Fusion(method))
    assert sorted(found.rows.tolist()) == sorted(set(keyword) | set(semantic))
    assert found.rows[: len(keyword)].tolist() == keyword
    for place, row in enumerate(found.rows.tolist()):
        rank = keyword.index(row) + 1 if row in keyword else 0
        assert found.keyword_rank[place] == rank
        assert np.isnan(found.keyword_score[place]) == (rank == 0)
        rank = semantic.index(row) + 1 if row in semantic else 0
        assert found.semantic_rank[place] == rank
        assert np.isnan(found.semantic_score[place]) == (rank == 0)
    if len(found):
        assert found.search_score.min() >= 0.0
        assert found.search_score.max() <= 1.0 + 1e-6


@given(lists_of)
def test_one_list_alone_keeps_its_order(rows: list[int]) -> None:
    for method in FusionMethod:
        for found in (
            candidates_fuse(ranked(rows), RankedList.empty(), Fusion(method)),
            candidates_fuse(RankedList.empty(), ranked(rows), Fusion(method)),
        ):
            order = np.argsort(-found.search_score, kind="stable")
            assert found.rows[order].tolist() == rows
            assert not rows or found.search_score.max() == pytest.approx(1.0)


def test_reciprocal_rank_fusion_by_hand() -> None:
    # 61/(60 + rank) for a keyword rank, half of it for a semantic one, half the keyword score
    # over the best; all over the most attainable, 2.
    keyword = RankedList(np.array([7, 8], np.int32), np.array([1.5, 1.2], np.float32))
    found = scores_by_row(candidates_fuse(keyword, ranked([8, 9]), Fusion()))
    assert found[7] == pytest.approx((1 + 0.5) / 2)
    assert found[8] == pytest.approx((61 / 62 + 0.5 * 1.2 / 1.5 + 0.5) / 2)
    assert found[9] == pytest.approx((0.5 * 61 / 62) / 2)


def test_one_list_alone_is_measured_by_its_own_most() -> None:
    keyword = RankedList(np.array([1, 2], np.int32), np.array([1.5, 0.5], np.float32))
    found = scores_by_row(candidates_fuse(keyword, RankedList.empty(), Fusion()))
    assert found == pytest.approx({1: 1.0, 2: (61 / 62 + 0.5 * 0.5 / 1.5) / 1.5})
    found = scores_by_row(candidates_fuse(RankedList.empty(), ranked([3, 4]), Fusion()))
    assert found == pytest.approx({3: 1.0, 4: 61 / 62})


def test_the_order_beyond_the_deepest_rank_changes_no_score() -> None:
    generator = np.random.default_rng(1)
    rows = generator.permutation(DEEPEST_RANK + 500).astype(np.int32)
    scores = np.sort(generator.random(len(rows), dtype=np.float32))[::-1].copy()
    semantic = ranked(rows[-40:].tolist())
    whole = scores_by_row(candidates_fuse(RankedList(rows, scores), semantic, Fusion()))
    tail = DEEPEST_RANK - 1 + generator.permutation(len(rows) - DEEPEST_RANK + 1)
    order = np.concatenate([np.arange(DEEPEST_RANK - 1), tail])
    bounded = RankedList(rows[order], scores[order])
    assert scores_by_row(candidates_fuse(bounded, semantic, Fusion())) == whole


def test_weighted_and_max_by_hand() -> None:
    keyword = RankedList(np.array([1, 2], np.int32), np.array([2.0, 1.0], np.float32))
    semantic = RankedList(np.array([2, 3], np.int32), np.array([0.8, 0.4], np.float32))
    weighted = scores_by_row(
        candidates_fuse(keyword, semantic, Fusion(FusionMethod.WEIGHTED, keyword_weight=0.75))
    )
    assert weighted == pytest.approx({1: 0.75, 2: 0.375 + 0.25, 3: 0.125})
    best = scores_by_row(candidates_fuse(keyword, semantic, Fusion(FusionMethod.MAX)))
    assert best == pytest.approx({1: 1.0, 2: 1.0, 3: 0.5})


def matches(
    strict: dict[int, float], relaxed: dict[int, float] | None = None, parts: tuple[int, ...] = ()
) -> KeywordMatches:
    relaxed = relaxed or {}
    return KeywordMatches(
        np.array(list(strict), np.int32),
        np.array(list(strict.values()), np.float32),
        np.array(list(relaxed), np.int32),
        np.array(list(relaxed.values()), np.float32),
        np.array(parts, np.int32),
        "",
    )


def test_part_numbers_stand_before_all_terms_before_any_term() -> None:
    row_of_pk = np.arange(100, dtype=np.int32)
    found, firm = keyword_list(
        matches({5: 0.1, 6: 0.9}, {5: 3.0, 6: 3.0, 7: 9.0, 8: 9.0}, (9, 5)), row_of_pk
    )
    assert found.rows.tolist() == [5, 9, 6, 7, 8]
    assert firm == 3
    assert found.scores.tolist() == pytest.approx([2.0, 2.0, 1 + 0.9 / 1.9, 0.9, 0.9])


def test_equal_scores_stand_by_pk_and_unknown_products_are_left_out() -> None:
    row_of_pk = np.array([-1, 11, -1, 13, 12], dtype=np.int32)
    found, firm = keyword_list(matches({4: 0.5, 3: 0.5, 1: 0.7, 2: 0.9, 99: 0.9}), row_of_pk)
    assert found.rows.tolist() == [11, 13, 12]
    assert firm == 3


def test_nothing_found() -> None:
    found, firm = keyword_list(matches({}), np.zeros(0, np.int32))
    assert (len(found), firm) == (0, 0)


def test_modes() -> None:
    assert keyword_mode(0, 0) is KeywordMode.NONE
    assert keyword_mode(3, 3) is KeywordMode.ALL_TERMS
    assert keyword_mode(3, 9) is KeywordMode.RELAXED
    assert keyword_mode(0, 9) is KeywordMode.RELAXED


@pytest.mark.parametrize(
    ("floor", "relative", "expected"),
    [(0.0, 0.0, 5), (0.5, 0.0, 3), (0.0, 0.7, 2), (0.3, 0.5, 3), (0.9, 0.5, 1), (1.1, 0.0, 0)],
)
def test_a_list_ends_at_the_floor_or_far_below_its_best(
    floor: float, relative: float, expected: int
) -> None:
    found = list_cut(ranked([4, 2, 9, 1, 3]), floor, relative)
    assert found.rows.tolist() == [4, 2, 9, 1, 3][:expected]
    assert len(found.scores) == expected


def test_no_list_ends_at_once() -> None:
    assert len(list_cut(RankedList.empty(), 0.3, 0.7)) == 0
