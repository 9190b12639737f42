"""From products that are allowed to rows of an index that are."""

import numpy as np

from apps.embeddings.contracts import BoolArray, IntArray


def rows_allowed(pks: IntArray, allowed: BoolArray) -> BoolArray:
    """bool[len(pks)]: `allowed` (by primary key) for each row; keys beyond its end are not.

    Args:
        pks: int32[n], the primary key of each row, ascending.
        allowed: bool[m], by primary key.
    """
    known = int(np.searchsorted(pks, len(allowed)))
    rows = np.zeros(len(pks), dtype=np.bool_)
    rows[:known] = allowed[pks[:known]]
    return rows
