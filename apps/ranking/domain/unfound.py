"""Candidates that no engine's list holds."""

import numpy as np

from apps.ranking.contracts import Candidates, Float32, Int32


def candidates_unfound(rows: Int32, scores: Float32 | None = None) -> Candidates:
    """Rows that no list holds.

    Args:
        rows: int32[m], each once.
        scores: float32[m] in [0, 1]; None: 0, so that other features order them.
    """
    size = len(rows)
    absent = np.full(size, np.nan, dtype=np.float32)
    nowhere = np.zeros(size, dtype=np.int32)
    return Candidates(
        rows=rows,
        keyword_score=absent,
        keyword_rank=nowhere,
        semantic_score=absent,
        semantic_rank=nowhere,
        search_score=np.zeros(size, dtype=np.float32) if scores is None else scores,
    )
