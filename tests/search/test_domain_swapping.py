"""Two neighbours exchanged by chance: who, how often, and what is told of it."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.uuid7 import uuid7_at
from apps.ranking.contracts import HitRecord, SearchPart
from apps.ranking_weights.contracts import ResolvedWeights
from apps.search.contracts import Hit
from apps.search.domain.swapping import (
    MOST_SHARE,
    hits_swapped,
    place_ranked,
    record_swapped,
    share_capped,
    swap_drawn,
    swap_place,
)

UUIDS = st.uuids()
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def some_ids(count: int) -> list[UUID]:
    return [
        uuid7_at(NOW + timedelta(milliseconds=number), number.to_bytes(10, "big"))
        for number in range(count)
    ]


def record(position: int) -> HitRecord:
    weights = ResolvedWeights(
        source="global", subject="global", number=1, weights=(("search_score", 1.0),)
    )
    part = SearchPart(0.5, 1.0, None, position, None)
    return HitRecord(position, position, 0.5, part, {}, weights, {"search_score": 0.5}, ())


def hit(position: int, *, explained: bool = False) -> Hit:
    document: Any = f"product {position}"
    return Hit(position, 1.0 / position, document, {}, record(position) if explained else None)


@given(UUIDS, st.floats(min_value=0.0, max_value=1.0))
def test_the_same_answer_draws_the_same(query_id: UUID, share: float) -> None:
    assert swap_drawn(query_id, share) is swap_drawn(query_id, share)
    assert not swap_drawn(query_id, 0.0)
    assert swap_drawn(query_id, 1.0) is swap_drawn(query_id, MOST_SHARE)


@given(UUIDS, st.integers(min_value=0, max_value=100))
def test_both_of_a_pair_are_on_the_page(query_id: UUID, shown: int) -> None:
    place = swap_place(query_id, shown)
    assert place is None if shown < 2 else place is not None and 1 <= place < shown


def test_the_share_is_capped_and_what_is_no_share_is_none() -> None:
    assert [share_capped(share) for share in (-1.0, 0.0, 0.03, 0.05, 0.9, float("nan"))] == [
        0.0, 0.0, 0.03, 0.05, 0.05, 0.0,
    ]  # fmt: skip


def test_the_share_is_met_and_every_pair_is_as_likely() -> None:
    ids = some_ids(40_000)
    drawn = [query_id for query_id in ids if swap_drawn(query_id, 0.05)]
    # Four standard deviations of a binomial.
    assert abs(len(drawn) - 2_000) < 4 * (40_000 * 0.05 * 0.95) ** 0.5
    places = Counter(swap_place(query_id, 11) for query_id in ids)
    assert set(places) == set(range(1, 11))
    assert all(abs(count - 4_000) < 4 * 60 for count in places.values())
    # Whether an answer is drawn says nothing about the place.
    assert abs(sum(swap_place(one, 3) == 1 for one in drawn) / len(drawn) - 0.5) < 0.05


@given(st.integers(min_value=2, max_value=30), st.data())
def test_only_the_pair_moves_and_positions_go_on_counting(size: int, draws: st.DataObject) -> None:
    place = draws.draw(st.integers(min_value=1, max_value=size - 1))
    first = draws.draw(st.sampled_from([0, 20]))
    hits = tuple(hit(first + number) for number in range(1, size + 1))
    shown = hits_swapped(hits, place)
    assert [one.position for one in shown] == [one.position for one in hits]
    documents = [one.document for one in shown]
    documents[place - 1], documents[place] = documents[place], documents[place - 1]
    assert documents == [one.document for one in hits]
    assert shown[place - 1].score == hits[place].score


@pytest.mark.parametrize("place", [0, 3, 9])
def test_there_must_be_two(place: int) -> None:
    with pytest.raises(IndexError):
        hits_swapped(tuple(hit(number) for number in (1, 2, 3)), place)


def test_the_record_tells_the_exchange() -> None:
    shown = hits_swapped(tuple(hit(number, explained=True) for number in (1, 2, 3)), 2)
    untouched, upper, lower = (one.record for one in shown)
    assert untouched == record(1)
    assert upper is not None
    assert lower is not None
    (step,) = upper.steps
    assert (step.kind, step.from_rank, step.to_rank) == ("swap", 3, 2)
    assert (upper.position, lower.position, lower.steps[0].from_rank) == (2, 3, 2)
    assert "Position 2 with" in upper.reason
    assert "Swap 'neighbours' moved it from 3 to 2" in upper.reason
    assert sum(upper.contributions.values()) == upper.final_score


@given(st.integers(min_value=1, max_value=50), st.integers(min_value=1, max_value=49))
def test_back_to_the_ranking(position: int, swap: int) -> None:
    ranked = place_ranked(position, swap)
    assert place_ranked(ranked, swap) == position
    assert (ranked == position) is (position not in {swap, swap + 1})
    assert place_ranked(position, None) == position


def test_a_hit_that_did_not_move_keeps_its_record() -> None:
    kept = replace(record(4), reason="said")
    assert record_swapped(kept, 4) is kept
