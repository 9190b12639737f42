"""Sorted arrays as runs, and runs as indices."""

import numpy as np
from numpy.typing import NDArray

from apps.search.domain.lexical.arrays import Int64


def runs_of(values: NDArray[np.int32] | Int64 | NDArray[np.uint64]) -> Int64:
    """int64: where each run of equal values begins; nothing for nothing."""
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([np.zeros(1, np.int64), np.flatnonzero(values[1:] != values[:-1]) + 1])


def ragged(starts: Int64, lengths: Int64) -> Int64:
    """Indices `starts[i] … starts[i] + lengths[i] - 1` of all i, one after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - (ends - lengths), lengths) + np.arange(total, dtype=np.int64)
