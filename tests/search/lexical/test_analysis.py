"""From text to words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.search.domain.lexical.analysis import MOST_CHARACTERS, fold, run_compounds, words_of
from apps.search.engines.stemming import LanguageUnknown, stemmer_of
from tests.search.lexical.products import ENGLISH

RUNS = [
    ("USB-C", [(("usb", "c"), "usbc")]),
    ('15.6"', [(("15.6", "inch"), "15.6inch")]),
    ("15,6\u201d", [(("15.6", "inch"), "15.6inch")]),
    ("15.6''", [(("15.6", "inch"), "15.6inch")]),
    ('(15.6")', [(("15.6", "inch"), "15.6inch")]),
    ("500GB", [(("500", "gb"), "500gb")]),
    ("1211ea", [(("1211ea",), "")]),
    ("DV7-1211EA", [(("dv7", "1211ea"), "dv71211ea")]),
    ("1920x1080", [(("1920", "x", "1080"), "1920x1080")]),
    ("2x4GB", [(("2", "x", "4", "gb"), "2x4gb")]),
    ("802.11ac", [(("802.11", "ac"), "802.11ac")]),
    ("USB-C/HDMI", [(("usb", "c"), "usbc"), (("hdmi",), "")]),
    ("men's", [(("men",), "")]),
    ("men\u2019s", [(("men",), "")]),
    ("L'Oréal", [(("l", "oreal"), "loreal")]),
    ("Straße", [(("strasse",), "")]),
    ("1,920", [(("1920",), "")]),
    ("1,2,3", [(("1", "2", "3"), "123")]),
    ("Wi-Fi", [(("wi", "fi"), "wifi")]),
    ("AT&T", [(("at", "t"), "att")]),
    ("\uff35\uff33\uff22", [(("usb",), "")]),
    ("---", []),
]


@pytest.mark.parametrize(("run", "expected"), RUNS)
def test_a_run_is_one_word_or_several(
    run: str, expected: list[tuple[tuple[str, ...], str]]
) -> None:
    assert [(each.words, each.joined) for each in run_compounds(run)] == expected


def test_words_in_order() -> None:
    assert words_of('Dell  USB-C hub, 15.6"') == ("dell", "usb", "c", "hub", "15.6", "inch")


def test_long_words_are_cut_and_long_chains_not_joined() -> None:
    (long,) = run_compounds("a" * 100)
    assert long.words == ("a" * MOST_CHARACTERS,)
    (chain,) = run_compounds("-".join(["word"] * 20))
    assert chain.joined == ""


@given(st.text(max_size=60))
def test_words_are_folded_and_never_empty(text: str) -> None:
    for word in words_of(text):
        assert len(word) > 0
        assert not word.isspace()
        assert fold(word) == word or not word.isascii()


@given(st.text(alphabet="abcdXYZ019-_./ '\"", max_size=40))
def test_case_makes_no_difference(text: str) -> None:
    assert words_of(text.upper()) == words_of(text.lower())


def test_stems() -> None:
    assert ENGLISH.stem_of("laptops") == "laptop"
    assert ENGLISH.stem_of("mx518s") == "mx518s"
    assert stemmer_of("german")("häuser") == stemmer_of("german")("haus")
    assert stemmer_of("simple")("laptops") == "laptops"
    with pytest.raises(LanguageUnknown):
        stemmer_of("klingon")
