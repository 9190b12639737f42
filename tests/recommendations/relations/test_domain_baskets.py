"""Refunds cancel, orders and pauses divide, large baskets are left out."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from apps.recommendations.contracts_relations import Basket, Line
from apps.recommendations.domain.baskets import baskets_of, baskets_pack, lines_kept

PAUSE = 1800.0


def line(
    pk: int,
    at: float = 0.0,
    *,
    unit: str = "u:1",
    pieces: int = 1,
    order: str = "",
    session: str = "s",
    returned: bool = False,
) -> Line:
    return Line(unit, at, pk, pieces, order, session, returned)


def back(pk: int, at: float, *, pieces: int = 1, order: str = "") -> Line:
    return line(pk, at, pieces=pieces, order=order, returned=True)


def test_a_refund_takes_the_newest_purchase_before_it() -> None:
    lines = [line(1, 0.0), line(1, 10.0), back(1, 20.0), line(1, 30.0)]
    assert [each.at for each in lines_kept(lines)] == [0.0, 30.0]


def test_a_purchase_counts_while_a_piece_of_it_stays() -> None:
    lines = [line(1, 0.0, pieces=3), back(1, 5.0, pieces=2)]
    assert lines_kept(lines) == [lines[0]]
    assert lines_kept([*lines, back(1, 6.0)]) == []


def test_a_refund_that_names_an_order_takes_that_order() -> None:
    lines = [line(1, 0.0, order="A"), line(1, 10.0, order="B"), back(1, 20.0, order="A")]
    assert [each.order for each in lines_kept(lines)] == ["B"]


def test_a_refund_of_an_order_that_no_purchase_names_takes_the_newest() -> None:
    lines = [line(1, 0.0), line(1, 10.0), back(1, 20.0, order="R-7")]
    assert [each.at for each in lines_kept(lines)] == [0.0]


def test_a_refund_without_an_order_finds_purchases_with_one() -> None:
    lines = [line(1, 0.0, order="A"), line(2, 0.0, order="A"), back(1, 20.0)]
    assert [each.pk for each in lines_kept(lines)] == [2]


def test_refunds_of_what_was_bought_before_the_window_take_nothing() -> None:
    lines = [back(1, 0.0), line(1, 10.0), line(2, 10.0)]
    assert lines_kept(lines) == lines[1:]


def test_an_order_is_one_basket_however_long_it_takes() -> None:
    lines = [line(2, 0.0, order="A"), line(9, 10.0, order="B"), line(1, 9_000.0, order="A")]
    assert sorted(baskets_of(lines, pause_s=PAUSE)) == [Basket(0.0, (1, 2)), Basket(10.0, (9,))]


def test_a_visit_is_divided_by_pauses() -> None:
    lines = [line(1, 0.0), line(2, 1800.0), line(3, 3601.0), line(3, 3602.0)]
    assert [*baskets_of(lines, pause_s=PAUSE)] == [Basket(0.0, (1, 2)), Basket(3601.0, (3,))]


def test_two_visits_at_a_time_are_two_baskets() -> None:
    lines = [line(1, 0.0, session="a"), line(2, 1.0, session="b")]
    assert [each.pks for each in baskets_of(lines, pause_s=PAUSE)] == [(1,), (2,)]


def test_large_baskets_are_counted_and_left_out() -> None:
    lines = [line(pk, session="big") for pk in range(1, 6)] + [line(7, session="small")]
    packed = baskets_pack(lines, pause_s=PAUSE, largest=4, most_lines=100)
    assert (packed.too_large, len(packed), packed.pks.tolist()) == (1, 1, [7])
    assert not packed.sampled


def test_reading_ends_with_the_shopper_who_reaches_the_most_lines() -> None:
    lines = [line(pk, unit=f"u:{unit}") for unit in range(3) for pk in (1, 2)]
    packed = baskets_pack(lines, pause_s=PAUSE, largest=9, most_lines=3)
    assert (len(packed), packed.sampled) == (2, True)


def test_nothing_is_no_basket() -> None:
    packed = baskets_pack([], pause_s=PAUSE, largest=9, most_lines=9)
    assert (len(packed), packed.starts.tolist(), packed.codes.tolist()) == (0, [0], [])


LINES = st.lists(
    st.builds(
        line,
        st.integers(1, 3),
        st.floats(0, 9_999),
        pieces=st.integers(1, 3),
        order=st.sampled_from(["", "A", "B"]),
        returned=st.booleans(),
    ),
    max_size=12,
).map(lambda lines: sorted(lines, key=lambda each: each.at))


@given(LINES)
def test_refunds_take_no_more_than_they_say(lines: Sequence[Line]) -> None:
    kept = lines_kept(lines)
    bought = [each for each in lines if not each.returned]
    assert all(each in bought for each in kept)
    for pk in (1, 2, 3):
        gone = sum(each.pieces for each in bought if each.pk == pk) - sum(
            each.pieces for each in kept if each.pk == pk
        )
        assert gone <= sum(each.pieces for each in lines if each.returned and each.pk == pk)


@given(LINES)
def test_every_line_is_in_a_basket(lines: Sequence[Line]) -> None:
    bought = [each for each in lines if not each.returned]
    baskets = [*baskets_of(bought, pause_s=PAUSE)]
    assert {pk for basket in baskets for pk in basket.pks} == {each.pk for each in bought}
    packed = baskets_pack(bought, pause_s=PAUSE, largest=9, most_lines=99)
    at = packed.starts.tolist()
    assert [
        tuple(packed.pks[packed.codes[start:stop]].tolist()) for start, stop in pairwise(at)
    ] == [basket.pks for basket in baskets]
