"""What is typed is the noun: a laptop before a laptop bag, while nobody knows what is popular."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.lexical.arrays import Float32, Int32, Segment

# Beginnings of fewer letters may end as any noun.
FEWEST_LETTERS = 3
# Standing where the noun leads outweighs the text, being called so is worth half of it.
_SHELVED, _CALLED = np.float32(1.0), np.float32(0.5)
Spans = Mapping[tuple[str, ...], tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """What lifts a product.

    Attributes:
        codes: int32[n], categories of the snapshot's rows.
        spans: codes of the categories that the noun names, from the first to before the last.
        stems: ids of what the noun may be.
        numbers: bool by stem id: which stems have a digit.
    """

    codes: Int32
    spans: tuple[tuple[int, int], ...]
    stems: tuple[int, ...]
    numbers: NDArray[np.bool_]

    def shelved(self, rows: Int32) -> Float32:
        """float32[rows]: what standing in a named category is worth."""
        inside = np.zeros(len(rows), dtype=np.bool_)
        codes = self.codes[rows]
        for start, end in self.spans:
            inside |= (codes >= start) & (codes < end)
        return inside * _SHELVED

    def called(self, segment: Segment, docs: Int32) -> Float32:
        """float32[docs]: what a title is worth that the noun ends, or that goes on in numbers."""
        owners, stems = titles_of(segment, docs)
        # There are few: comparing with each is faster than looking up in all.
        held = np.zeros(len(stems), dtype=np.bool_)
        for stem in self.stems:
            held |= stems == stem
        last = np.append(owners[1:] != owners[:-1], True)[: len(owners)]
        following = self.numbers.take(np.append(stems[1:], 0)[: len(stems)], mode="clip")
        about = owners[held & (last | following)]
        return (np.bincount(about, minlength=len(docs)) > 0) * _CALLED


def spans_named(
    spans: Spans, before: Sequence[str], heads: Sequence[str]
) -> tuple[tuple[int, int], ...]:
    """Categories that are called by all of the typed words, else by the last one.

    Args:
        spans: stems of a name → codes.
        before: stems of the complete words.
        heads: stems that the last word may be.
    """
    whole = [spans[key] for head in heads if (key := (*before, head)) in spans]
    found = whole or [spans[head,] for head in heads if (head,) in spans]
    return tuple(dict.fromkeys(found))


def titles_of(segment: Segment, docs: Int32) -> tuple[NDArray[np.int64], Int32]:
    """Stems of the titles one after the other, and which of `docs` (a place) each is of."""
    lengths = segment.title_lengths[docs].astype(np.int64)
    owners = np.repeat(np.arange(len(docs)), lengths)
    starts = segment.text_offsets[docs] - np.cumsum(lengths) + lengths
    stems: Int32 = segment.text_stems[np.repeat(starts, lengths) + np.arange(len(owners))]
    return owners, stems
