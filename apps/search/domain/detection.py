"""Which category a query is about, by where its best candidates stand."""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from apps.catalog.contracts import CategoryTree
from apps.ranking.contracts import Candidates, Int32
from apps.search.contracts import DetectedCategory

TOP = 50
SHARE = 0.6


def best_places(candidates: Candidates, count: int = TOP) -> NDArray[np.intp]:
    """Where the best `count` by search score stand among the candidates, in no order."""
    if len(candidates) <= count:
        return np.arange(len(candidates))
    return np.argpartition(candidates.search_score, len(candidates) - count)[-count:]


def category_detect(
    codes: Int32, tree: CategoryTree, share: float = SHARE
) -> DetectedCategory | None:
    """The deepest category that holds at least `share` of the products.

    Args:
        codes: int32, category codes of the best candidates, -1 for none (counted).
        tree: descendants of a code are the codes up to its `end`.
        share: above one half, so that at most one category of a level can hold it.
    """
    if not len(codes):
        return None
    # A handful of codes: bisecting a list takes a tenth of numpy's call.
    ordered = sorted(codes.tolist())
    enough = share * len(ordered)
    found: DetectedCategory | None = None
    code, end = 0, len(tree)
    while code < end:
        node = tree.categories[code]
        inside = bisect_left(ordered, node.end) - bisect_left(ordered, code)
        if inside >= enough:
            found = DetectedCategory(node.path, inside / len(ordered))
            code, end = code + 1, node.end
        else:
            code = node.end
    return found
