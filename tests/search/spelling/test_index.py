import random
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from symspellpy import SymSpell, Verbosity

from apps.search.domain.spelling.deletes import (
    PREFIX,
    correctable,
    distance_allowed,
    form_hashes,
    spelling_build,
)
from apps.search.domain.spelling.distances import distance, distances
from apps.search.domain.spelling.index import Suggestion
from tests.search.spelling.words import COUNTS, alignment_distance, edited, index_of

# Few letters, so that words are near each other.
_near = st.text("abcd", min_size=1, max_size=12)
_words = st.dictionaries(_near, st.integers(0, 50), max_size=40)


def _expected(typed: str, counts: dict[str, int]) -> set[Suggestion]:
    within = distance_allowed(len(typed))
    if not within:
        return set()
    near = ((word, alignment_distance(typed, word)) for word in counts)
    return {
        Suggestion(word, edits, counts[word])
        for word, edits in near
        if edits <= within and counts[word] and len(word) >= 3
    }


@given(_words, _near)
def test_exactly_the_words_within_reach_are_suggested(counts: dict[str, int], typed: str) -> None:
    found = index_of(counts).suggest(typed, 1000)
    assert set(found) == _expected(typed, counts)
    assert len(found) == len(set(found))
    order = [(each.distance, -each.count) for each in found]
    assert order == sorted(order)


@given(st.sampled_from([word for word in COUNTS if len(word) >= PREFIX]), st.integers(0, 10**6))
def test_every_single_edit_of_a_long_word_finds_it(word: str, seed: int) -> None:
    typed = edited(word, random.Random(seed))
    assert word in {each.word for each in index_of(COUNTS).suggest(typed)}


def test_distances_and_counts_are_those_of_symspellpy() -> None:
    chance = random.Random(4)
    words = {"".join(chance.choices("aeinrst", k=chance.randint(3, 11))) for _ in range(800)}
    counts = {word: chance.randint(1, 99) for word in words}
    ours, theirs = index_of(counts), SymSpell(2, PREFIX)
    for word, count in counts.items():
        theirs.create_dictionary_entry(word, count)
    for word in sorted(words)[:200]:
        typed = edited(edited(word, chance), chance)
        within = distance_allowed(len(typed))
        if within:
            expected = {
                Suggestion(each.term, each.distance, each.count)
                for each in theirs.lookup(typed, Verbosity.ALL, within)
            }
            assert set(ours.suggest(typed, 1000)) == expected


@pytest.mark.parametrize("typed", ["", "hub", "ps4", "usb-c", "a" * 33, "dv71211ea"])
def test_short_long_and_numbered_words_are_not_looked_at(typed: str) -> None:
    assert index_of(COUNTS).suggest(typed) == ()


def test_nothing_near_is_nothing() -> None:
    assert index_of(COUNTS).suggest("zzzzqqqq") == ()
    assert index_of({}).suggest("wireless") == ()


def test_at_most_so_many() -> None:
    counts = {f"mous{letter}": 1 for letter in string.ascii_lowercase}
    assert len(index_of(counts).suggest("mousé", 5)) == 5


def test_only_words_of_letters_that_something_holds_are_kept() -> None:
    words = ["ab", "gone", "mouse", "ps4", "\U00020000" * 4]
    arrays = spelling_build(words, np.array([5, 0, 1, 3, 2], dtype=np.int32))
    assert arrays["ids"].tolist() == [2]
    assert bytes(arrays["letters"].astype(np.uint8)) == b"mouse"
    assert (np.diff(arrays["hashes"].astype(np.float64)) > 0).all()


def test_other_alphabets_are_words_too() -> None:
    found = index_of({"клавиатура": 3, "мышь": 2}).suggest("клавиатра")
    assert [(each.word, each.distance) for each in found] == [("клавиатура", 1)]


def test_a_typed_word_has_the_forms_that_the_index_has() -> None:
    counts = np.ones(1, dtype=np.int32)
    assert set(form_hashes("mouse").tolist()) == set(
        spelling_build(["mouse"], counts)["hashes"].tolist()
    )


def test_which_words_are_looked_at() -> None:
    assert correctable("mouse")
    assert not correctable("ps4")
    assert [distance_allowed(letters) for letters in (3, 4, 6, 7)] == [0, 1, 1, 2]


@given(_near, st.lists(_near, min_size=1, max_size=8))
def test_distances_are_those_of_the_definition(word: str, others: list[str]) -> None:
    lengths = np.array([len(each) for each in others])
    letters = np.zeros((len(others), lengths.max()), dtype=np.uint16)
    for row, each in enumerate(others):
        letters[row, : len(each)] = [ord(letter) for letter in each]
    expected = [alignment_distance(word, each) for each in others]
    assert distances(word, letters, lengths).tolist() == expected
    assert [distance(word, each) for each in others] == expected


@pytest.mark.parametrize("word", ["", "a" * 33])
def test_a_word_that_the_bits_cannot_hold_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="1 to 32"):
        distances(word, np.zeros((1, 1), np.uint16), np.ones(1, np.int64))
