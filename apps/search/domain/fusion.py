"""Two ranked lists become one candidate list with one score in [0, 1]."""

from dataclasses import dataclass

import numpy as np

from apps.catalog.contracts import BoolArray
from apps.ranking.contracts import Candidates, Float32, Float64, Int32
from apps.search.contracts import FusionMethod, RankedList
from apps.search.domain.keyword_list import ALL_TERMS

RRF_K = 60.0
SOME_TERMS_TRUST = 0.5


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the lists are put together.

    Attributes:
        method: reciprocal ranks, weighted scores, or the better score.
        keyword_weight: share of the keyword score under `weighted`, in [0, 1].
    """

    method: FusionMethod = FusionMethod.RRF
    keyword_weight: float = 0.5


def candidates_fuse(keyword: RankedList, semantic: RankedList, fusion: Fusion) -> Candidates:
    """Every row of either list, once, with both ranks, both scores and the fused score.

    The candidates come in the keyword list's order, then what only the semantic list holds.
    """
    slots, fresh = _slots(keyword.rows, semantic.rows)
    size = len(keyword) + int(fresh.sum())
    rows = np.concatenate([keyword.rows, semantic.rows[fresh]])
    keyword_rank = np.zeros(size, dtype=np.int32)
    keyword_rank[: len(keyword)] = np.arange(1, len(keyword) + 1, dtype=np.int32)
    keyword_score = np.full(size, np.nan, dtype=np.float32)
    keyword_score[: len(keyword)] = keyword.scores
    semantic_rank = np.zeros(size, dtype=np.int32)
    semantic_rank[slots] = np.arange(1, len(semantic) + 1, dtype=np.int32)
    semantic_score = np.full(size, np.nan, dtype=np.float32)
    semantic_score[slots] = semantic.scores
    if fusion.method is FusionMethod.RRF:
        score = _reciprocal(_trust(keyword_score), keyword_rank, semantic_rank)
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


def _slots(keyword_rows: Int32, semantic_rows: Int32) -> tuple[Int32, BoolArray]:
    """Where each semantic row stands among the candidates, and which are new."""
    slots = np.full(len(semantic_rows), -1, dtype=np.int32)
    if len(keyword_rows) and len(semantic_rows):
        order = np.argsort(semantic_rows)
        ascending = semantic_rows[order]
        at = np.searchsorted(ascending, keyword_rows)
        at[at == len(ascending)] = 0
        common = np.flatnonzero(ascending[at] == keyword_rows)
        slots[order[at[common]]] = common
    fresh = slots < 0
    slots[fresh] = np.arange(len(keyword_rows), len(keyword_rows) + int(fresh.sum()))
    return slots, fresh


def _trust(keyword_score: Float32) -> Float64:
    """How much a keyword rank counts: half for some of the terms where others hold them all."""
    firm = keyword_score >= ALL_TERMS
    if not firm.any():
        return np.ones(len(keyword_score))
    return np.where(firm, 1.0, SOME_TERMS_TRUST)


def _reciprocal(trust: Float64, keyword_rank: Int32, semantic_rank: Int32) -> Float64:
    """Sum of trust / (60 + rank), over the most that the lists at hand could give.

    Source: Cormack, Clarke and Büttcher, Reciprocal rank fusion, SIGIR 2009, equation 1.
    """
    total = np.zeros(len(keyword_rank), dtype=np.float64)
    lists = 0
    for ranks, trusted in ((keyword_rank, trust), (semantic_rank, np.ones(len(trust)))):
        there = ranks > 0
        if there.any():
            lists += 1
            total[there] += trusted[there] / (RRF_K + ranks[there])
    return total * ((RRF_K + 1.0) / max(lists, 1))


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
    filled = np.nan_to_num(scores.astype(np.float64), nan=0.0).clip(min=0.0)
    top = filled.max(initial=0.0)
    return filled / top if top > 0.0 else filled
