"""A query's category by its candidates' votes, its words and its clicks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.search.contracts import DetectedCategory
from apps.search.domain.query_category import (
    ENOUGH,
    NAMED_SHARE,
    VOTE_CLICKS,
    Clicks,
    query_category,
)
from tests.search.test_domain_detection import TREE

HEADPHONES, SPEAKERS = "electronics/audio/headphones", "electronics/audio/speakers"


def category(
    codes: list[int],
    scores: list[float] | None = None,
    named: tuple[str, ...] = (),
    clicks: Clicks | None = None,
) -> DetectedCategory | None:
    given_scores = scores or [0.5] * len(codes)
    return query_category(
        codes=np.array(codes, np.int32),
        scores=np.array(given_scores, np.float32),
        tree=TREE,
        named=named,
        clicks=clicks,
    )


def test_equal_scores_vote_alike() -> None:
    found = category([3, 3, 3, 4, 5])
    assert found is not None
    assert found.path == HEADPHONES
    assert found.share == pytest.approx(0.6)
    assert category([3, 5, 0, 0]) is None
    assert category([]) is None


def test_the_best_hits_outvote_a_long_tail() -> None:
    tail = [5] * 40
    found = category([3, 3, *tail], [0.9, 0.88, *[0.4] * 40])
    assert found is not None
    assert found.path == HEADPHONES


def test_products_in_no_category_count_against_every_one() -> None:
    assert category([3, -1]) is None
    assert category([-1, -1]) is None


def test_what_the_query_names_takes_its_share() -> None:
    unnamed = category([3, 4])
    assert unnamed is not None
    assert unnamed.path == "electronics/audio"
    assert unnamed.share == pytest.approx(1.0)
    named = category([3, 4], named=(SPEAKERS,))
    assert named is not None
    assert named.path == SPEAKERS
    assert named.share == pytest.approx(0.5 * (1 - NAMED_SHARE) + NAMED_SHARE, abs=1e-6)


def test_of_several_named_the_one_with_candidates_gets_most() -> None:
    found = category([3, 3, 4], named=("home", HEADPHONES, HEADPHONES, "no/such"))
    assert found is not None
    assert found.path == HEADPHONES
    assert found.share > 2 / 3 * (1 - NAMED_SHARE) + NAMED_SHARE * 0.99


def test_clicks_win_over_candidates_in_time() -> None:
    for clicks, path in ((2.0, SPEAKERS), (5 * VOTE_CLICKS, HEADPHONES)):
        found = category([4, 4, 4], clicks={HEADPHONES: clicks, "no/such": 1000.0})
        assert found is not None
        assert found.path == path


def test_clicks_speak_where_nothing_was_found() -> None:
    found = category([], clicks={HEADPHONES: 40.0})
    assert found is not None
    assert found.path == HEADPHONES
    assert found.share == pytest.approx(40 / (40 + VOTE_CLICKS))
    assert category([], clicks={HEADPHONES: 1.0}) is None


def test_clicks_that_strayed_are_left_out() -> None:
    strays = {node.path: 1.0 for node in TREE.categories if node.path != HEADPHONES}
    found = category([], clicks={HEADPHONES: 20.0, **strays})
    assert found is not None
    assert found.path == HEADPHONES
    assert found.share == pytest.approx(20 / (20 + VOTE_CLICKS))


@given(
    st.lists(st.tuples(st.integers(-1, 5), st.floats(0, 1, width=32)), min_size=1, max_size=50),
    st.lists(st.sampled_from([node.path for node in TREE.categories]), max_size=3),
    st.dictionaries(st.sampled_from([node.path for node in TREE.categories]), st.floats(0, 100)),
)
def test_a_share_is_a_share_and_no_sibling_has_more(
    voters: list[tuple[int, float]], named: list[str], clicks: dict[str, float]
) -> None:
    found = category([c for c, _ in voters], [s for _, s in voters], tuple(named), clicks)
    if found is not None:
        assert ENOUGH <= found.share <= 1.0 + 1e-9
        reverse = voters[::-1]
        again = category([c for c, _ in reverse], [s for _, s in reverse], tuple(named), clicks)
        assert again is not None
        assert again.share == pytest.approx(found.share, abs=1e-6)
