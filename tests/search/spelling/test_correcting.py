import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.search.contracts_understanding import AlternativeKind, CorrectedWord, Correction
from apps.search.domain.spelling.compounds import Regrouped, best_split, joins_of
from apps.search.domain.spelling.confidence import LEAST_CONFIDENCE
from apps.search.domain.spelling.correcting import MOST_UNKNOWN, correction_of
from tests.search.spelling.words import COUNTS, STOP_WORDS, Shelf, edited, index_of

SHELF = Shelf()
INDEX = index_of(COUNTS)
_known = st.sampled_from([word for word in COUNTS if word.isalpha()])
_typed = st.builds(
    lambda word, seed: edited(word, random.Random(seed)), _known, st.integers(0, 10**6)
)
_queries = st.lists(_known | _typed | st.text("abcehs-1", max_size=9), max_size=5)


def _of(query: str, protected: frozenset[str] = frozenset()) -> Correction | None:
    return correction_of(tuple(query.split()), SHELF, INDEX, protected, SHELF.company)


def _corrected(query: str) -> str:
    found = _of(query)
    return found.corrected if found else query


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wireles", "wireless"),
        ("wireles mose", "wireless mouse"),
        ("headpones", "headphones"),
        ("blutooth speker", "bluetooth speaker"),
        ("keybord for lapto", "keyboard for laptop"),
        ("wirelessmouse", "wireless mouse"),
        ("usb-c chrager", "usb-c charger"),
        ("blutooth-speker", "bluetooth-speaker"),
        ("Blutóoth", "bluetooth"),
    ],
)
def test_what_was_meant(typed: str, meant: str) -> None:
    assert _corrected(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "wireless mouse",
        "keybords",
        "hubb1",
        "dv7-keybord1",
        "mic",
        "zzqqxx blorf",
        "with laptop",
        "wi-fi head-phones",
        "note book",
    ],
)
def test_what_stays(typed: str) -> None:
    known = Shelf({**COUNTS, "keybord": 1})
    assert correction_of(tuple(typed.split()), known, INDEX) is None


def test_a_protected_word_stays() -> None:
    assert _of("wireles", frozenset(("wireles",))) is None


def test_a_pair_that_is_one_word_of_ours_is_not_corrected_apart() -> None:
    shelf = Shelf({**COUNTS, "keybordmouse": 3})
    assert correction_of(("keybord", "mouse"), shelf, INDEX) is None


def test_the_change_is_told_word_by_word() -> None:
    found = _of("black wireles mose")
    assert found is not None
    assert (found.original, found.corrected) == ("black wireles mose", "black wireless mouse")
    assert [(each.word, each.replacement) for each in found.words] == [
        ("wireles", "wireless"),
        ("mose", "mouse"),
    ]
    assert all(LEAST_CONFIDENCE <= each.confidence <= 1 for each in found.words)


def test_without_company_the_more_usual_word_is_not_sure_enough() -> None:
    shelf = Shelf({**COUNTS, "mode": 190})
    apart = correction_of(("wireless", "mose"), shelf, INDEX)
    assert apart is None or isinstance(apart.words[0], CorrectedWord)
    found = correction_of(("wireless", "mose"), shelf, INDEX, frozenset(), shelf.company)
    assert found is not None
    assert found.corrected == "wireless mouse"


def test_a_neighbour_that_is_itself_misspelt_is_read_first() -> None:
    shelf = Shelf(COUNTS | {"mode": 100})
    assert correction_of(("mose",), shelf, index_of({**COUNTS, "mode": 100})) is None
    found = correction_of(
        ("mose", "wireles"), shelf, index_of({**COUNTS, "mode": 100}), frozenset(), shelf.company
    )
    assert found is not None
    assert found.corrected == "mouse wireless"


def test_a_query_of_unknown_words_is_about_something_else() -> None:
    words = ("wireles",) * (MOST_UNKNOWN + 1)
    assert correction_of(words, SHELF, INDEX) is None
    assert correction_of(words[1:], SHELF, INDEX) is not None


@given(_queries)
def test_correcting_twice_changes_nothing_more(words: list[str]) -> None:
    once = correction_of(words, SHELF, INDEX, STOP_WORDS, SHELF.company)
    if once is not None:
        again = correction_of(
            tuple(once.corrected.split()), SHELF, INDEX, STOP_WORDS, SHELF.company
        )
        assert again is None


@given(_queries)
def test_known_words_and_words_with_digits_never_change(words: list[str]) -> None:
    found = correction_of(words, SHELF, INDEX, STOP_WORDS, SHELF.company)
    for each in found.words if found else ():
        assert not SHELF.document_frequency(each.word)
        assert each.word.isalpha()
        assert all(SHELF.count(part) for part in each.replacement.split())
        assert each.confidence >= LEAST_CONFIDENCE


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("usbc hub", [(0, 1, "usb c", AlternativeKind.SPLIT)]),
        ("wifi router", [(0, 1, "wi fi", AlternativeKind.SPLIT)]),
        ("wi fi router", [(0, 2, "wifi", AlternativeKind.JOINED)]),
        ("head phones", [(0, 2, "headphones", AlternativeKind.JOINED)]),
        ("note book", [(0, 2, "notebook", AlternativeKind.JOINED)]),
        ("iphone11", [(0, 1, "iphone 11", AlternativeKind.SPLIT)]),
        ("black usb c", []),
        ("usb-c", []),
        ("laptop charger", []),
        ("wirelessmouse", [(0, 1, "wireless mouse", AlternativeKind.SPLIT)]),
        ("", []),
    ],
)
def test_other_spacing(typed: str, found: list[tuple[int, int, str, AlternativeKind]]) -> None:
    assert joins_of(typed.split(), SHELF) == tuple(Regrouped(*each) for each in found)


def test_protected_words_are_neither_split_nor_joined() -> None:
    assert joins_of(("wi", "fi", "usbc"), SHELF, frozenset(("fi", "usbc"))) == ()


def test_numbers_are_not_joined_and_a_rare_joined_word_is_not_meant() -> None:
    shelf = Shelf(
        {"11": 5, "64": 5, "1164": 9, "c": 4, "d": 4, "cd": 9, "car": 60, "pet": 70, "carpet": 2}
    )
    assert joins_of(("11", "64"), shelf) == ()
    assert joins_of(("c", "d"), shelf) == ()
    assert joins_of(("car", "pet"), shelf) == ()
    often = Shelf({**shelf.counts, "carpet": 61})
    assert [each.text for each in joins_of(("car", "pet"), often)] == ["carpet"]


def test_a_way_of_writing_that_is_very_rare_here_is_not_meant() -> None:
    shelf = Shelf({"mousepad": 4, "laserprinter": 1, "display": 900, "dis": 2}, {
        ("mouse", "pad"): 13, ("laser", "printer"): 6, ("dis", "play"): 1,
    })  # fmt: skip
    assert [each.text for each in joins_of(("mouse", "pad"), shelf)] == ["mousepad"]
    assert joins_of(("laser", "printer"), shelf) == ()
    assert joins_of(("display",), shelf) == ()


def test_a_plural_or_a_number_is_not_taken_off_a_word() -> None:
    shelf = Shelf({}, {("shirt", "s"): 9, ("dv7121", "1ea"): 9, ("u", "sb"): 9, ("us", "b"): 9})
    assert best_split("shirts", shelf) is None
    assert best_split("dv71211ea", shelf) is None
    assert best_split("usb", shelf) is None


def test_of_several_splits_the_most_usual_is_best() -> None:
    shelf = Shelf({}, {("note", "books"): 2, ("not", "ebooks"): 9})
    assert best_split("notebooks", shelf) == ("not", "ebooks")
