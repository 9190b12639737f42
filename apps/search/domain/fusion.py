"""Two ranked lists become one candidate list with one score in [0, 1]."""

from dataclasses import dataclass

import numpy as np

from apps.ranking.contracts import Candidates, Float32, Float64, Int32
from apps.search.contracts import FusionMethod, RankedList

RRF_K = 60.0
# Nobody turns so many pages: ranks beyond are one, and need no order among them.
DEEPEST_RANK = 10_001
# Of one keyword rank: what a semantic rank counts, and what the keyword score adds to it.
SEMANTIC_TRUST = 0.5
SCORE_TRUST = 0.5
_RANKS: Int32 = np.arange(1, DEEPEST_RANK + 1, dtype=np.int32)
_RECIPROCALS: Float64 = (RRF_K + 1.0) / (RRF_K + _RANKS.astype(np.float64))


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the lists are put together.

    Attributes:
        method: reciprocal ranks, weighted scores, or the better score.
        keyword_weight: share of the keyword score under `weighted`, in [0, 1].
        semantic_trust: what a semantic rank counts, of a keyword rank, under `rrf`.
        score_trust: what the keyword score adds, of its first rank, under `rrf`.
    """

    method: FusionMethod = FusionMethod.RRF
    keyword_weight: float = 0.5
    semantic_trust: float = SEMANTIC_TRUST
    score_trust: float = SCORE_TRUST


def candidates_fuse(keyword: RankedList, semantic: RankedList, fusion: Fusion) -> Candidates:
    """Every row of either list, once, with both ranks, both scores and the fused score.

    Keyword ranks beyond DEEPEST_RANK count as it, so that the list need not be ordered there.
    The candidates come in the keyword list's order, then what only the semantic list holds.
    """
    slots, rows = _slots(keyword.rows, semantic.rows)
    first, size = len(keyword), len(rows)
    ordered = min(first, DEEPEST_RANK)
    keyword_rank = np.zeros(size, dtype=np.int32)
    keyword_rank[:ordered] = _RANKS[:ordered]
    keyword_rank[ordered:first] = DEEPEST_RANK
    keyword_score = np.empty(size, dtype=np.float32)
    keyword_score[:first] = keyword.scores
    keyword_score[first:] = np.nan
    semantic_rank = np.zeros(size, dtype=np.int32)
    semantic_rank[slots] = np.arange(1, len(semantic) + 1, dtype=np.int32)
    semantic_score = np.empty(size, dtype=np.float32)
    semantic_score.fill(np.nan)
    semantic_score[slots] = semantic.scores
    if fusion.method is FusionMethod.RRF:
        score = _reciprocal(keyword, slots, size, fusion)
    else:
        score = _by_score(keyword_score, semantic_score, fusion)
    return Candidates(
        rows=rows,
        keyword_score=keyword_score,
        keyword_rank=keyword_rank,
        semantic_score=semantic_score,
        semantic_rank=semantic_rank,
        search_score=score.astype(np.float32),
    )


def _slots(keyword_rows: Int32, semantic_rows: Int32) -> tuple[Int32, Int32]:
    """Where each semantic row stands among the candidates, and the candidates' rows."""
    first, more = len(keyword_rows), len(semantic_rows)
    if not first or not more:
        every = np.arange(first, first + more, dtype=np.int32)
        return every, np.concatenate([keyword_rows, semantic_rows])
    slots = np.full(more, -1, dtype=np.int32)
    # Marked in an array over all rows: looking each up among the others takes ten times as long.
    held = np.zeros(max(int(keyword_rows.max()), int(semantic_rows.max())) + 1, dtype=np.bool_)
    held[semantic_rows] = True
    common = held[keyword_rows].nonzero()[0]
    order = semantic_rows.argsort()
    slots[order[semantic_rows[order].searchsorted(keyword_rows[common])]] = common
    fresh = (slots < 0).nonzero()[0]
    slots[fresh] = np.arange(first, first + len(fresh))
    return slots, np.concatenate([keyword_rows, semantic_rows[fresh]])


def _reciprocal(keyword: RankedList, slots: Int32, size: int, fusion: Fusion) -> Float64:
    """Sum of trust / (60 + rank) and the keyword score, over the most that the lists could give.

    Words are trusted twice as far as meaning: the nearest product is often another thing that
    is used in the same place. Between two lists ranks alone forget that the first product may
    answer far better than the second, so the score adds its own part.

    Args:
        keyword: the candidates begin with it, best first.
        slots: int[m], where each row of the semantic list stands among them.
        size: of the candidates.
        fusion: how far ranks and scores are trusted.

    Source: Cormack, Clarke and Büttcher, Reciprocal rank fusion, SIGIR 2009, equation 1; the
        parts' sizes are from docs/adr/0018.
    """
    total = np.zeros(size, dtype=np.float64)
    first, most = len(keyword), 0.0
    if first:
        total[:first] = _reciprocal_ranks(first)
        total[:first] += fusion.score_trust * _scaled(keyword.scores)
        most += 1.0 + fusion.score_trust
    if len(slots):
        # Each slot stands once: nothing is added twice to one place.
        total[slots] += fusion.semantic_trust * _reciprocal_ranks(len(slots))
        most += fusion.semantic_trust
    total /= most or 1.0
    return total


def _reciprocal_ranks(count: int) -> Float64:
    """float64[count]: 61 / (60 + rank), so 1 for the first."""
    if count <= DEEPEST_RANK:
        return _RECIPROCALS[:count]
    return np.concatenate([_RECIPROCALS, np.full(count - DEEPEST_RANK, _RECIPROCALS[-1])])


def _by_score(keyword: Float32, semantic: Float32, fusion: Fusion) -> Float64:
    """Each list's score over its best one; absent counts 0; one empty list leaves the other."""
    parts = [
        (_scaled(keyword), fusion.keyword_weight),
        (_scaled(semantic), 1 - fusion.keyword_weight),
    ]
    present = [(part, weight) for part, weight in parts if part.any()]
    if not present:
        return np.zeros(len(keyword), dtype=np.float64)
    if len(present) == 1:
        return present[0][0]
    if fusion.method is FusionMethod.MAX:
        best: Float64 = np.maximum(present[0][0], present[1][0])
        return best
    total: Float64 = sum((weight * part for part, weight in present), np.zeros(len(keyword)))
    return total


def _scaled(scores: Float32) -> Float64:
    # The greater of two numbers, or the one that is a number.
    filled = np.fmax(scores.astype(np.float64), 0.0)
    top = filled.max(initial=0.0)
    return filled / top if top > 0.0 else filled
