"""Price bands: which fifth of its category's prices a product's price falls into."""

from itertools import pairwise

import numpy as np

from apps.catalog.contracts import BoolArray, CategoryTree
from apps.features.contracts import Float32, Float64, Int32

BANDS = 5
# With fewer prices a category has no fifths: its parent's are taken, and at last the shop's.
LEAST_PRICES = 10
_CUTS = np.arange(1, BANDS) / BANDS


def price_bands(prices: Float64, active: BoolArray, codes: Int32, tree: CategoryTree) -> Float32:
    """1 for the cheapest fifth of a category (with all below it) to 5 for the dearest.

    A price that stands on a cut belongs below it.

    Args:
        prices: float64[n], what a shopper pays.
        active: bool[n]; others get a band, but shape none.
        codes: int32[n], each product's category; negative for none.
        tree: whose codes they are.

    Returns:
        float32[n], whole numbers 1 to 5; nan where the shop has too few prices for any.
    """
    bands = np.full(len(prices), np.nan, dtype=np.float32)
    shaping = np.flatnonzero(active)
    order = shaping[np.argsort(codes[shaping], kind="stable")]
    starts = np.searchsorted(codes[order], np.arange(len(tree) + 1)).astype(np.int32)
    whole = _cuts(prices[shaping])
    by_code = np.argsort(codes, kind="stable")
    edges = np.flatnonzero(np.diff(codes[by_code])) + 1
    for first, last in pairwise([0, *edges.tolist(), len(by_code)]):
        rows = by_code[first:last]
        if not len(rows):
            continue
        cuts = _cuts_of(int(codes[rows[0]]), tree, prices[order], starts)
        cuts = whole if cuts is None else cuts
        if cuts is not None:
            bands[rows] = 1 + np.searchsorted(cuts, prices[rows], side="left")
    return bands


def _cuts_of(code: int, tree: CategoryTree, prices: Float64, starts: Int32) -> Float64 | None:
    """Of the nearest category upwards that has enough prices; None: of none."""
    if code < 0:
        return None
    for each in (code, *tree.ancestors(code)):
        cuts = _cuts(prices[starts[each] : starts[tree.categories[each].end]])
        if cuts is not None:
            return cuts
    return None


def _cuts(prices: Float64) -> Float64 | None:
    if len(prices) < LEAST_PRICES:
        return None
    found: Float64 = np.quantile(prices, _CUTS)
    return found
