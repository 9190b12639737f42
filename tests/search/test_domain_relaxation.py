import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from apps.search.contracts_understanding import Extraction, ExtractionUse
from apps.search.domain.lexical.querying import Choice, LexicalQuery, Part, TermGroup
from apps.search.domain.relaxation import Relaxation, Spoken, query_spoken, relaxation_of


def word(text: str, share: float, *, firm: bool = False, telling: bool = True) -> Spoken:
    return Spoken(text, share, firm, telling)


def held(*masks: int) -> NDArray[np.uint32]:
    return np.array(masks, dtype=np.uint32)


def spoken(*texts: str, extracted: tuple[Extraction, ...] = ()) -> tuple[Spoken, ...]:
    groups = tuple(TermGroup(text, (Choice((Part((text,)),)),)) for text in texts)
    shares = [1 / len(texts)] * len(texts)
    return query_spoken(LexicalQuery(groups), shares, extracted)


def test_the_word_that_says_least_goes_first() -> None:
    query = (word("cheap", 0.1), word("gaming", 0.3), word("laptop", 0.6))
    assert relaxation_of(query, held(0b110, 0b011)) == Relaxation(("cheap",), 0b110)


def test_what_stays_says_the_most() -> None:
    query = (word("laptop", 0.6), word("cheap", 0.1), word("gaming", 0.3))
    assert relaxation_of(query, held(0b001, 0b110)) == Relaxation(("cheap", "gaming"), 0b001)
    more = (word("usb", 0.3), word("hub", 0.3), word("acme", 0.1), word("trainers", 0.3))
    assert relaxation_of(more, held(0b1000, 0b0111, 0b1100)) == Relaxation(("trainers",), 0b0111)


def test_of_two_that_say_as_much_the_later_words_stay() -> None:
    query = (word("steel", 0.5), word("mug", 0.5))
    assert relaxation_of(query, held(0b01, 0b10, 0b01)) == Relaxation(("steel",), 0b10)


def test_what_no_product_holds_is_given_up() -> None:
    query = (word("zeppelin", 0.8), word("red", 0.05), word("shoes", 0.15))
    assert relaxation_of(query, held(0b110, 0b100)) == Relaxation(("zeppelin",), 0b110)


def test_part_numbers_and_certain_filters_outweigh_the_rest() -> None:
    query = (word("dv7-1211ea", 0.1, firm=True), word("laptop", 0.3), word("case", 0.6))
    assert relaxation_of(query, held(0b001, 0b010, 0b100)) == Relaxation(("laptop", "case"), 0b001)


def test_a_letter_or_a_short_number_never_stands_alone() -> None:
    query = (word("xyzzy", 0.5), word("15", 0.5, telling=False))
    assert relaxation_of(query, held(0b10)) is None
    query = (word("hp", 0.1), word("7", 0.9, telling=False))
    assert relaxation_of(query, held(0b10, 0b01)) == Relaxation(("7",), 0b01)
    assert relaxation_of(query, held()) is None


def test_pieces_of_words_written_as_one() -> None:
    query = (word("foo-laptop", 1.0),)
    assert relaxation_of(query, held(0)) == Relaxation(("foo-laptop",), 0)
    assert relaxation_of((word("x-7", 1.0, telling=False),), held(0)) is None


def test_words_of_a_query() -> None:
    named = Extraction("brand", "Acme", "acme inc", ExtractionUse.FILTER, "Acme")
    soft = Extraction("attr.color", "red", "red", ExtractionUse.BOOST, "red")
    found = spoken(
        "acme", "red", "dv7-1211ea", "00123456", "15", "hp", "x", extracted=(named, soft)
    )
    assert [each.firm for each in found] == [True, False, True, True, False, False, False]
    assert [each.telling for each in found] == [True, True, True, True, False, True, False]
    assert [each.text for each in spoken("4gb", "2000", "64gb ram")] == ["4gb", "2000", "64gb ram"]
    assert [each.firm for each in spoken("4gb", "2000", "64gb ram")] == [False, False, True]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.booleans()), min_size=1, max_size=8),
    st.lists(st.integers(0, 255), max_size=20),
)
def test_what_remains_is_what_some_product_holds(
    words: list[tuple[float, bool, bool]], masks: list[int]
) -> None:
    query = tuple(
        Spoken(f"w{place}", 0.01 + share / 10, firm, telling)
        for place, (share, firm, telling) in enumerate(words)
    )
    every = (1 << len(query)) - 1
    found = held(*(mask & every for mask in masks))
    answer = relaxation_of(query, found)
    if answer is None:
        return
    left = [each for place, each in enumerate(query) if answer.kept & (1 << place)]
    assert {each.text for each in left} | set(answer.dropped) == {each.text for each in query}
    if answer.kept:
        assert answer.kept in found.tolist()
        assert any(each.telling for each in left)
    if (found == every).any() and any(each.telling for each in query):
        assert answer.dropped == ()
