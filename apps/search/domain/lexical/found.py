"""Which documents of one segment hold a group of the query, and how much it says of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.lexical.arrays import MOST_IMPACT, Int32, Int64, Segment
from apps.search.domain.lexical.querying import Found
from apps.search.domain.lexical.runs import ragged

_NOTHING = Found(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.uint8))


@dataclass(frozen=True, slots=True)
class KnownPart:
    """A part in stem ids, -1 for a stem that no product holds.

    Attributes:
        stems: in order.
        idf: of each, in nats.
        joined: -1 for none.
        joined_idf: in nats; 0 for none.
    """

    stems: tuple[int, ...]
    idf: tuple[float, ...]
    joined: int = -1
    joined_idf: float = 0.0

    @property
    def findable(self) -> bool:
        """Whether any product may hold it."""
        return self.joined >= 0 or (len(self.stems) > 0 and min(self.stems) >= 0)

    @property
    def most(self) -> float:
        """What it gives a product that is all about it."""
        return max(sum(self.idf), self.joined_idf)


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group in stem ids.

    Attributes:
        choices: parts and weight of each.
        pieces: stem id and idf of each.
        most: what the group gives at most.
    """

    choices: tuple[tuple[tuple[KnownPart, ...], float], ...]
    pieces: tuple[tuple[int, float], ...]
    most: float


def group_found(segment: Segment, group: KnownGroup) -> Found:
    """Documents that satisfy any choice; the best choice of each counts."""
    found = _NOTHING
    for parts, weight in group.choices:
        if all(part.findable for part in parts):
            found = either(found, _choice_found(segment, parts, weight))
    return found


def pieces_found(segment: Segment, group: KnownGroup) -> list[Found]:
    """Documents by piece, for a product that holds only some of a group."""
    return [_stem_found(segment, stem, idf) for stem, idf in group.pieces if stem >= 0]


def _choice_found(segment: Segment, parts: Sequence[KnownPart], weight: float) -> Found:
    found = _part_found(segment, parts[0])
    for part in parts[1:]:
        if not len(found):
            return found
        found = both(found, _part_found(segment, part))
    if weight == 1.0:
        return found
    return Found(found.docs, found.scores * np.float32(weight), found.fields)


def _part_found(segment: Segment, part: KnownPart) -> Found:
    joined = _stem_found(segment, part.joined, part.joined_idf)
    if not part.stems or min(part.stems) < 0:
        return joined
    found = _stem_found(segment, part.stems[0], part.idf[0])
    for stem, idf in zip(part.stems[1:], part.idf[1:], strict=True):
        # All in one field at least: else they are no neighbours.
        found = both(found, _stem_found(segment, stem, idf), fields=np.bitwise_and)
        keep = found.fields > 0
        found = Found(found.docs[keep], found.scores[keep], found.fields[keep])
    if len(part.stems) > 1 and len(found):
        keep = neighbours(segment, found.docs, part.stems)
        found = Found(found.docs[keep], found.scores[keep], found.fields[keep])
    return either(found, joined)


def _stem_found(segment: Segment, stem: int, idf: float) -> Found:
    if stem < 0:
        return _NOTHING
    start, end = segment.postings(stem)
    if start == end:
        return _NOTHING
    place = slice(start, end)
    scores = segment.impacts[place] * np.float32(idf / MOST_IMPACT)
    return Found(segment.docs[place], scores, segment.fields[place])


def neighbours(segment: Segment, docs: Int32, stems: tuple[int, ...]) -> NDArray[np.bool_]:
    """bool[len(docs)]: which texts hold the stems next to each other, in this order."""
    starts = segment.text_offsets[docs]
    lengths: Int64 = segment.text_offsets[docs + 1] - starts
    at = ragged(starts, lengths)
    text = segment.text_stems[at]
    hits = text[: len(text) - len(stems) + 1] == stems[0]
    for step, stem in enumerate(stems[1:], start=1):
        hits &= text[step : len(text) - len(stems) + 1 + step] == stem
    # Texts end with a separator: no run of stems reaches into the next one.
    ends = np.cumsum(lengths)
    places = np.searchsorted(ends, np.flatnonzero(hits), side="right")
    held = np.zeros(len(docs), dtype=np.bool_)
    held[places] = True
    return held


def both(
    first: Found,
    second: Found,
    fields: Callable[[NDArray[np.uint8], NDArray[np.uint8]], NDArray[np.uint8]] = np.bitwise_or,
) -> Found:
    """Documents of both, scores added up."""
    if len(first) > len(second):
        first, second = second, first
    mine, theirs = common(first.docs, second.docs)
    return Found(
        first.docs[mine],
        first.scores[mine] + second.scores[theirs],
        fields(first.fields[mine], second.fields[theirs]),
    )


def either(first: Found, second: Found) -> Found:
    """Documents of any, the better score of each."""
    if not len(first):
        return second
    if not len(second):
        return first
    docs: Int32 = np.union1d(first.docs, second.docs)
    scores = np.zeros(len(docs), dtype=np.float32)
    fields = np.zeros(len(docs), dtype=np.uint8)
    for found in (first, second):
        at = np.searchsorted(docs, found.docs)
        scores[at] = np.maximum(scores[at], found.scores)
        fields[at] |= found.fields
    return Found(docs, scores, fields)


def common(first: Int32, second: Int32) -> tuple[Int64, Int64]:
    """Where values of both stand in each; both ascending, the first the shorter.

    Args:
        first: int32[m], each value once.
        second: int32[n], the same.
    """
    if not len(second):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    at = np.searchsorted(second, first)
    mine = np.flatnonzero(second.take(at, mode="clip") == first)
    return mine, at[mine]
