"""Confidences as a sparse matrix, and a product's best neighbours out of dense rows."""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from apps.recommendations.contracts import BoolArray, Float32
from apps.recommendations.contracts_models import Confidences
from apps.recommendations.domain.parts import NeighbourPart

_BLOCK_NUMBERS = 20_000_000  # of one dense block: 80 MB


def user_items(confidences: Confidences) -> "sparse.csr_matrix[np.float32]":
    """float32 users by products; shares the arrays."""
    return sparse.csr_matrix(
        (confidences.values, confidences.codes, confidences.indptr),
        shape=(confidences.users, confidences.products),
    )


def neighbours_kept(
    products: int, keep: int, rows_of: Callable[[int, int], Float32]
) -> NeighbourPart:
    """The `keep` largest weights, by size, of each product's row; a block of rows at a time.

    Args:
        products: how many rows and columns.
        keep: at most so many a row; zeros are never kept.
        rows_of: float32[stop - start, products] for `start, stop`.
    """
    block = max(1, _BLOCK_NUMBERS // max(products, 1))
    starts = np.zeros(products + 1, dtype=np.int64)
    codes, weights = [], []
    for start in range(0, products, block):
        stop = min(start + block, products)
        rows = rows_of(start, stop)
        kept = _largest(np.abs(rows), keep)
        starts[start + 1 : stop + 1] = kept.sum(axis=1)
        codes.append(np.nonzero(kept)[1].astype(np.int32))
        weights.append(rows[kept].astype(np.float32))
    none = np.zeros(0)
    return NeighbourPart(
        np.cumsum(starts),
        np.concatenate([none.astype(np.int32), *codes]),
        np.concatenate([none.astype(np.float32), *weights]),
    )


def _largest(sizes: Float32, keep: int) -> BoolArray:
    if keep >= sizes.shape[1]:
        return sizes > 0
    least = np.partition(sizes, sizes.shape[1] - keep, axis=1)[:, [sizes.shape[1] - keep]]
    # Of those that are exactly as large as the least, all stay: which one would be chance.
    return (sizes >= least) & (sizes > 0)
