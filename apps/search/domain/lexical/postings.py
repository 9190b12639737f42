"""A chunk's words become postings of stems."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.lexical.arrays import SEPARATOR, Int32, Int64
from apps.search.domain.lexical.documents import Chunk
from apps.search.domain.lexical.runs import ragged, runs_of


@dataclass(frozen=True, slots=True, eq=False)
class StemPostings:
    """Postings of one chunk, sorted by stem, then document.

    Attributes:
        stems: int32[t], ascending, each once.
        starts: int64[t + 1], where each stem's postings begin.
        docs: int32[p], documents of the chunk.
        frequencies: uint64[p], as `Chunk.frequencies`.
    """

    stems: Int32
    starts: Int64
    docs: Int32
    frequencies: NDArray[np.uint64]


def stem_postings(chunk: Chunk, stem_of_word: Int32) -> StemPostings:
    """The chunk's postings with words of one stem added up.

    Args:
        chunk: words in its own numbers.
        stem_of_word: int32[its words], the stem id of each.
    """
    stems = stem_of_word[chunk.posting_words].astype(np.int64)
    keys = stems << 32 | chunk.posting_docs
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = runs_of(keys)
    frequencies = chunk.frequencies[order]
    if len(first):
        frequencies = np.add.reduceat(frequencies, first)
    keys = keys[first]
    found = (keys >> 32).astype(np.int32)
    starts = runs_of(found)
    return StemPostings(
        stems=found[starts],
        starts=np.append(starts, len(found)),
        docs=(keys & 0xFFFFFFFF).astype(np.int32),
        frequencies=frequencies,
    )


def stems_of_text(chunk: Chunk, stem_of_word: Int32) -> Int32:
    """int32[tokens]: the chunk's texts in stems, separators kept."""
    return np.append(stem_of_word, np.int32(SEPARATOR))[chunk.text_words]


def title_pairs(chunk: Chunk, numbers: Int32) -> tuple[NDArray[np.uint64], Int32]:
    """Neighbours in titles, `first << 32 | second`, ascending, and how often each stands.

    Args:
        chunk: words in its own numbers.
        numbers: int32[its words], the number of each in the whole.
    """
    lengths = chunk.title_lengths.astype(np.int64)
    at = ragged(chunk.text_offsets[:-1], (lengths - 1).clip(min=0))
    words = numbers.astype(np.uint64)
    first, second = words[chunk.text_words[at]], words[chunk.text_words[at + 1]]
    keys, counts = np.unique(first << np.uint64(32) | second, return_counts=True)
    return keys, counts.astype(np.int32)


def pairs_merge(
    parts: list[tuple[NDArray[np.uint64], Int32]],
) -> tuple[NDArray[np.uint64], Int32]:
    """Pairs of all parts, each once, counts added up."""
    keys = np.concatenate([np.zeros(0, np.uint64), *(each[0] for each in parts)])
    counts = np.concatenate([np.zeros(0, np.int32), *(each[1] for each in parts)])
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    first = runs_of(keys)
    if not len(first):
        return keys, counts
    return keys[first], np.add.reduceat(counts, first).astype(np.int32)
