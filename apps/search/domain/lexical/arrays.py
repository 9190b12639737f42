"""The lexicon's arrays: flat, so that they can be mapped from files and shared by workers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from apps.common.domain.string_table import StringTable
from apps.search.domain.spelling.deletes import Array as SpellingArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float32 = NDArray[np.float32]
SEPARATOR = -1
# An impact of 1 would be MOST_IMPACT; see building.impacts_of.
MOST_IMPACT = 65_535


class Field(IntEnum):
    """Where in a product a word stands; bit `1 << field` in masks."""

    TITLE = 0
    BRAND = 1
    IDENTIFIER = 2
    CATEGORY = 3
    ATTRIBUTES = 4
    DESCRIPTION = 5


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Some products, inverted. Document d is product `pks[d]`.

    Stem ids are the lexicon's, the same in all its segments. Postings of `terms[i]` are
    `offsets[i] … offsets[i + 1] - 1`, ascending by document.

    Attributes:
        terms: int32[t], ascending stem ids that have postings here.
        offsets: int64[t + 1] into docs, impacts and fields.
        docs: int32[p], documents.
        impacts: uint16[p]: how much the stem says about the document, without its idf:
            BM25F's saturated, length-normalised, field-weighted frequency in [0, 1), times
            MOST_IMPACT.
        fields: uint8[p], mask of the fields that hold the stem.
        pks: int32[n], products, ascending.
        text_offsets: int64[n + 1] into text_stems.
        text_stems: int32[tokens]: stems in the order of the text, title first; SEPARATOR
            between fields and between values. Stop words and joined forms are not among them.
        title_lengths: uint16[n]: so many of a document's first stems are its title.
        part_keys: normalised part numbers, sorted (of equal ones each has its row).
        part_docs: int32[len(part_keys)], the document of each.
    """

    terms: Int32
    offsets: Int64
    docs: Int32
    impacts: NDArray[np.uint16]
    fields: NDArray[np.uint8]
    pks: Int32
    text_offsets: Int64
    text_stems: Int32
    title_lengths: NDArray[np.uint16]
    part_keys: StringTable
    part_docs: Int32

    def __len__(self) -> int:
        """How many documents."""
        return len(self.pks)

    def postings(self, stem: int) -> tuple[int, int]:
        """Where the postings of a stem id begin and end; the same place for none."""
        at = int(np.searchsorted(self.terms, stem))
        if at == len(self.terms) or self.terms[at] != stem:
            return 0, 0
        return int(self.offsets[at]), int(self.offsets[at + 1])

    def title(self, document: int) -> Int32:
        """int32[length]: the stems of a document's title, in order."""
        start = int(self.text_offsets[document])
        return self.text_stems[start : start + int(self.title_lengths[document])]


@dataclass(frozen=True, slots=True, eq=False)
class LexicalIndex:
    """The base: one segment with every product of its time, and the words it is made of.

    Attributes:
        segment: the postings; `segment.terms[i] == i`.
        words: surface words, folded and in lower case, sorted by their bytes.
        word_counts: int32[W], products that hold the word.
        stem_of_word: int32[W], the word's stem id.
        stems: by stem id, sorted by their bytes.
        df: int32[T], products that hold the stem.
        pair_keys: uint64[B], ascending: `first word << 32 | second word` of neighbours in titles.
        pair_counts: int32[B], products with the pair in the title.
        average_lengths: float64[fields], mean number of words by field.
        language: of the stemmer, as PostgreSQL calls it.
        horizon: catalogue transactions below this id are all included.
        recent_pks: int32[r], products that later transactions wrote and that are in as well.
        recent_versions: int64[r], the transaction that wrote each as it is here.
        spelling: arrays of `domain/spelling`, by name; empty when it was built without.
    """

    segment: Segment
    words: StringTable
    word_counts: Int32
    stem_of_word: Int32
    stems: StringTable
    df: Int32
    pair_keys: NDArray[np.uint64]
    pair_counts: Int32
    average_lengths: NDArray[np.float64]
    language: str
    horizon: int
    recent_pks: Int32
    recent_versions: Int64
    spelling: Mapping[str, SpellingArray] = field(default_factory=dict)
