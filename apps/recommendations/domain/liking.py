"""Which categories a shopper likes, as New arrivals reads the store's category affinity."""

import numpy as np

from apps.catalog.contracts import Category, CategoryTree
from apps.features.contracts_store import Deeds
from apps.recommendations.contracts import Float32, Float64, Shopping

_DAY = 86_400.0


def category_deeds(shopping: Shopping) -> Deeds:
    """What the shopper did, by category: what the feature is worked out from in a request."""
    history, columns = shopping.shopper.history, shopping.snapshot.columns
    lines = history if history.lines is None else history.lines
    rows = columns.product_ids.rows_of(lines.product_ids)
    there = rows >= 0
    return Deeds(
        columns.category[rows[there]],
        lines.weights[there],
        len(shopping.snapshot.tree),
        (shopping.as_of - lines.at[there]) / _DAY,
    )


def category_liking(shares: Float32, tree: CategoryTree) -> Float64 | None:
    """float64[categories + 1] in [0, 1] by code; the last place answers for -1, "no category".

    A category's share over that of the one liked best; what is below it is liked as much, and
    its siblings half. None: nothing is known.

    Args:
        shares: float32[categories + 1], by code.
        tree: whose codes these are.
    """
    most = float(shares.max())
    if most <= 0.0:
        return None
    liking = np.zeros(len(shares))
    for code in np.flatnonzero(shares):
        node, share = tree.categories[code], float(shares[code]) / most
        _raise(liking, node, share)
        if node.parent is not None:
            _raise(liking, tree.categories[node.parent], share / 2)
    return liking


def _raise(liking: Float64, node: Category, share: float) -> None:
    """A category and all below it are liked at least so much."""
    below = liking[node.code : node.end]
    np.maximum(below, share, out=below)
