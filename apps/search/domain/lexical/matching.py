"""Finding: every active product that holds the query's groups, with BM25F's score."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.lexical.arrays import Float32, Int32, Segment
from apps.search.domain.lexical.found import (
    KnownGroup,
    KnownPart,
    common,
    group_found,
    pieces_found,
)
from apps.search.domain.lexical.lexicon import Lexicon
from apps.search.domain.lexical.querying import (
    Found,
    LexicalMatches,
    LexicalQuery,
    Part,
    TermGroup,
)
from apps.search.domain.lexical.runs import runs_of

Scalar = TypeVar("Scalar", np.int32, np.float32, np.uint32, np.bool_)
# From this share of a segment's documents on, one array over all of them is the faster sum.
_DENSE = 32


@dataclass(frozen=True, slots=True, eq=False)
class BoundLexicon:
    """A lexicon in the rows of one serving snapshot.

    Attributes:
        lexicon: the words.
        rows: by segment: int32[documents], the snapshot's row of each; -1 for a product that
            is inactive or gone, and where a later segment holds it.
    """

    lexicon: Lexicon
    rows: tuple[Int32, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Sum:
    """Documents of one segment with the groups that they hold."""

    docs: Int32
    scores: Float32
    groups: NDArray[np.uint32]


def lexical_search(bound: BoundLexicon, query: LexicalQuery, *, enough: int) -> LexicalMatches:
    """Products that hold every group; when fewer than `enough` do, all that hold any.

    Products whose part number the query spells are among them in any case.

    Args:
        bound: the lexicon in rows.
        query: without groups only part numbers are found.
        enough: how many must hold every group.
    """
    known = tuple(group_known(bound.lexicon, group) for group in query.groups)
    segments = bound.lexicon.segments
    found = tuple(tuple(group_found(segment, group) for group in known) for segment in segments)
    sums = [_every(each) for each in found]
    held = sum(
        int(np.count_nonzero(rows[each.docs] >= 0))
        for rows, each in zip(bound.rows, sums, strict=True)
    )
    if held < enough and (len(known) > 1 or any(group.pieces for group in known)):
        sums = [_any(segment, each, known) for segment, each in zip(segments, found, strict=True)]
    parts = [_part_docs(segment, query.part_numbers) for segment in segments]
    most = sum(group.most for group in known) or 1.0
    whole = [_with_parts(*each) for each in zip(sums, parts, strict=True)]
    matches = _matches(bound.rows, whole, parts, found)
    return replace(
        matches,
        every=query.every,
        most=most,
        scores=matches.scores * np.float32(1.0 / most),
        shares=tuple(group.most / most for group in known),
    )


def group_known(lexicon: Lexicon, group: TermGroup) -> KnownGroup:
    """The group in the lexicon's stem ids."""
    choices = _within_own(
        [
            (tuple(_part_known(lexicon, part) for part in choice.parts), choice.weight)
            for choice in group.choices
        ]
    )
    most = [
        weight * sum(part.most for part in parts)
        for parts, weight in choices
        if all(part.findable for part in parts)
    ]
    own = choices[0][1] * sum(part.most for part in choices[0][0])
    pieces = tuple(dict.fromkeys(group.pieces))
    ids = [lexicon.stem_id(stem) for stem in pieces]
    return KnownGroup(
        choices=choices,
        pieces=tuple((stem, lexicon.stem_idf(stem)) for stem in ids),
        # A word that no product holds must not weigh down what stands for it.
        most=max(most, default=own),
    )


def _within_own(
    choices: list[tuple[tuple[KnownPart, ...], float]],
) -> tuple[tuple[tuple[KnownPart, ...], float], ...]:
    """What stands for the shopper's words never says more than they do, times its weight.

    `usb flash drive` holds three words that each say something, `usb stick` two.
    """
    own, findable = choices[0][0], all(part.findable for part in choices[0][0])
    limit = sum(part.most for part in own)
    if not findable:
        return tuple(choices)
    return (
        choices[0],
        *(
            (parts, weight * min(1.0, limit / (sum(part.most for part in parts) or 1.0)))
            for parts, weight in choices[1:]
        ),
    )


def _part_known(lexicon: Lexicon, part: Part) -> KnownPart:
    ids = tuple(lexicon.stem_id(stem) for stem in part.stems)
    idf = tuple(lexicon.stem_idf(stem) for stem in ids)
    joined = lexicon.stem_id(part.joined) if part.joined else -1
    return KnownPart(ids, idf, joined, lexicon.stem_idf(joined) if joined >= 0 else 0.0)


def _every(found: Sequence[Found]) -> _Sum:
    """Documents that hold all groups, beginning with the rarest."""
    if not found:
        return _Sum(np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.uint32))
    first, *others = sorted(found, key=len)
    docs, scores = first.docs, first.scores
    for other in others:
        mine, theirs = common(docs, other.docs)
        docs, scores = docs[mine], scores[mine] + other.scores[theirs]
    return _Sum(docs, scores, np.full(len(docs), (1 << len(found)) - 1, dtype=np.uint32))


def _any(segment: Segment, found: Sequence[Found], known: Sequence[KnownGroup]) -> _Sum:
    """Documents that hold any group, or a piece of one."""
    lists = [(each, 1 << at) for at, each in enumerate(found)]
    for at, group in enumerate(known):
        pieces = pieces_found(segment, group)
        lists += [(_beside(piece, found[at], group), 0) for piece in pieces]
    total = sum(len(each) for each, _ in lists)
    if total > len(segment) // _DENSE:
        return _any_dense(len(segment), lists)
    docs = np.concatenate([np.zeros(0, np.int32), *(each.docs for each, _ in lists)])
    order = np.argsort(docs, kind="stable")
    docs = docs[order]
    first = runs_of(docs)
    if not len(first):
        return _every(())
    scores = np.concatenate([each.scores for each, _ in lists])[order]
    bits = np.concatenate([np.full(len(each), bit, dtype=np.uint32) for each, bit in lists])
    return _Sum(
        docs[first],
        np.add.reduceat(scores, first),
        np.bitwise_or.reduceat(bits[order], first),
    )


def _any_dense(size: int, lists: Sequence[tuple[Found, int]]) -> _Sum:
    scores = np.zeros(size, dtype=np.float32)
    groups = np.zeros(size, dtype=np.uint32)
    for each, bit in lists:
        scores[each.docs] += each.scores
        groups[each.docs] |= np.uint32(bit)
    docs = np.flatnonzero(scores > 0).astype(np.int32)
    return _Sum(docs, scores[docs], groups[docs])


def _beside(piece: Found, whole: Found, group: KnownGroup) -> Found:
    """A piece where the group itself is not satisfied; together pieces never outdo it."""
    keep = np.ones(len(piece), dtype=np.bool_)
    keep[np.isin(piece.docs, whole.docs, assume_unique=True)] = False
    share = np.float32(1.0 / max(len(group.pieces), 1))
    return Found(piece.docs[keep], piece.scores[keep] * share, piece.fields[keep])


def _part_docs(segment: Segment, part_numbers: Sequence[str]) -> Int32:
    """Documents whose part number is spelt, each once."""
    found: set[int] = set()
    keys = segment.part_keys
    for text in part_numbers:
        wanted = text.encode()
        at = bisect_left(range(len(keys)), wanted, key=keys.raw)
        while at < len(keys) and keys.raw(at) == wanted:
            found.add(int(segment.part_docs[at]))
            at += 1
    return np.array(sorted(found), dtype=np.int32)


def _matches(
    rows: Sequence[Int32],
    whole: Sequence[_Sum],
    parts: Sequence[Int32],
    found: tuple[tuple[Found, ...], ...],
) -> LexicalMatches:
    """Every segment's documents as rows; those that have none are left out."""
    docs = _joined([each.docs for each in whole])
    own = _joined([of[each.docs] for of, each in zip(rows, whole, strict=True)])
    keep = np.flatnonzero(own >= 0)
    numbers = np.arange(len(whole), dtype=np.uint8)
    return LexicalMatches(
        rows=own[keep],
        scores=_joined([each.scores for each in whole])[keep],
        groups=_joined([each.groups for each in whole])[keep],
        parts=_spelt(whole, parts)[keep],
        segments=np.repeat(numbers, [len(each.docs) for each in whole])[keep],
        docs=docs[keep],
        every=0,
        found=found,
        most=1.0,
    )


def _spelt(whole: Sequence[_Sum], parts: Sequence[Int32]) -> NDArray[np.bool_]:
    """Which documents the query spells the part number of."""
    if not any(map(len, parts)):
        return np.zeros(sum(len(each.docs) for each in whole), dtype=np.bool_)
    return _joined([np.isin(each.docs, part) for each, part in zip(whole, parts, strict=True)])


def _joined(arrays: Sequence[NDArray[Scalar]]) -> NDArray[Scalar]:
    """One array after the other; most lexicons have one segment, and need no copy."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _with_parts(found: _Sum, parts: Int32) -> _Sum:
    """With the products that are found by their part number alone."""
    if not len(parts):
        return found
    more = np.setdiff1d(parts, found.docs, assume_unique=True)
    if not len(more):
        return found
    return _Sum(
        np.concatenate([found.docs, more]),
        np.concatenate([found.scores, np.zeros(len(more), np.float32)]),
        np.concatenate([found.groups, np.zeros(len(more), np.uint32)]),
    )
