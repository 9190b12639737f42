"""Products by what was typed so far: popular ones first, from the lexicon's own postings."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.lexical.arrays import MOST_IMPACT, Field, Float32, Int32, Segment
from apps.search.domain.lexical.found import common
from apps.search.domain.lexical.matching import BoundLexicon
from apps.search.domain.suggesting.heads import Heads, titles_of
from apps.search.domain.suggesting.typed import PartWindow

# Fields whose words a shopper sees in a suggestion, or knows the product by.
_SHOWN = np.uint8(
    1 << Field.TITLE | 1 << Field.BRAND | 1 << Field.IDENTIFIER | 1 << Field.CATEGORY
)
_ANYWHERE = np.uint8(0xFF)
# Of a beginning so many stems are looked at: those that most products hold.
MOST_STEMS = 16
# From so many postings on, products are looked through by popularity instead.
_BROAD = 60_000
_CHUNK, _CHUNKS = 2_048, 16
_FEW_LOOKED_AT = 4_096
# So many of the best are looked at for what their titles are about.
_LIFTED = 128
_MOST_REMEMBERED = 1_000_000
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
class Held:
    """Documents of a segment, ascending, with scores."""

    docs: Int32
    scores: Float32


@dataclass(slots=True)
class Remembered:
    """Documents of groups in a base, for who types on: bounded, and made anew with the base.

    Attributes:
        groups: by group.
        documents: of all of them.
        foreseen: the same for what was looked for before anybody asked.
        foreseen_documents: of all of these.
    """

    groups: dict[StemGroup, Held] = field(default_factory=dict)
    documents: int = 0
    foreseen: dict[StemGroup, Held] = field(default_factory=dict)
    foreseen_documents: int = 0

    def of(self, segment: Segment, group: StemGroup) -> Held:
        """The documents of a group; `segment` is the base's."""
        found = self.foreseen.get(group) or self.groups.get(group)
        if found is None:
            found = _group(segment, group, _SHOWN)
            if self.documents > _MOST_REMEMBERED:
                self.groups, self.documents = {}, 0
            self.groups[group] = found
            self.documents += len(found.docs)
        return found

    def foresee(self, segment: Segment, group: StemGroup) -> None:
        """Remember a group that will be asked for, for good, in as much room again."""
        room = self.foreseen_documents < _MOST_REMEMBERED
        if room and group not in self.foreseen and _postings(segment, [group]) <= _BROAD:
            found = _group(segment, group, _SHOWN)
            self.foreseen[group] = found
            self.foreseen_documents += len(found.docs)


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What products are looked for.

    Attributes:
        groups: of every word; none: nothing is found by words.
        parts: beginnings of part numbers, each with the groups of the words before it.
        heads: what lifts a product; None: nothing.
        anywhere: whether words count that no shopper sees: of the description, say.
    """

    groups: Sequence[StemGroup] = ()
    parts: Sequence[tuple[PartWindow, Sequence[StemGroup]]] = ()
    heads: Heads | None = None
    anywhere: bool = False


def products_found(
    bound: BoundLexicon,
    wanted: Wanted,
    popularity: Popularity,
    most: int,
    remembered: Remembered | None = None,
) -> Int32:
    """int32[≤ most]: rows of products that hold every group, or whose part number begins so.

    Ranked by how much the words say about the product, whether it is what the last one names,
    and its popularity. Where very many products match, the most popular of them are taken as
    they come.

    Args:
        bound: the lexicon in the rows of a snapshot.
        wanted: what is looked for.
        popularity: of the same rows.
        most: how many.
        remembered: of the base.
    """
    parts: list[tuple[Int32, Float32]] = []
    segments = bound.lexicon.segments
    for number, (segment, row_of) in enumerate(zip(segments, bound.rows, strict=True)):
        held = [_with_part(segment, window, before) for window, before in wanted.parts]
        if wanted.groups:
            base = number == 0
            if base and _postings(segment, wanted.groups) > _BROAD and not wanted.anywhere:
                held.append(_by_popularity(bound, wanted.groups, popularity, most))
            else:
                memory = remembered if base and not wanted.anywhere else None
                held.append(_every(segment, wanted.groups, memory, anywhere=wanted.anywhere))
        parts += [
            _scored((segment, row_of), each, wanted.heads, popularity, most)
            for each in held
            if len(each.docs)
        ]
    if not parts:
        return np.zeros(0, np.int32)
    rows = np.concatenate([each[0] for each in parts])
    scores = np.concatenate([each[1] for each in parts])
    order = np.lexsort((popularity.places[rows], -scores))
    # By words and by part number the same one may be found.
    unique = list(dict.fromkeys(rows[order].tolist()))
    return np.array(unique[:most], dtype=np.int32)


def _scored(
    place: tuple[Segment, Int32],
    held: Held,
    heads: Heads | None,
    popularity: Popularity,
    most: int,
) -> tuple[Int32, Float32]:
    """Rows of the best documents, and their scores.

    Args:
        place: the segment, and the row of each of its documents.
        held: documents of it.
        heads: what lifts them.
        popularity: of the rows.
        most: how many are wanted.
    """
    docs, scores, rows = held.docs, held.scores, place[1][held.docs]
    known = rows >= 0
    if not known.all():
        rows, docs, scores = rows[known], docs[known], scores[known]
    if popularity.scores is not None:
        scores = scores + popularity.scores[rows]
    if heads is not None and heads.spans:
        scores = scores + heads.shelved(rows)
    best = _best(scores, popularity.places[rows], most if heads is None else _LIFTED)
    rows, docs, scores = rows[best], docs[best], scores[best]
    if heads is not None and len(rows):
        scores = scores + heads.called(place[0], docs)
    return rows, scores


def _best(scores: Float32, places: Int32, most: int) -> NDArray[np.intp]:
    """Where the best scores stand, of equal ones the most popular; in no order.

    The bits of scores that are not negative compare as the scores do.
    """
    if len(scores) <= most:
        return np.arange(len(scores))
    keys = (scores.view(np.int32).astype(np.int64) << 32) - places
    return np.argpartition(keys, len(keys) - most)[-most:]


def _postings(segment: Segment, groups: Sequence[StemGroup]) -> int:
    """How many postings the smallest group has: what intersecting begins with."""
    return min(
        sum(end - begin for begin, end in (postings_of(segment, stem) for stem in group.stems))
        for group in groups
    )


def _every(
    segment: Segment,
    groups: Sequence[StemGroup],
    remembered: Remembered | None = None,
    *,
    anywhere: bool = False,
) -> Held:
    """Documents that hold all groups, beginning with the rarest."""
    if remembered is not None:
        held = [remembered.of(segment, each) for each in groups]
    else:
        where = _ANYWHERE if anywhere else _SHOWN
        held = [_group(segment, each, where) for each in groups]
    first, *others = sorted(held, key=lambda each: len(each.docs))
    docs, scores = first.docs, first.scores
    for other in others:
        mine, theirs = common(docs, other.docs)
        docs, scores = docs[mine], scores[mine] + other.scores[theirs]
    return Held(docs, scores * (_TEXT / np.float32(len(groups))))


def _group(segment: Segment, group: StemGroup, where: np.uint8) -> Held:
    """Documents that hold any of the stems where they count.

    Of several the first stem counts: the word itself stands before what only begins so.
    """
    spans = [postings_of(segment, stem) for stem in group.stems]
    slices = [slice(*span) for span in reversed(spans)]
    fields = np.concatenate([segment.fields[each] for each in slices])
    counts = np.flatnonzero(fields & where)
    docs = np.concatenate([segment.docs[each] for each in slices])[counts]
    # A word that says next to nothing is still there.
    impacts = np.maximum(np.concatenate([segment.impacts[each] for each in slices])[counts], 1)
    shares = np.array(group.weights[::-1], dtype=np.float32) * np.float32(1 / MOST_IMPACT)
    sizes = [end - begin for begin, end in reversed(spans)]
    scores = impacts * np.repeat(shares, sizes)[counts]
    if len(spans) == 1:
        return Held(docs, scores)
    best = np.zeros(len(segment), dtype=np.float32)
    best[docs] = scores  # of equal places the last one is kept
    docs = np.flatnonzero(best).astype(np.int32)
    return Held(docs, best[docs])


def postings_of(segment: Segment, stem: int) -> tuple[int, int]:
    """`Segment.postings`, without a search where the stems are all of the lexicon's."""
    terms = segment.terms
    if 0 <= stem < len(terms) and terms[stem] == stem:
        return int(segment.offsets[stem]), int(segment.offsets[stem + 1])
    return segment.postings(stem)


def _by_popularity(
    bound: BoundLexicon, groups: Sequence[StemGroup], popularity: Popularity, most: int
) -> Held:
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
    return Held(found, np.zeros(len(found), np.float32))


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
    owners, stems = titles_of(segment, docs)
    held = np.ones(len(docs), dtype=np.bool_)
    for members in allowed:
        held &= np.bincount(owners[members[stems]], minlength=len(docs)) > 0
    return held


def _with_part(segment: Segment, window: PartWindow, before: Sequence[StemGroup]) -> Held:
    """Documents with a part number that begins so, and with the words before it."""
    docs = _part_docs(segment, window.prefix)
    if before and len(docs):
        held = _every(segment, before).docs
        docs = docs[common(docs, held)[0]]
    return Held(docs, np.full(len(docs), _PART_NUMBER))


def _part_docs(segment: Segment, prefix: str) -> Int32:
    keys, wanted = segment.part_keys, prefix.encode()
    first = bisect_left(range(len(keys)), wanted, key=keys.raw)
    last = bisect_left(range(first, len(keys)), wanted + b"\xff", key=keys.raw) + first
    found: Int32 = np.unique(segment.part_docs[first : min(last, first + _FEW_LOOKED_AT)])
    return found
