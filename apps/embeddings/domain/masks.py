"""From products to rows of an index."""

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


def rows_by_pk(pks: IntArray) -> IntArray:
    """int32[greatest pk + 1]: the row of each primary key, -1 for those that have none.

    Args:
        pks: int32[n], the primary key of each row, ascending.
    """
    rows = np.full(int(pks[-1]) + 1 if len(pks) else 0, -1, dtype=np.int32)
    rows[pks] = np.arange(len(pks), dtype=np.int32)
    return rows


def rows_of(row_of_pk: IntArray, pks: IntArray) -> IntArray:
    """int32[m]: the row of each of int32[m] primary keys, -1 for those that have none."""
    within = pks < len(row_of_pk)
    if within.all():
        return row_of_pk.take(pks)
    found = np.full(len(pks), -1, dtype=np.int32)
    found[within] = row_of_pk[pks[within]]
    return found
