"""Orders other than by relevance."""

import numpy as np
from numpy.typing import NDArray

from apps.catalog.contracts import IntArray, ProductColumns
from apps.search.contracts import Sort


def sorted_order(
    sort: Sort,
    columns: ProductColumns,
    rows: IntArray,
    popularity: NDArray[np.float32],
) -> IntArray:
    """int32[m]: indices into `rows` in the asked order; ties stand in the order of their pk.

    Args:
        sort: any but relevance.
        columns: the catalogue.
        rows: int32[m], the matches.
        popularity: float32[m], aligned to `rows`.
    """
    if sort is Sort.PRICE:
        key = columns.price[rows]
    elif sort is Sort.PRICE_DESCENDING:
        key = -columns.price[rows]
    elif sort is Sort.NEWEST:
        # What has no release date stands last.
        key = -np.nan_to_num(columns.released[rows], nan=-np.inf, neginf=-np.inf)
    else:
        key = -popularity.astype(np.float64)
    return np.lexsort((columns.pks[rows], key)).astype(np.int32)
