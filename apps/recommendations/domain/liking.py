"""Which categories a shopper likes, from what they did."""

import numpy as np

from apps.catalog.contracts import Category
from apps.recommendations.contracts import Float64, Shopping

_DAY = 86_400.0
_HALF_LIFE_DAYS = 30.0


def category_liking(shopping: Shopping) -> Float64 | None:
    """float64[categories + 1] in [0, 1] by code; the last place answers for -1, "no category".

    The shopper's interactions with each category, halved every 30 days, as a share of those
    with the one they like best; what is below it is liked as much, and its siblings half.
    None: nothing is known.
    """
    history, columns = shopping.shopper.history, shopping.snapshot.columns
    nodes = shopping.snapshot.tree.categories
    rows = columns.product_ids.rows_of(history.product_ids)
    codes = np.where(rows >= 0, columns.category[rows], -1)
    ages = np.maximum(shopping.as_of - history.at, 0.0) / _DAY
    totals = np.zeros(len(nodes) + 1)
    np.add.at(totals, codes, history.weights * np.exp2(-ages / _HALF_LIFE_DAYS))
    totals[-1] = 0.0
    if not totals.any():
        return None
    liking = np.zeros(len(totals))
    for code in np.flatnonzero(totals):
        node, share = nodes[code], totals[code] / totals.max()
        _raise(liking, node, share)
        if node.parent is not None:
            _raise(liking, nodes[node.parent], share / 2)
    return liking


def _raise(liking: Float64, node: Category, share: float) -> None:
    """A category and all below it are liked at least so much."""
    below = liking[node.code : node.end]
    np.maximum(below, share, out=below)
