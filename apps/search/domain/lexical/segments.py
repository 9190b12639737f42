"""Filling a segment: the base's chunk by chunk, a delta's at once, two of them into one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from apps.common.domain.string_table import StringTable
from apps.search.domain.lexical.arrays import Int32, Int64, Segment
from apps.search.domain.lexical.documents import Chunk
from apps.search.domain.lexical.impacts import Scale, fields_of, impacts_of
from apps.search.domain.lexical.merging import keys_merge
from apps.search.domain.lexical.postings import stem_postings, stems_of_text
from apps.search.domain.lexical.runs import ragged, runs_of

Scalar = TypeVar("Scalar", np.int32, np.int64, np.uint8, np.uint16)


class Allocator(Protocol):
    """Gives arrays to fill."""

    def empty(self, name: str, size: int, dtype: type[Scalar]) -> NDArray[Scalar]:
        """A new array of the index."""
        ...


def segment_allocate(chunks: Sequence[Chunk], df: Int32, allocator: Allocator) -> Segment:
    """The base's segment with everything in it but what `segment_fill` writes.

    Args:
        chunks: all of them.
        df: int32[stems], products by stem.
        allocator: gives the large arrays.
    """
    offsets: Int64 = np.concatenate([np.zeros(1, np.int64), np.cumsum(df, dtype=np.int64)])
    size, products = int(offsets[-1]), sum(map(len, chunks))
    tokens = sum(len(chunk.text_words) for chunk in chunks)
    part_keys, part_docs = _part_numbers(chunks)
    return Segment(
        terms=np.arange(len(df), dtype=np.int32),
        offsets=offsets,
        docs=allocator.empty("docs", size, np.int32),
        impacts=allocator.empty("impacts", size, np.uint16),
        fields=allocator.empty("fields", size, np.uint8),
        pks=np.concatenate([np.zeros(0, np.int32), *(chunk.pks for chunk in chunks)]),
        text_offsets=np.zeros(products + 1, dtype=np.int64),
        text_stems=allocator.empty("text_stems", tokens, np.int32),
        title_lengths=np.zeros(products, dtype=np.uint16),
        part_keys=part_keys,
        part_docs=part_docs,
    )


def _part_numbers(chunks: Sequence[Chunk]) -> tuple[StringTable, Int32]:
    documents = np.cumsum([0, *map(len, chunks)])
    values = [
        chunk.part_docs + np.int32(first)
        for chunk, first in zip(chunks, documents[:-1], strict=True)
    ]
    return keys_merge([chunk.part_keys for chunk in chunks], values)


@dataclass(slots=True)
class Cursor:
    """How far a base's segment is filled.

    Attributes:
        postings: int64[stems], where each stem's next posting goes.
        document: the next one.
    """

    postings: Int64
    document: int = 0


def segment_fill(
    segment: Segment, chunk: Chunk, stems: Int32, scale: Scale, cursor: Cursor
) -> None:
    """Write one chunk into the base's segment.

    Args:
        segment: from `segment_allocate`; written to.
        chunk: the next one.
        stems: int32[words of the chunk], the stem id of each.
        scale: of impacts.
        cursor: where it goes; moved on.
    """
    document = cursor.document
    found = stem_postings(chunk, stems)
    counts = np.diff(found.starts)
    places = ragged(cursor.postings[found.stems], counts)
    cursor.postings[found.stems] += counts
    segment.docs[places] = found.docs + np.int32(document)
    segment.impacts[places] = impacts_of(found.frequencies, found.docs, chunk.lengths, scale)
    segment.fields[places] = fields_of(found.frequencies)
    end = document + len(chunk)
    segment.title_lengths[document:end] = chunk.title_lengths
    first = int(segment.text_offsets[document])
    segment.text_offsets[document + 1 : end + 1] = chunk.text_offsets[1:] + first
    segment.text_stems[first : first + len(chunk.text_words)] = stems_of_text(chunk, stems)
    cursor.document = end


def segment_of(chunk: Chunk, stems: Int32, scale: Scale) -> Segment:
    """A chunk as a segment of its own.

    Args:
        chunk: some products.
        stems: int32[words of the chunk], the stem id of each.
        scale: of impacts, as the base has it.
    """
    found = stem_postings(chunk, stems)
    part_keys, part_docs = _part_numbers([chunk])
    return Segment(
        terms=found.stems,
        offsets=found.starts,
        docs=found.docs,
        impacts=impacts_of(found.frequencies, found.docs, chunk.lengths, scale),
        fields=fields_of(found.frequencies),
        pks=chunk.pks,
        text_offsets=chunk.text_offsets,
        text_stems=stems_of_text(chunk, stems),
        title_lengths=chunk.title_lengths,
        part_keys=part_keys,
        part_docs=part_docs,
    )


def segments_merge(first: Segment, second: Segment, kept: NDArray[np.bool_]) -> Segment:
    """Two segments as one, documents of the second after those of the first.

    Args:
        first: stays as it is.
        second: stays as it is.
        kept: bool[documents of both]; the others are left out.
    """
    size = len(first)
    stems = np.concatenate([_stems(first), _stems(second)])
    docs = np.concatenate([first.docs, second.docs + np.int32(size)])
    order = np.argsort(stems.astype(np.int64) << 32 | docs, kind="stable")
    order = order[kept[docs[order]]]
    number = (np.cumsum(kept) - 1).astype(np.int32)
    stems = stems[order]
    starts = runs_of(stems)
    texts, lengths = _texts(first, second, kept)
    part_keys, part_docs = _parts_kept(first, second, kept)
    return Segment(
        terms=stems[starts],
        offsets=np.append(starts, len(stems)),
        docs=number[docs[order]],
        impacts=np.concatenate([first.impacts, second.impacts])[order],
        fields=np.concatenate([first.fields, second.fields])[order],
        pks=np.concatenate([first.pks, second.pks])[kept],
        text_offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
        text_stems=texts,
        title_lengths=np.concatenate([first.title_lengths, second.title_lengths])[kept],
        part_keys=part_keys,
        part_docs=number[part_docs],
    )


def _stems(segment: Segment) -> Int32:
    return np.repeat(segment.terms, np.diff(segment.offsets))


def _texts(first: Segment, second: Segment, kept: NDArray[np.bool_]) -> tuple[Int32, Int64]:
    """The kept documents' texts, and how long each is."""
    lengths = np.concatenate([np.diff(first.text_offsets), np.diff(second.text_offsets)])
    starts = np.concatenate(
        [first.text_offsets[:-1], second.text_offsets[:-1] + len(first.text_stems)]
    )
    texts = np.concatenate([first.text_stems, second.text_stems])
    return texts[ragged(starts[kept], lengths[kept])], lengths[kept]


def _parts_kept(
    first: Segment, second: Segment, kept: NDArray[np.bool_]
) -> tuple[StringTable, Int32]:
    """Part numbers of the kept documents, in the numbers of both."""
    keys, docs = keys_merge(
        [first.part_keys, second.part_keys],
        [first.part_docs, second.part_docs + np.int32(len(first))],
    )
    inside = kept[docs]
    if inside.all():
        return keys, docs
    rows = np.flatnonzero(inside)
    return StringTable.build(keys.get(row) for row in rows.tolist()), docs[rows]
