"""The lexicon as a folder of flat files, read back memory-mapped: workers share its pages."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from apps.common.domain.string_table import StringTable, TextBlob
from apps.search.domain.lexical.arrays import Field, LexicalIndex, Segment
from apps.search.domain.lexical.documents import Chunk
from apps.search.domain.spelling.deletes import Array as SpellingArray

FORMAT = 1
_META = "meta.msgpack"
_SEGMENT_ARRAYS = (
    "terms",
    "offsets",
    "docs",
    "impacts",
    "fields",
    "pks",
    "text_offsets",
    "text_stems",
    "title_lengths",
    "part_docs",
)
_INDEX_ARRAYS = (
    "word_counts",
    "stem_of_word",
    "df",
    "pair_keys",
    "pair_counts",
    "average_lengths",
    "recent_pks",
    "recent_versions",
)
_CHUNK_ARRAYS = (
    "pks",
    "posting_words",
    "posting_docs",
    "frequencies",
    "lengths",
    "text_offsets",
    "text_words",
    "title_lengths",
    "part_docs",
)
_SPELLING = "spelling_"
Scalar = TypeVar(
    "Scalar", np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.float64
)


class LexiconUnreadable(ValueError):
    """The folder holds no lexicon of this format, or its arrays do not fit together."""


class _Meta(msgspec.Struct, frozen=True):
    format: int
    language: str
    horizon: int
    spelling: tuple[str, ...]


class DiskArena:
    """An arena that lays an index's arrays into its folder, and chunks into another.

    Args:
        folder: of the artifact; exists.
        scratch: for chunks; exists, and is the caller's to remove.
    """

    def __init__(self, folder: Path, scratch: Path) -> None:
        """Remember both folders."""
        self._folder = folder
        self._scratch = scratch
        self._chunks = 0

    def empty(self, name: str, size: int, dtype: type[Scalar]) -> NDArray[Scalar]:
        """A mapped file of the index."""
        if not size:  # an empty file cannot be mapped
            return np.zeros(0, dtype=dtype)
        path = self._folder / f"{name}.npy"
        array: NDArray[Scalar] = np.lib.format.open_memmap(
            path, mode="w+", dtype=dtype, shape=(size,)
        )
        return array

    def keep(self, chunk: Chunk) -> Chunk:
        """The chunk, mapped from the scratch folder."""
        folder = self._scratch / f"chunk-{self._chunks}"
        folder.mkdir()
        self._chunks += 1
        for name in _CHUNK_ARRAYS:
            np.save(folder / f"{name}.npy", getattr(chunk, name), allow_pickle=False)
        _text_write(folder, "words", chunk.words)
        _text_write(folder, "part_keys", chunk.part_keys)
        return _chunk_read(folder)


def _chunk_read(folder: Path) -> Chunk:
    lengths: NDArray[np.int32] = np.load(folder / "lengths.npy", mmap_mode="r").view(np.ndarray)
    return Chunk(
        pks=_mapped(folder, "pks", np.int32),
        words=_blob_read(folder, "words"),
        posting_words=_mapped(folder, "posting_words", np.int32),
        posting_docs=_mapped(folder, "posting_docs", np.int32),
        frequencies=_mapped(folder, "frequencies", np.uint64),
        lengths=lengths,
        text_offsets=_mapped(folder, "text_offsets", np.int64),
        text_words=_mapped(folder, "text_words", np.int32),
        title_lengths=_mapped(folder, "title_lengths", np.uint16),
        part_keys=_blob_read(folder, "part_keys"),
        part_docs=_mapped(folder, "part_docs", np.int32),
    )


def lexicon_write(folder: Path, index: LexicalIndex) -> None:
    """Write what the arena has not laid there yet.

    Args:
        folder: of the artifact; the same that the arena was given, if one was.
        index: all of it.
    """
    for source, names in ((index.segment, _SEGMENT_ARRAYS), (index, _INDEX_ARRAYS)):
        for name in names:
            array = getattr(source, name)
            if isinstance(array, np.memmap):
                array.flush()
            else:
                np.save(folder / f"{name}.npy", array, allow_pickle=False)
    for name, table in _tables(index).items():
        _text_write(folder, name, table)
    for name, array in index.spelling.items():
        np.save(folder / f"{_SPELLING}{name}.npy", array, allow_pickle=False)
    meta = _Meta(FORMAT, index.language, index.horizon, tuple(index.spelling))
    (folder / _META).write_bytes(msgspec.msgpack.encode(meta))


def lexicon_read(folder: Path) -> LexicalIndex:
    """The index in a folder, its arrays mapped and read-only.

    Raises:
        LexiconUnreadable: another format, or arrays that do not belong together.
        OSError: a file is missing.
        ValueError: a file is not what it should be.
    """
    meta = msgspec.msgpack.decode((folder / _META).read_bytes(), type=_Meta)
    if meta.format != FORMAT:
        raise LexiconUnreadable(f"format {meta.format} instead of {FORMAT}")
    index = LexicalIndex(
        segment=_segment_read(folder),
        words=_table_read(folder, "words"),
        word_counts=_mapped(folder, "word_counts", np.int32),
        stem_of_word=_mapped(folder, "stem_of_word", np.int32),
        stems=_table_read(folder, "stems"),
        df=_mapped(folder, "df", np.int32),
        pair_keys=_mapped(folder, "pair_keys", np.uint64),
        pair_counts=_mapped(folder, "pair_counts", np.int32),
        average_lengths=_mapped(folder, "average_lengths", np.float64),
        language=meta.language,
        horizon=meta.horizon,
        recent_pks=_mapped(folder, "recent_pks", np.int32),
        recent_versions=_mapped(folder, "recent_versions", np.int64),
        spelling={name: _spelling_read(folder, name) for name in meta.spelling},
    )
    _check(index)
    return index


def _segment_read(folder: Path) -> Segment:
    return Segment(
        terms=_mapped(folder, "terms", np.int32),
        offsets=_mapped(folder, "offsets", np.int64),
        docs=_mapped(folder, "docs", np.int32),
        impacts=_mapped(folder, "impacts", np.uint16),
        fields=_mapped(folder, "fields", np.uint8),
        pks=_mapped(folder, "pks", np.int32),
        text_offsets=_mapped(folder, "text_offsets", np.int64),
        text_stems=_mapped(folder, "text_stems", np.int32),
        title_lengths=_mapped(folder, "title_lengths", np.uint16),
        part_keys=_table_read(folder, "part_keys"),
        part_docs=_mapped(folder, "part_docs", np.int32),
    )


def _tables(index: LexicalIndex) -> Mapping[str, StringTable]:
    return {"words": index.words, "stems": index.stems, "part_keys": index.segment.part_keys}


def _spelling_read(folder: Path, name: str) -> SpellingArray:
    array: SpellingArray = np.load(
        folder / f"{_SPELLING}{name}.npy", mmap_mode="r", allow_pickle=False
    ).view(np.ndarray)
    return array


def _check(index: LexicalIndex) -> None:
    """Lengths that do not fit would be found by a crash, or by a wrong product."""
    segment = index.segment
    lengths = (
        (len(segment.offsets), len(index.stems) + 1),
        (len(segment.terms), len(index.stems)),
        (len(index.df), len(index.stems)),
        (int(segment.offsets[-1]), len(segment.docs)),
        (len(segment.impacts), len(segment.docs)),
        (len(segment.fields), len(segment.docs)),
        (len(segment.text_offsets), len(segment) + 1),
        (int(segment.text_offsets[-1]), len(segment.text_stems)),
        (len(segment.title_lengths), len(segment)),
        (len(segment.part_docs), len(segment.part_keys)),
        (len(index.word_counts), len(index.words)),
        (len(index.stem_of_word), len(index.words)),
        (len(index.pair_counts), len(index.pair_keys)),
        (len(index.average_lengths), len(Field)),
        (len(index.recent_versions), len(index.recent_pks)),
    )
    if any(found != wanted for found, wanted in lengths):
        raise LexiconUnreadable("its arrays do not fit together")


def _mapped(folder: Path, name: str, dtype: type[Scalar]) -> NDArray[Scalar]:
    # A plain view: numpy's memmap class costs time at every slice. It keeps the map open.
    array: NDArray[Scalar] = np.load(
        folder / f"{name}.npy", mmap_mode="r", allow_pickle=False
    ).view(np.ndarray)
    if array.ndim != 1 or array.dtype != np.dtype(dtype):
        raise LexiconUnreadable(f"{name} is {array.dtype} with {array.ndim} dimensions")
    return array


def _text_write(folder: Path, name: str, table: TextBlob) -> None:
    np.save(folder / f"{name}_offsets.npy", table.offsets, allow_pickle=False)
    np.save(folder / f"{name}_bytes.npy", table.blob, allow_pickle=False)
    if isinstance(table, StringTable):
        np.save(folder / f"{name}_order.npy", table.order, allow_pickle=False)


def _blob_read(folder: Path, name: str) -> TextBlob:
    offsets = _mapped(folder, f"{name}_offsets", np.uint32)
    text = _mapped(folder, f"{name}_bytes", np.uint8)
    if not len(offsets) or int(offsets[-1]) != len(text):
        raise LexiconUnreadable(f"{name}: its parts do not fit together")
    return TextBlob(offsets, text)


def _table_read(folder: Path, name: str) -> StringTable:
    blob = _blob_read(folder, name)
    order = _mapped(folder, f"{name}_order", np.int32)
    if len(order) != len(blob):
        raise LexiconUnreadable(f"{name}: its parts do not fit together")
    return StringTable(blob.offsets, blob.blob, order)
