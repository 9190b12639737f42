"""What the keyword statement found, as one ranked list on one scale."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.catalog.contracts import IntArray
from apps.search.contracts import KeywordMode, RankedList

Float32 = NDArray[np.float32]
# The scale: a spelt part number, then every term, then any term. Bands never overlap.
PART_NUMBER = 2.0
ALL_TERMS = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class KeywordMatches:
    """Everything the keyword statement found, unordered, by product pk.

    Attributes:
        strict_pks, strict_ranks: int32[a], float32[a]: products that hold every term.
        relaxed_pks, relaxed_ranks: int32[b], float32[b]: products that hold any; empty unless
            too few hold every.
        part_pks: int32[c]: products whose part number the query spells.
        fingerprint: of the catalogue, read in the same statement.
    """

    strict_pks: NDArray[np.int32]
    strict_ranks: NDArray[np.float32]
    relaxed_pks: NDArray[np.int32]
    relaxed_ranks: NDArray[np.float32]
    part_pks: NDArray[np.int32]
    fingerprint: str


def keyword_list(matches: KeywordMatches, row_of_pk: IntArray) -> tuple[RankedList, int]:
    """The list, and how many of its first rows match firmly (every term, or a part number).

    Scores: 2 for a part number, 1 + r / (1 + r) for all terms, r / (1 + r) for any term, with
    r PostgreSQL's rank. Equal scores stand in the order of their pk.

    Args:
        matches: by pk, unordered; a product may stand in more than one part.
        row_of_pk: int32[greatest pk + 1], -1 for unknown.
    """
    pks, scores = matches.strict_pks, _bounded(matches.strict_ranks) + np.float32(ALL_TERMS)
    if len(matches.part_pks) or len(matches.relaxed_pks):
        parts = np.full(len(matches.part_pks), PART_NUMBER, dtype=np.float32)
        pks = np.concatenate([matches.part_pks, pks, matches.relaxed_pks])
        scores = np.concatenate([parts, scores, _bounded(matches.relaxed_ranks)])
        pks, scores = _ordered(pks, scores)
        _, first = np.unique(pks, return_index=True)
        first.sort()
        pks, scores = pks[first], scores[first]
    else:
        pks, scores = _ordered(pks, scores)
    ranked = RankedList(*rows_known(pks, scores, row_of_pk))
    return ranked, int(np.count_nonzero(ranked.scores >= ALL_TERMS))


def rows_known(pks: IntArray, scores: Float32, row_of_pk: IntArray) -> tuple[IntArray, Float32]:
    """Rows and scores of the products that the columns hold, in the same order.

    Args:
        pks: int32[m].
        scores: float32[m].
        row_of_pk: int32[greatest pk + 1], -1 for unknown.
    """
    if len(pks) and pks.max() >= len(row_of_pk):
        inside = pks < len(row_of_pk)
        pks, scores = pks[inside], scores[inside]
    rows = row_of_pk[pks]
    found = rows >= 0
    if found.all():
        return rows, scores
    return rows[found], scores[found]


def list_cut(ranked: RankedList, floor: float, relative: float) -> RankedList:
    """The head of a list that ends where it stops being an answer.

    Args:
        ranked: best first.
        floor: the least score that is an answer.
        relative: the least share of the best score that is one, in [0, 1].
    """
    if not len(ranked):
        return ranked
    least = max(floor, relative * float(ranked.scores[0]))
    count = int(np.count_nonzero(ranked.scores >= least))
    return RankedList(ranked.rows[:count], ranked.scores[:count])


def keyword_mode(firm: int, total: int) -> KeywordMode:
    """What a list of `total` rows, `firm` of them firm, is called in the answer."""
    if not total:
        return KeywordMode.NONE
    return KeywordMode.ALL_TERMS if firm == total else KeywordMode.RELAXED


def _bounded(ranks: Float32) -> Float32:
    return ranks / (ranks + np.float32(1.0))


def _ordered(pks: IntArray, scores: Float32) -> tuple[IntArray, Float32]:
    """By descending score, then pk, in one sort: scores are positive, so their bits compare."""
    keys = (~scores.view(np.int32)).astype(np.int64) << 32 | pks
    order = np.argsort(keys)
    return pks[order], scores[order]
