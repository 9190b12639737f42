"""Which groups of brand or category have no room left on a shelf that breaks their limit."""

from collections.abc import Collection

import numpy as np

from apps.catalog.contracts import ProductColumns
from apps.recommendations.contracts import BoolArray, Constraints, Int32


def rows_crowded(
    constraints: Constraints, columns: ProductColumns, shown: Int32, pinned: Collection[int] = ()
) -> BoolArray | None:
    """bool[n]: rows of groups that are full; None where the shelf keeps every limit.

    Args:
        constraints: of the placement.
        columns: whose rows are meant.
        shown: int32[≤ k], the shelf's rows.
        pinned: rows that stand there whatever the limits say: they take room, and break none.
    """
    if not (constraints.most_per_brand or constraints.most_per_category):
        return None
    crowded, broken = np.zeros(len(columns), dtype=np.bool_), False
    moving = np.isin(shown, list(pinned), invert=True)
    for codes, most in (
        (columns.brand, constraints.most_per_brand),
        (columns.category, constraints.most_per_category),
    ):
        if most:
            groups, places = np.unique(codes[shown], return_inverse=True)
            counts = np.bincount(places)
            # A negative code is no group.
            broken |= bool(((counts > most) & (groups >= 0))[places[moving]].any())
            crowded |= np.isin(codes, groups[(counts >= most) & (groups >= 0)])
    return crowded if broken else None
