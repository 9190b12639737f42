"""What the keyword statement found, as one ranked list on one scale."""

import numpy as np
from numpy.typing import NDArray

from apps.catalog.contracts import IntArray
from apps.search.contracts import KeywordMatches, KeywordMode, RankedList

Float32 = NDArray[np.float32]
# The scale: a spelt part number, then every term, then any term. Bands never overlap.
PART_NUMBER = 2.0
ALL_TERMS = 1.0


def keyword_list(matches: KeywordMatches, row_of_pk: IntArray) -> tuple[RankedList, int]:
    """The list, and how many of its first rows match firmly (every term, or a part number).

    Scores: 2 for a part number, 1 + r / (1 + r) for all terms, r / (1 + r) for any term, with
    r PostgreSQL's rank. Equal scores stand in the order of their pk.

    Args:
        matches: by pk, unordered; a product may stand in more than one part.
        row_of_pk: int32[greatest pk + 1], -1 for unknown.
    """
    parts = np.full(len(matches.part_pks), PART_NUMBER, dtype=np.float32)
    strict = _bounded(matches.strict_ranks) + np.float32(ALL_TERMS)
    pks = np.concatenate([matches.part_pks, matches.strict_pks, matches.relaxed_pks])
    scores = np.concatenate([parts, strict, _bounded(matches.relaxed_ranks)])
    pks, scores = _ordered(pks, scores)
    if len(matches.part_pks) or len(matches.relaxed_pks):
        _, first = np.unique(pks, return_index=True)
        first.sort()
        pks, scores = pks[first], scores[first]
    rows = np.full(len(pks), -1, dtype=np.int32)
    known = pks < len(row_of_pk)
    rows[known] = row_of_pk[pks[known]]
    found = rows >= 0
    ranked = RankedList(rows[found], scores[found])
    return ranked, int((ranked.scores >= ALL_TERMS).sum())


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
