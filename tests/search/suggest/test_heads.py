"""What is typed is the noun; other readings; what is remembered and foreseen."""

import numpy as np
import pytest

from apps.search.domain.lexical.lexicon import Lexicon, lexicon_follow
from apps.search.domain.lexical.ranking import stems_numbered
from apps.search.domain.suggesting import meaning as reading
from apps.search.domain.suggesting import products as finding
from apps.search.domain.suggesting import vocabulary
from apps.search.domain.suggesting.completions import completions, completions_anywhere
from apps.search.domain.suggesting.heads import Heads, spans_named
from apps.search.domain.suggesting.meaning import groups_foresee
from apps.search.domain.suggesting.products import (
    Popularity,
    Remembered,
    StemGroup,
    Wanted,
    products_found,
)
from apps.search.domain.suggesting.typed import readings_of, typed_of
from apps.search.domain.suggesting.vocabulary import beginnings_of, words_beginning
from tests.search.lexical.products import ENGLISH, bound_by_pk, lexicon_of, product, texts

TITLES = (
    "Acme laptop bag",
    "Acme laptop",
    "Bolt laptop stand",
    "Bolt laptop 15 inch",
    "Corvid tower",
)


def _flat(size: int) -> Popularity:
    order = np.arange(size, dtype=np.int32)
    return Popularity(None, order, order)


def _group(lexicon: Lexicon, word: str) -> StemGroup:
    return StemGroup((lexicon.stem_id(ENGLISH.stem_of(word)),), (1.0,))


def _rows(lexicon: Lexicon, word: str, heads: Heads | None, most: int = 5) -> list[int]:
    wanted = Wanted((_group(lexicon, word),), (), heads)
    return [int(row) for row in products_found(bound_by_pk(lexicon), wanted, _flat(9), most)]


def _heads(lexicon: Lexicon, word: str, spans: tuple[tuple[int, int], ...] = ()) -> Heads:
    codes = np.array([-1, 3, 1, 3, 1, 1, 2, 2, 2], dtype=np.int32)
    return Heads(codes, spans, _group(lexicon, word).stems, stems_numbered(lexicon))


def test_the_thing_itself_comes_before_what_is_made_for_it() -> None:
    lexicon = lexicon_of(*texts(TITLES))
    assert set(_rows(lexicon, "laptop", _heads(lexicon, "laptop"), 2)) == {2, 4}
    assert _rows(lexicon, "tower", _heads(lexicon, "tower")) == [5]


def test_the_named_category_comes_first() -> None:
    lexicon = lexicon_of(*texts(TITLES))
    heads = _heads(lexicon, "laptop", ((3, 4),))
    assert set(_rows(lexicon, "laptop", heads, 2)) == {1, 3}


def test_changed_products_are_lifted_too() -> None:
    lexicon = lexicon_of(*texts(TITLES))
    followed = lexicon_follow(lexicon, [product(8, "Zorb laptop")], [2], horizon=2)
    assert set(_rows(followed, "laptop", _heads(followed, "laptop"), 2)) == {4, 8}


def test_names_of_categories() -> None:
    spans = {("laptop",): (1, 2), ("laptop", "bag"): (3, 4), ("bag",): (5, 9)}
    assert spans_named(spans, ("laptop",), ("bag", "bagel")) == ((3, 4),)
    assert spans_named(spans, ("camera",), ("bag", "bagel")) == ((5, 9),)
    assert spans_named(spans, (), ("nothing",)) == ()


def test_other_readings() -> None:
    typed = typed_of("cheap tv stand")
    assert typed is not None

    def expand(words: tuple[str, ...]) -> list[tuple[int, int, tuple[str, ...]]]:
        assert words == ("cheap", "tv", "stand")
        return [(0, 1, ()), (1, 2, ("television", "flat screen", "telly")), (2, 3, ())]

    found = [each.words for each in readings_of(typed, expand)]
    assert found == [("cheap", "television", "stand"), ("cheap", "flat", "screen", "stand")]


def test_words_out_of_sight() -> None:
    described = [product(at, f"Thing {at}", description="surround sound") for at in (1, 2)]
    lexicon = lexicon_of(*described, product(3, "Acme teapot"))
    beginnings = beginnings_of(lexicon.base)
    assert completions(lexicon, beginnings, (), ("surr",), 5) == []
    assert completions_anywhere(lexicon, beginnings, (), ("surr",), 5) == ["surround"]
    found = completions_anywhere(lexicon, beginnings, ("the", "surround"), ("so",), 5)
    assert found == ["the surround sound"]
    assert completions_anywhere(lexicon, beginnings, ("teapot",), ("so",), 5) == []
    # A word that stands there already is no end of it.
    assert completions_anywhere(lexicon, beginnings, ("surround",), ("surr",), 5) == []
    group = _group(lexicon, "surround")
    bound = bound_by_pk(lexicon)
    assert not len(products_found(bound, Wanted((group,)), _flat(5), 5))
    assert len(products_found(bound, Wanted((group,), anywhere=True), _flat(5), 5)) == 2


def test_remembered_groups_answer_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    lexicon, memory = lexicon_of(*texts(TITLES)), Remembered()
    wanted = Wanted((_group(lexicon, "laptop"), _group(lexicon, "acme")))

    def found() -> list[int]:
        rows = products_found(bound_by_pk(lexicon), wanted, _flat(9), 5, memory)
        return [int(row) for row in rows]

    first = found()
    assert sorted(first) == [1, 2]
    assert len(memory.groups) == 2
    assert found() == first
    monkeypatch.setattr(finding, "_MOST_REMEMBERED", 1)
    more = Wanted((_group(lexicon, "stand"),))
    assert len(products_found(bound_by_pk(lexicon), more, _flat(9), 5, memory)) == 1
    assert len(memory.groups) == 1
    assert found() == first


def test_usual_beginnings_are_foreseen(monkeypatch: pytest.MonkeyPatch) -> None:
    lexicon = lexicon_of(*texts(TITLES))
    beginnings = beginnings_of(lexicon.base)
    groups_foresee(lexicon, beginnings)
    known = beginnings.groups
    assert known.foreseen
    assert known.foreseen_documents == sum(len(each.docs) for each in known.foreseen.values())
    before = len(known.foreseen)
    groups_foresee(lexicon, beginnings)
    assert len(known.foreseen) == before
    group = next(iter(known.foreseen))
    assert known.of(lexicon.base.segment, group) is known.foreseen[group]
    monkeypatch.setattr(finding, "_MOST_REMEMBERED", 0)
    other = beginnings_of(lexicon.base)
    groups_foresee(lexicon, other)
    assert not other.groups.foreseen
    monkeypatch.setattr(reading, "_FORESEEN", 0)
    groups_foresee(lexicon, other)


def test_what_is_kept_of_beginnings_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    lexicon = lexicon_of(*texts(TITLES))
    beginnings = beginnings_of(lexicon.base)
    for name in ("_MOST_STARTING", "_MOST_TITLES", "_MOST_LASTS"):
        monkeypatch.setattr(vocabulary, name, 1)
    for _ in range(2):
        assert words_beginning(lexicon, beginnings, "lap", 4) == ("laptop",)
        assert words_beginning(lexicon, beginnings, "l", 4) == ("laptop",)
        assert words_beginning(lexicon, beginnings, "zz", 4) == ()
        assert len(completions(lexicon, beginnings, ("acme",), ("lap",), 5)) == 1
        assert len(completions(lexicon, beginnings, ("bolt",), ("lap",), 5)) >= 1
    typed = typed_of("lap")
    assert typed is not None
    for word in ("lap", "tow", "lap"):
        assert reading._read_last(lexicon, beginnings, word)[1].stems


def test_pairs_of_enough_neighbours_need_no_look() -> None:
    """Titles hold both words next to each other: counts of pairs say all."""
    words = ("bag", "bank", "base", "battery")
    lexicon = lexicon_of(*texts([f"laptop {word}" for word in words for _ in range(3)]))
    beginnings = beginnings_of(lexicon.base)
    found = completions(lexicon, beginnings, ("laptop",), ("ba",), 5)
    assert [(each.text, each.products) for each in found] == [
        (f"laptop {word}", 3) for word in words
    ]
    unknown = completions(lexicon, beginnings, ("nothing",), ("ba",), 5)
    assert unknown == []
