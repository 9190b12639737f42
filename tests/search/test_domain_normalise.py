import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.search.domain.lexical.analysis import fold
from apps.search.domain.normalise import (
    normalise,
    part_number_spans,
    part_number_windows,
    pieces,
    words,
)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("  Wireless   MOUSE ", "wireless mouse"),
        ("\uff35\uff33\uff22 hub", "usb hub"),
        ("a\x00b\u200bc", "a b c"),
        ("caf\u00e9", "caf\u00e9"),
        ("", ""),
    ],
)
def test_normal_form(typed: str, normal: str) -> None:
    assert normalise(typed) == normal


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert "\x00" not in once
    assert once == once.strip()


def test_words_and_pieces() -> None:
    assert words("usb-c & hub - 3.0") == ("usb-c", "hub", "3.0")
    assert pieces("usb-c") == ("usb", "c")


def test_fold_takes_accents_off() -> None:
    assert fold("Éclair") == "eclair"
    assert fold("Mouse") == "mouse"


@pytest.mark.parametrize("typed", ["dv7-1211ea", "dv7 1211ea", "dv7 1211 ea", "d v7.1211/ea"])
def test_a_part_number_is_found_however_it_is_separated(typed: str) -> None:
    assert "dv71211ea" in part_number_windows(words(normalise(typed)))


def test_windows_have_a_digit_and_four_to_forty_characters() -> None:
    query = ("abc", "de", "1", "f" * 39)
    found = part_number_windows(query)
    assert "abcde1" in found
    assert "abc" not in found
    assert "abcde" not in found
    assert all(4 <= len(each) <= 40 and any(c.isdigit() for c in each) for each in found)


def test_windows_are_at_most_six_words() -> None:
    assert "a1b2c3d" not in part_number_windows(tuple("a1b2c3d"))
    assert "a1b2c3" in part_number_windows(tuple("a1b2c3d"))


def test_a_span_says_which_words_it_joins() -> None:
    assert ("dv71211", 1, 3) in list(part_number_spans(("hp", "dv7", "1211", "ea")))
