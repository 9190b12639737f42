"""From products to an index: words numbered once, postings in one place.

At no time is more than one chunk of postings worked on; what is kept goes through an `Arena`,
which may lay it on disk.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from apps.common.domain.string_table import StringTable
from apps.search.domain.lexical.analysis import Analysis
from apps.search.domain.lexical.arrays import Field, Int32, LexicalIndex
from apps.search.domain.lexical.documents import Chunk, ProductText, chunk_build
from apps.search.domain.lexical.impacts import FieldWeights, Scale
from apps.search.domain.lexical.merging import (
    blob_strings,
    table_sorted,
    tables_merge,
)
from apps.search.domain.lexical.postings import (
    pairs_merge,
    stem_postings,
    title_pairs,
)
from apps.search.domain.lexical.segments import (
    Allocator,
    Cursor,
    Scalar,
    segment_allocate,
    segment_fill,
)

CHUNK = 20_000


class Arena(Allocator, Protocol):
    """Where an index's arrays lie while it is built."""

    def keep(self, chunk: Chunk) -> Chunk:
        """The same chunk, until the index is done."""
        ...


class Memory:
    """An arena that lays nothing anywhere."""

    def empty(self, name: str, size: int, dtype: type[Scalar]) -> NDArray[Scalar]:
        """A new array in memory."""
        del name
        return np.empty(size, dtype=dtype)

    def keep(self, chunk: Chunk) -> Chunk:
        """The chunk as it is."""
        return chunk


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """All words of all chunks.

    Attributes:
        words: sorted.
        numbers: by chunk: int32[its words], the number of each in `words`.
        stems: sorted.
        stem_of_word: int32[len(words)].
    """

    words: StringTable
    numbers: tuple[Int32, ...]
    stems: StringTable
    stem_of_word: Int32

    def stems_of(self, chunk: int) -> Int32:
        """int32[words of the chunk]: the stem id of each."""
        return self.stem_of_word[self.numbers[chunk]]


class Recent:
    """Notes which products were written after the horizon: they are read again by whoever follows.

    Args:
        horizon: transactions below it need no note.
    """

    def __init__(self, horizon: int) -> None:
        """Nothing is noted yet."""
        self._horizon = horizon
        self.versions: dict[int, int] = {}

    def noted(self, products: Iterable[ProductText]) -> Iterator[ProductText]:
        """The same products."""
        for product in products:
            if product.version and product.version >= self._horizon:
                self.versions[product.pk] = product.version
            yield product


def index_build(
    products: Iterable[ProductText],
    analysis: Analysis,
    *,
    horizon: int = 0,
    parameters: FieldWeights | None = None,
    arena: Arena | None = None,
    chunk_size: int = CHUNK,
) -> LexicalIndex:
    """The index of `products`, without spelling.

    Args:
        products: ascending by pk; read once.
        analysis: of the catalogue's language.
        horizon: everything that transactions below it wrote is in `products`.
        parameters: of BM25F.
        arena: where arrays lie; None for memory.
        chunk_size: products worked on at a time.
    """
    arena, recent = arena or Memory(), Recent(horizon)
    chunks = chunks_of(recent.noted(products), analysis, arena, chunk_size)
    words = words_merge(chunks, analysis)
    df, word_counts = _counts(chunks, words)
    averages = average_lengths(chunks)
    pair_keys, pair_counts = pairs_merge(
        [title_pairs(each, words.numbers[at]) for at, each in enumerate(chunks)]
    )
    segment = segment_allocate(chunks, df, arena)
    scale = Scale(averages, parameters or FieldWeights())
    cursor = Cursor(segment.offsets[:-1].copy())
    for at, chunk in enumerate(chunks):
        segment_fill(segment, chunk, words.stems_of(at), scale, cursor)
    return LexicalIndex(
        segment=segment,
        words=words.words,
        word_counts=word_counts,
        stem_of_word=words.stem_of_word,
        stems=words.stems,
        df=df,
        pair_keys=pair_keys,
        pair_counts=pair_counts,
        average_lengths=averages,
        language=analysis.language,
        horizon=horizon,
        recent_pks=np.array(list(recent.versions), dtype=np.int32),
        recent_versions=np.array(list(recent.versions.values()), dtype=np.int64),
    )


def chunks_of(
    products: Iterable[ProductText], analysis: Analysis, arena: Arena, size: int
) -> list[Chunk]:
    """All products in chunks, each kept by the arena."""
    return [arena.keep(chunk_build(part, analysis.stop_words)) for part in _parts(products, size)]


def _parts(products: Iterable[ProductText], size: int) -> Iterator[Iterable[ProductText]]:
    stream = iter(products)
    for first in stream:
        yield chain((first,), islice(stream, size - 1))


def words_merge(chunks: Sequence[Chunk], analysis: Analysis) -> Words:
    """Words numbered over all chunks, and their stems."""
    words, numbers = tables_merge([chunk.words for chunk in chunks])
    stems = [analysis.stem_of(word.decode()).encode() for word in blob_strings(words)]
    table = table_sorted(sorted(set(stems)))
    place = {stem: at for at, stem in enumerate(blob_strings(table))}
    stem_of_word = np.fromiter((place[stem] for stem in stems), dtype=np.int32, count=len(stems))
    return Words(words, numbers, table, stem_of_word)


def average_lengths(chunks: Sequence[Chunk]) -> NDArray[np.float64]:
    """float64[fields]: words a product has in each, on average."""
    total = np.zeros(len(Field))
    for chunk in chunks:
        total += chunk.lengths.sum(axis=0)
    return total / max(sum(map(len, chunks)), 1)


def _counts(chunks: Sequence[Chunk], words: Words) -> tuple[Int32, Int32]:
    """Products by stem, and by word."""
    by_stem = np.zeros(len(words.stems), dtype=np.int32)
    by_word = np.zeros(len(words.words), dtype=np.int32)
    for at, chunk in enumerate(chunks):
        numbers = words.numbers[at]
        by_word[numbers] += np.bincount(chunk.posting_words, minlength=len(numbers)).astype("i4")
        found = stem_postings(chunk, words.stems_of(at))
        by_stem[found.stems] += np.diff(found.starts).astype(np.int32)
    return by_stem, by_word
