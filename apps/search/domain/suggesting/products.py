"""Products by what was typed so far: popular ones first, from the lexicon's own postings."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.lexical.arrays import MOST_IMPACT, Field, Float32, Int32, Segment
from apps.search.domain.lexical.found import common
from apps.search.domain.lexical.matching import BoundLexicon
from apps.search.domain.suggesting.typed import PartWindow

# Fields whose words a shopper sees in a suggestion, or knows the product by.
_SHOWN = np.uint8(
    1 << Field.TITLE | 1 << Field.BRAND | 1 << Field.IDENTIFIER | 1 << Field.CATEGORY
)
# Of a beginning so many stems are looked at: those that most products hold.
MOST_STEMS = 16
# From so many postings on, products are looked through by popularity instead.
_BROAD = 60_000
_CHUNK, _CHUNKS = 2_048, 16
_FEW_LOOKED_AT = 4_096
_PART_NUMBER = np.float32(2.0)
# The best text match counts as much as the greatest popularity.
_TEXT = np.float32(1.0)


@dataclass(frozen=True, slots=True)
class StemGroup:
    """What one typed word may be: stem ids, and what each counts for in [0, 1]."""

    stems: tuple[int, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Popularity:
    """How popular the rows of a snapshot are.

    Attributes:
        scores: float32[n] in [0, 1]; None where nothing is known.
        order: int32[n], rows, most popular first.
        places: int32[n], each row's place in `order`.
    """

    scores: Float32 | None
    order: Int32
    places: Int32


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """Documents of a segment with scores."""

    docs: Int32
    scores: Float32


def products_found(
    bound: BoundLexicon,
    groups: Sequence[StemGroup],
    parts: Sequence[tuple[PartWindow, Sequence[StemGroup]]],
    popularity: Popularity,
    most: int,
) -> Int32:
    """int32[≤ most]: rows of products that hold every group, or whose part number begins so.

    Ranked by how much the words say about the product, and its popularity. Where very many
    products match, the most popular of them are taken as they come.

    Args:
        bound: the lexicon in the rows of a snapshot.
        groups: of every word; none: nothing is found by words.
        parts: beginnings of part numbers, each with the groups of the words before it.
        popularity: of the same rows.
        most: how many.
    """
    rows: list[Int32] = []
    scores: list[Float32] = []
    segments = bound.lexicon.segments
    for number, (segment, row_of) in enumerate(zip(segments, bound.rows, strict=True)):
        found = [_with_part(segment, window, before) for window, before in parts]
        if groups:
            broad = number == 0 and _postings(segment, groups) > _BROAD
            found.append(
                _by_popularity(bound, groups, popularity, most)
                if broad
                else _every(segment, groups)
            )
        for held in found:
            own = row_of[held.docs]
            rows.append(own[own >= 0])
            scores.append(held.scores[own >= 0])
    if not rows:
        return np.zeros(0, np.int32)
    return _best(np.concatenate(rows), np.concatenate(scores), popularity, most)


def _best(rows: Int32, scores: Float32, popularity: Popularity, most: int) -> Int32:
    if popularity.scores is not None:
        scores = scores + popularity.scores[rows]
    if len(rows) > 8 * most:
        least = np.partition(scores, len(scores) - 4 * most)[-4 * most]
        near = np.flatnonzero(scores >= least)
        rows, scores = rows[near], scores[near]
    order = np.lexsort((popularity.places[rows], -scores))
    # By words and by part number the same one may be found.
    unique = list(dict.fromkeys(rows[order].tolist()))
    return np.array(unique[:most], dtype=np.int32)


def _postings(segment: Segment, groups: Sequence[StemGroup]) -> int:
    """How many postings the smallest group has: what intersecting begins with."""
    return min(
        sum(end - begin for begin, end in (postings_of(segment, stem) for stem in group.stems))
        for group in groups
    )


def _every(segment: Segment, groups: Sequence[StemGroup]) -> _Held:
    """Documents that hold all groups, beginning with the rarest."""
    first, *others = sorted((_group(segment, each) for each in groups), key=lambda e: len(e.docs))
    docs, scores = first.docs, first.scores
    for other in others:
        mine, theirs = common(docs, other.docs)
        docs, scores = docs[mine], scores[mine] + other.scores[theirs]
    return _Held(docs, scores * (_TEXT / np.float32(len(groups))))


def _group(segment: Segment, group: StemGroup) -> _Held:
    """Documents that hold any of the stems where a shopper sees them; the best one counts."""
    held = [_stem(segment, *each) for each in zip(group.stems, group.weights, strict=True)]
    if len(held) == 1:
        shown = np.flatnonzero(held[0].scores)
        return _Held(held[0].docs[shown], held[0].scores[shown])
    best = np.zeros(len(segment), dtype=np.float32)
    for each in held:
        best[each.docs] = np.maximum(best[each.docs], each.scores)
    docs = np.flatnonzero(best).astype(np.int32)
    return _Held(docs, best[docs])


def _stem(segment: Segment, stem: int, weight: float) -> _Held:
    """Documents with the stem; score 0 where no shopper sees it."""
    begin, end = postings_of(segment, stem)
    # A word that says next to nothing is still there.
    scores = np.maximum(segment.impacts[begin:end], 1) * np.float32(weight / MOST_IMPACT)
    return _Held(segment.docs[begin:end], scores * (segment.fields[begin:end] & _SHOWN > 0))


def postings_of(segment: Segment, stem: int) -> tuple[int, int]:
    """`Segment.postings`, without a search where the stems are all of the lexicon's."""
    terms = segment.terms
    if 0 <= stem < len(terms) and terms[stem] == stem:
        return int(segment.offsets[stem]), int(segment.offsets[stem + 1])
    return segment.postings(stem)


def _by_popularity(
    bound: BoundLexicon, groups: Sequence[StemGroup], popularity: Popularity, most: int
) -> _Held:
    """The most popular documents of the base whose titles hold every group."""
    segment, size = bound.lexicon.base.segment, len(bound.lexicon.base.stems)
    doc_of = _documents_by_row(bound.rows[0], len(popularity.order))
    allowed = [_members(group, size) for group in groups]
    docs: list[Int32] = [np.zeros(0, np.int32)]
    for start in range(0, _CHUNK * _CHUNKS, _CHUNK):
        chunk = doc_of[popularity.order[start : start + _CHUNK]]
        chunk = chunk[chunk >= 0]
        docs.append(chunk[_titles_hold(segment, chunk, allowed)])
        if sum(map(len, docs)) >= most:
            break
    found = np.concatenate(docs)
    if len(found) < most:
        return _every(segment, groups)
    return _Held(found, np.zeros(len(found), np.float32))


def _documents_by_row(rows: Int32, size: int) -> Int32:
    found = np.full(size, -1, dtype=np.int32)
    inside = np.flatnonzero(rows >= 0)
    found[rows[inside]] = inside
    return found


def _members(group: StemGroup, size: int) -> NDArray[np.bool_]:
    found = np.zeros(size + 1, dtype=np.bool_)  # the last place stands for a separator
    found[[each for each in group.stems if 0 <= each < size]] = True
    return found


def _titles_hold(
    segment: Segment, docs: Int32, allowed: Sequence[NDArray[np.bool_]]
) -> NDArray[np.bool_]:
    """bool[docs]: whether the title holds a stem of every group."""
    lengths = segment.title_lengths[docs].astype(np.int64)
    owners = np.repeat(np.arange(len(docs)), lengths)
    ends = np.cumsum(lengths)
    within = np.arange(len(owners)) - np.repeat(ends - lengths, lengths)
    stems = segment.text_stems[np.repeat(segment.text_offsets[docs], lengths) + within]
    held = np.ones(len(docs), dtype=np.bool_)
    for members in allowed:
        held &= np.bincount(owners[members[stems]], minlength=len(docs)) > 0
    return held


def _with_part(segment: Segment, window: PartWindow, before: Sequence[StemGroup]) -> _Held:
    """Documents with a part number that begins so, and with the words before it."""
    docs = _part_docs(segment, window.prefix)
    if before and len(docs):
        held = _every(segment, before).docs
        docs = docs[common(docs, held)[0]]
    return _Held(docs, np.full(len(docs), _PART_NUMBER))


def _part_docs(segment: Segment, prefix: str) -> Int32:
    keys, wanted = segment.part_keys, prefix.encode()
    first = bisect_left(range(len(keys)), wanted, key=keys.raw)
    last = bisect_left(range(first, len(keys)), wanted + b"\xff", key=keys.raw) + first
    found: Int32 = np.unique(segment.part_docs[first : min(last, first + _FEW_LOOKED_AT)])
    return found
