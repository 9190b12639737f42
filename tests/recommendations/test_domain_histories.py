"""Lines by product and day: joined without counting twice, added up to a history, kept."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.events.contracts import EventType
from apps.events.contracts_history import NEVER, DayLine, DayLines, day_lines
from apps.events.contracts_sessions import SessionEntry, SessionState
from apps.recommendations.contracts import History, Solved
from apps.recommendations.domain.histories import history_of, lines_joined, session_lines
from apps.recommendations.domain.kept_history import (
    KeptHistory,
    KeptUnreadable,
    kept_history_decode,
    kept_history_encode,
)

DAY = 86_400.0
NOW = 100 * DAY


def line(product_id: str, day: int, weight: float = 1.0, *, second: float = 0.0) -> DayLine:
    at = day * DAY + second
    return DayLine(product_id, day, weight, at, at if weight == 3.0 else NEVER)


lines_made = st.lists(
    st.builds(
        line,
        st.sampled_from("abc"),
        st.integers(90, 95),
        st.sampled_from([1.0, 2.0, 3.0]),
        second=st.integers(0, 5).map(float),
    ),
    max_size=12,
    unique_by=lambda each: (each.product_id, each.day),
)


def told(history: History) -> list[tuple[object, ...]]:
    assert history.bought_at is not None
    columns = (history.weights, history.at, history.bought, history.bought_at)
    return list(zip(history.product_ids, *[each.tolist() for each in columns], strict=True))


@given(lines_made, st.randoms(use_true_random=False))
def test_the_order_of_lines_is_irrelevant(made: list[DayLine], random: object) -> None:
    mixed = list(made)
    random.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis draws a random.Random
    assert told(history_of(day_lines(made))) == told(history_of(day_lines(mixed)))


@given(lines_made, lines_made)
def test_what_both_have_seen_counts_once(one: list[DayLine], other: list[DayLine]) -> None:
    stored, fresh = day_lines(one), day_lines(other)
    joined = lines_joined(stored, fresh)
    assert told(history_of(lines_joined(joined, fresh))) == told(history_of(joined))
    assert lines_joined(joined, stored) is joined, "nothing is new in it"
    assert told(history_of(joined)) == told(history_of(lines_joined(fresh, stored)))
    for product_id, weight, *_ in told(history_of(joined)):
        days = {
            each.day: max(
                other.weight
                for other in (*one, *other)
                if (other.product_id, other.day) == (product_id, each.day)
            )
            for each in (*one, *other)
            if each.product_id == product_id
        }
        assert weight == sum(days.values())


def test_a_history_is_newest_first_and_knows_what_was_bought_when() -> None:
    history = history_of(
        day_lines([line("a", 90, 3.0), line("b", 95, 1.0), line("a", 94, 1.0), line("c", 95, 2.0)])
    )
    assert history.product_ids == ("b", "c", "a")
    assert history.weights.tolist() == [1.0, 2.0, 4.0]
    assert history.bought.tolist() == [False, False, True]
    assert history.bought_since(89 * DAY).tolist() == [False, False, True]
    assert not history.bought_since(91 * DAY).any(), "it was looked at since, not bought"


def test_a_history_without_purchase_times_goes_by_its_lines() -> None:
    history = History(
        ("a", "b"), np.ones(2, dtype=np.float32), np.array([5.0, 1.0]), np.array([True, True])
    )
    assert history.bought_since(2.0).tolist() == [True, False]


def test_nothing_is_a_history_too() -> None:
    assert len(history_of(DayLines.empty())) == 0
    assert lines_joined(DayLines.empty(), DayLines.empty()).product_ids == ()


def test_a_visit_counts_by_day_and_not_what_comes_later() -> None:
    session = SessionState(
        "s",
        (
            SessionEntry(EventType.VIEW, NOW + 1, product_id="late"),
            SessionEntry(EventType.PURCHASE, NOW - 1, product_id="a"),
            SessionEntry(EventType.SEARCH, NOW - 2, query="lamp"),
            SessionEntry(EventType.REMOVE_FROM_CART, NOW - 3, product_id="b"),
            SessionEntry(EventType.VIEW, NOW - 4, product_id="a"),
            SessionEntry(EventType.VIEW, NOW - DAY - 1, product_id="a"),
        ),
    )
    found = session_lines(session, NOW)
    assert found.product_ids == ("a", "a")
    assert found.weights.tolist() == [3.0, 1.0]
    assert found.bought_at.tolist() == [NOW - 1, NEVER]
    assert len(session_lines(None, NOW)) == 0


@given(lines_made, st.booleans())
def test_what_is_kept_comes_back(made: list[DayLine], is_solved: bool) -> None:
    solved = Solved(4, np.array([0.5, -1.0], dtype=np.float32)) if is_solved else None
    kept = KeptHistory(day_lines(made), ("c1", "c2"), solved)
    read = kept_history_decode(kept_history_encode(kept))
    assert told(history_of(read.lines)) == told(history_of(kept.lines))
    assert read.clients == ("c1", "c2")
    assert (read.solved is None) == (solved is None)
    if read.solved is not None:
        assert read.solved.model == 4
        assert read.solved.factors.tolist() == [0.5, -1.0]


def test_what_another_release_kept_is_not_read() -> None:
    fields = msgspec.msgpack.decode(kept_history_encode(KeptHistory(day_lines([line("a", 90)]))))
    broken = [
        b"no msgpack",
        msgspec.msgpack.encode([2, *fields[1:]]),
        msgspec.msgpack.encode([*fields[:3], b"\0", *fields[4:]]),
        msgspec.msgpack.encode([*fields[:3], b"", *fields[4:]]),
    ]
    for packed in broken:
        with pytest.raises(KeptUnreadable):
            kept_history_decode(packed)
