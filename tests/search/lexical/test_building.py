"""One index, whatever the chunks it was built in, and wherever its arrays lie."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.string_table import TextBlob
from apps.search.domain.lexical.arrays import MOST_IMPACT, SEPARATOR, Field, LexicalIndex, Segment
from apps.search.domain.lexical.building import index_build
from apps.search.domain.lexical.documents import part_key
from apps.search.domain.lexical.impacts import FieldWeights
from apps.search.domain.lexical.merging import blob_strings, table_sorted
from apps.search.engines.lexicon_files import (
    DiskArena,
    LexiconUnreadable,
    lexicon_read,
    lexicon_write,
)
from apps.search.services.build_lexicon import spelled
from tests.search.lexical.products import ENGLISH, product, texts

PRODUCTS = [
    product(3, "Acme USB-C hub", part="DV7-1211EA", brand="Acme", category="Hubs\nElectronics"),
    product(4, "Acme hubs and cables", description="Cables for hubs. Hubs!", brand="Acme"),
    product(9, "", attributes="black\nsteel"),
    product(12, 'Laptop 15.6"', part="X-1", description="the of and"),
    product(13, "Acme USB hub black", attributes="black", brand="Acme"),
]


def strings(table: TextBlob) -> list[str]:
    return [raw.decode() for raw in blob_strings(table)]


def same(one: object, other: object) -> None:
    for field in fields(one):  # type: ignore[arg-type]  # Segment or LexicalIndex
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, TextBlob):
            assert strings(mine) == strings(theirs), field.name
        elif isinstance(mine, Segment):
            same(mine, theirs)
        elif isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype
            assert np.array_equal(mine, theirs), field.name
        elif field.name != "spelling":
            assert mine == theirs, field.name


def index(**more: int) -> LexicalIndex:
    return index_build(PRODUCTS, ENGLISH, horizon=7, **more)  # type: ignore[arg-type]  # chunk_size


def test_words_stems_and_counts() -> None:
    built = index()
    words = strings(built.words)
    assert words == sorted(words, key=str.encode)
    counts = dict(zip(words, built.word_counts.tolist(), strict=True))
    assert counts["acme"] == 3
    assert counts["hub"] == 2
    assert counts["hubs"] == 2
    assert counts["usbc"] == 1
    assert "and" not in counts
    stems = strings(built.stems)
    df = dict(zip(stems, built.df.tolist(), strict=True))
    assert df["hub"] == 3
    assert [stems[stem] for stem in built.stem_of_word] == [
        ENGLISH.stem_of(word) for word in words
    ]
    assert built.average_lengths[Field.BRAND] == pytest.approx(3 / 5)


def test_postings_say_where_and_how_much() -> None:
    built = index()
    segment, stem = built.segment, strings(built.stems).index("hub")
    start, end = segment.postings(stem)
    assert segment.pks[segment.docs[start:end]].tolist() == [3, 4, 13]
    masks = segment.fields[start:end].tolist()
    assert masks == [
        1 << Field.TITLE | 1 << Field.CATEGORY,
        1 << Field.TITLE | 1 << Field.DESCRIPTION,
        1 << Field.TITLE,
    ]
    impacts = segment.impacts[start:end]
    assert (impacts > 0).all()
    assert (impacts < MOST_IMPACT).all()
    assert impacts[1] > impacts[2]
    assert segment.postings(10_000) == (0, 0)


def test_texts_keep_their_order_and_titles() -> None:
    built = index()
    stems = strings(built.stems)
    title = [stems[each] for each in built.segment.title(0)]
    assert title == ["acm", "usb", "c", "hub"]
    assert built.segment.title(2).tolist() == []
    assert [stems[each] for each in built.segment.title(3)] == ["laptop", "15.6", "inch"]
    text = built.segment.text_stems
    assert text[built.segment.text_offsets[1:] - 1].tolist() == [SEPARATOR] * 5


def test_pairs_of_titles() -> None:
    built = index()
    words = strings(built.words)
    pairs = {
        (words[key >> 32], words[key & 0xFFFFFFFF]): count
        for key, count in zip(built.pair_keys.tolist(), built.pair_counts.tolist(), strict=True)
    }
    assert pairs["acme", "usb"] == 2
    assert pairs["hubs", "cables"] == 1
    assert ("black", "steel") not in pairs


def test_part_numbers() -> None:
    built = index()
    assert strings(built.segment.part_keys) == ["dv71211ea"]
    assert built.segment.part_docs.tolist() == [0]
    assert part_key("DV7 1211/EA") == "dv71211ea"
    assert (part_key("X-1"), part_key("LONGNAME"), part_key("1" * 41)) == ("", "", "")


@pytest.mark.parametrize("chunk_size", [1, 2, 5])
def test_chunks_make_no_difference(chunk_size: int) -> None:
    same(index(chunk_size=chunk_size), index(chunk_size=100))


@given(st.lists(st.text(alphabet="ab -1\n", max_size=12), max_size=8), st.integers(1, 4))
def test_chunks_make_no_difference_to_any_texts(lines: list[str], chunk_size: int) -> None:
    products = texts(lines)
    same(index_build(products, ENGLISH, chunk_size=chunk_size), index_build(products, ENGLISH))


def test_an_empty_catalogue() -> None:
    built = index_build([], ENGLISH)
    assert (len(built.words), len(built.segment), len(built.pair_keys)) == (0, 0, 0)


def test_weights_are_applied_when_built() -> None:
    plain = index_build(PRODUCTS, ENGLISH, parameters=FieldWeights(weights=(1.0,) * 6))
    assert not np.array_equal(plain.segment.impacts, index().segment.impacts)


@pytest.mark.parametrize("products", [PRODUCTS, []])
def test_on_disk_as_in_memory(tmp_path: Path, products: list[object]) -> None:
    folder, scratch = tmp_path / "lexicon", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    arena = DiskArena(folder, scratch)
    own = PRODUCTS if products else []
    built = spelled(index_build(own, ENGLISH, horizon=7, arena=arena, chunk_size=2))
    lexicon_write(folder, built)
    read = lexicon_read(folder)
    same(read, index_build(own, ENGLISH, horizon=7))
    assert set(read.spelling) == set(built.spelling)
    for name, array in read.spelling.items():
        assert np.array_equal(array, built.spelling[name])
    if products:
        assert not read.segment.docs.flags.writeable


def test_folders_that_cannot_be_read(tmp_path: Path) -> None:
    lexicon_write(tmp_path, index())
    good = (tmp_path / "docs.npy").read_bytes()
    np.save(tmp_path / "docs.npy", np.zeros(3, np.int32))
    with pytest.raises(LexiconUnreadable, match="fit together"):
        lexicon_read(tmp_path)
    np.save(tmp_path / "docs.npy", np.zeros(3, np.int64))
    with pytest.raises(LexiconUnreadable, match="int64"):
        lexicon_read(tmp_path)
    (tmp_path / "docs.npy").write_bytes(good)
    for name, shorter in (("words_bytes", np.uint8), ("words_order", np.int32)):
        whole = (tmp_path / f"{name}.npy").read_bytes()
        np.save(tmp_path / f"{name}.npy", np.zeros(1, shorter))
        with pytest.raises(LexiconUnreadable, match="words"):
            lexicon_read(tmp_path)
        (tmp_path / f"{name}.npy").write_bytes(whole)
    meta = (tmp_path / "meta.msgpack").read_bytes()
    (tmp_path / "meta.msgpack").write_bytes(meta.replace(b"format\x01", b"format\x63"))
    with pytest.raises(LexiconUnreadable, match="format 99"):
        lexicon_read(tmp_path)


def test_runs_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = index()
    monkeypatch.setattr("apps.search.domain.lexical.documents._MOST_RUNS", 2)
    same(index(), whole)


def test_tables_hold_four_gigabytes_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.search.domain.lexical.merging._MOST_BYTES", 3)
    assert strings(table_sorted([b"a", b"bc"])) == ["a", "bc"]
    with pytest.raises(OverflowError):
        table_sorted([b"a", b"bcd"])
