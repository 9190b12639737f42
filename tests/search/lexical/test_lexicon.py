"""The vocabulary, and the lexicon's own figures."""

from dataclasses import replace

import pytest

from apps.search.domain.lexical.building import index_build
from apps.search.domain.lexical.lexicon import Lexicon, lexicon_follow
from apps.search.domain.lexical.vocabulary import Vocabulary
from tests.search.lexical.products import ENGLISH, lexicon_of, product

LEXICON = lexicon_of(
    product(1, "Acme USB-C hub"),
    product(2, "Acme USB hub"),
    product(3, "Hubs and cables"),
    product(4, "Laptop"),
)


def test_words_of_the_base() -> None:
    vocabulary: Vocabulary = LEXICON
    assert vocabulary.products == 4
    assert vocabulary.knows("usbc")
    assert not vocabulary.knows("zeppelin")
    assert vocabulary.knows("and")
    assert (vocabulary.count("hub"), vocabulary.count("hubs"), vocabulary.count("and")) == (
        2,
        1,
        0,
    )
    assert vocabulary.document_frequency("hubs") == 3
    assert vocabulary.document_frequency("and") == 4
    assert vocabulary.pair_count("usb", "hub") == 1
    assert vocabulary.pair_count("hub", "usb") == 0
    assert vocabulary.pair_count("hub", "zeppelin") == 0
    assert vocabulary.informativeness("and") == 0.0
    assert vocabulary.informativeness("zeppelin") > vocabulary.informativeness("laptop")
    assert vocabulary.informativeness("laptop") > vocabulary.informativeness("hub") > 0


def test_words_that_begin_so() -> None:
    assert LEXICON.starting_with("hu", 5) == (("hub", 2), ("hubs", 1))
    assert LEXICON.starting_with("hu", 1) == (("hub", 2),)
    assert LEXICON.starting_with("zz", 5) == ()


def test_words_of_a_delta() -> None:
    after = lexicon_follow(
        LEXICON, [product(9, "Zeppelin hub"), product(2, "Zeppelins")], [4], horizon=5
    )
    assert (after.horizon, after.products, after.changed) == (5, 4, 2)
    assert after.knows("zeppelin")
    assert after.count("hub") == 3
    assert after.pair_count("zeppelin", "hub") == 1
    assert after.document_frequency("zeppelin") == 2
    assert after.starting_with("zep", 5) == (("zeppelin", 1), ("zeppelins", 1))
    assert after.stem_text(after.stem_id("zeppelin")) == "zeppelin"
    assert after.stem_text(after.stem_id("hub")) == "hub"
    assert after.stem_frequency(-1) == 0
    assert LEXICON.changed == 0


def test_nothing_changed_moves_only_the_horizon() -> None:
    after = lexicon_follow(LEXICON, [], [], horizon=9)
    assert after.segments == LEXICON.segments
    assert after.horizon == 9


def test_deltas_of_a_size_become_one() -> None:
    after = LEXICON
    for pk in range(10, 42):
        after = lexicon_follow(
            after, [product(pk, f"thing {pk}", part=f"PN-{pk}00")], [], horizon=pk
        )
    assert len(after.deltas) <= 6
    assert after.products == 36
    gone = lexicon_follow(after, [], range(10, 42), horizon=99)
    assert gone.products == 4
    last = lexicon_follow(gone, [product(50, "again", part="PN-1000")], [], horizon=100)
    assert last.products == 5
    assert sum(map(len, last.deltas)) < 40


def test_part_numbers_of_products_that_went_are_gone() -> None:
    after = lexicon_follow(
        LEXICON,
        [product(9, "one", part="PN-900"), product(10, "two", part="PN-1000")],
        [],
        horizon=5,
    )
    after = lexicon_follow(after, [product(9, "one"), product(11, "three")], [], horizon=6)
    (delta,) = after.deltas
    assert [delta.part_keys.get(row) for row in range(len(delta.part_keys))] == ["pn1000"]
    assert delta.pks[delta.part_docs].tolist() == [10]


def test_deltas_that_are_all_gone_vanish() -> None:
    after = lexicon_follow(LEXICON, [product(9, "one")], [], horizon=5)
    after = lexicon_follow(after, [], [9], horizon=6)
    after = lexicon_follow(after, [product(10, "two")], [], horizon=7)
    assert [segment.pks.tolist() for segment in after.deltas] == [[10]]


def test_what_is_looked_up_is_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.search.domain.lexical.lookup._REMEMBERED", 2)
    lexicon = Lexicon.of(LEXICON.base, ENGLISH)
    assert [lexicon.count(word) for word in ("hub", "usb", "acme", "hub")] == [2, 2, 2, 2]


def test_what_is_read_again_is_not_taken_again() -> None:
    written = replace(product(9, "Zeppelin"), version=70)
    after = lexicon_follow(LEXICON, [written], [], horizon=60)
    again = lexicon_follow(after, [written], [], horizon=65)
    assert again.deltas is after.deltas
    assert again.count("zeppelin") == 1
    assert again.recent == {9: 70}
    newer = lexicon_follow(again, [replace(written, version=80)], [], horizon=90)
    assert newer.products == after.products
    assert newer.recent == {}
    base = Lexicon.of(index_build([written], ENGLISH, horizon=65), ENGLISH)
    assert lexicon_follow(base, [written], [], horizon=65).deltas == ()
