"""What a shopper looked at and has not bought."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.string_table import StringTable
from apps.recommendations.contracts import History, Int32, Shopper
from apps.recommendations.domain.revisits import HALF_LIFE_DAYS, revisits_of, scores_at
from apps.recommendations.selectors.affinity import user_product_affinity
from apps.recommendations.selectors.revisits import revisit_scores
from tests.recommendations.affinity_stage import snapshot_of

NOW, DAY = 1_800_000_000.0, 86_400.0


def history(*lines: tuple[float, float, bool]) -> History:
    """Weight, days ago, whether it was bought."""
    weights, days, bought = zip(*lines, strict=True)
    return History(
        tuple(f"p{number}" for number in range(len(lines))),
        np.array(weights, dtype=np.float32),
        NOW - DAY * np.array(days),
        np.array(bought, dtype=np.bool_),
    )


def test_a_cart_says_twice_what_a_look_says_and_days_add_up() -> None:
    scores = revisits_of(history((1, 0, False), (2, 0, False), (3, 0, False)), NOW)
    assert scores.tolist() == pytest.approx([0.5, 1.0, 1.0])


def test_it_is_halved_with_every_half_life_and_a_clock_that_is_ahead_is_now() -> None:
    days = (-1.0, HALF_LIFE_DAYS, 3 * HALF_LIFE_DAYS)
    scores = revisits_of(history(*((2, each, False) for each in days)), NOW)
    assert scores.tolist() == pytest.approx([1.0, 0.5, 0.125])


def test_what_was_bought_is_not_looked_for_again() -> None:
    assert revisits_of(history((5, 0, True), (1, 0, False)), NOW).tolist() == [0.0, 0.5]


@given(
    st.lists(st.integers(-1, 30), max_size=40),
    st.lists(st.integers(0, 30), min_size=1, max_size=20, unique=True),
)
def test_every_candidate_gets_its_own_score(rows: list[int], seen: list[int]) -> None:
    scores = np.arange(1, len(seen) + 1, dtype=np.float32)
    found = scores_at(_int32(rows), _int32(seen), scores)
    wanted = dict(zip(seen, scores.tolist(), strict=True))
    assert found.tolist() == [wanted.get(row, 0.0) for row in rows]


def test_products_that_are_gone_are_nobodys() -> None:
    scores = scores_at(_int32([0, 1, 2]), _int32([-1, 2, -1]), np.array([0.9, 0.5, 0.8]))
    assert scores.tolist() == [0.0, 0.0, 0.5]


@pytest.mark.django_db
def test_what_the_affinity_looked_up_is_not_looked_up_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    snapshot, rows = snapshot_of(300), np.arange(300, dtype=np.int32)
    long = Shopper(history=history(*[(1, 0.001 * at, False) for at in range(250)]))
    assert user_product_affinity(long, snapshot, rows, NOW) is not None
    monkeypatch.setattr(StringTable, "row_of", lambda *_asked: pytest.fail("looked up again"))
    scores = revisit_scores(long, snapshot, rows, NOW)
    assert scores is not None
    # Products are p1 to p300, and p0 is none: of 250 lines, however many, all the others count.
    assert np.flatnonzero(scores).tolist() == list(range(249))


@pytest.mark.django_db
def test_who_saw_none_of_the_candidates_or_long_ago_is_not_followed() -> None:
    snapshot, rows = snapshot_of(9), _int32([6, 7])
    for seen in (history((1, 0, False)), history(*[(1, 150, False)] * 9), History.empty()):
        assert revisit_scores(Shopper(history=seen), snapshot, rows, NOW) is None


def _int32(values: list[int]) -> Int32:
    return np.array(values, dtype=np.int32)
