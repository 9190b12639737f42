"""Categories and brands as they are suggested."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.catalog.contracts import CategoryTree, ProductColumns
from apps.search.domain.lexical.analysis import fold
from apps.search.domain.lexical.arrays import Float32, Int64
from apps.search.domain.suggesting.phrases import Phrase, PhraseIndex

# What the most popular product counts for, in products without any popularity.
_POPULAR = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """How many active products there are.

    Attributes:
        categories: int64[tree], of each node with its descendants.
        brands: int64[brands], of each name.
    """

    categories: Int64
    brands: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Shelves:
    """Names, by their words.

    Attributes:
        categories: keys are codes of the tree.
        brands: keys are places in `spellings`.
        spellings: of each brand the codes of all ways that products spell its name.
    """

    categories: PhraseIndex
    brands: PhraseIndex
    spellings: tuple[tuple[int, ...], ...]

    def brand_products(self, live: Live, key: int) -> int:
        """Active products of a brand."""
        return int(live.brands[list(self.spellings[key])].sum())


def live_counts(columns: ProductColumns, tree: CategoryTree) -> Live:
    """Count the active products once for each state of the catalogue."""
    return Live(
        _by_category(columns, tree, None).astype(np.int64),
        _by_brand(columns, None).astype(np.int64),
    )


def shelves_of(
    columns: ProductColumns,
    tree: CategoryTree,
    popularity: Float32 | None,
    stem: Callable[[str], str],
) -> Shelves:
    """Index the names; the popular ones come first.

    Args:
        columns: of one snapshot.
        tree: of the same.
        popularity: float32[n] of its rows; None where nothing is known.
        stem: from a folded word to its stem.
    """
    weights = _by_category(columns, tree, popularity)
    categories = [
        Phrase(
            node.name,
            float(weights[node.code]),
            node.code,
            " ".join(tree.names(node.code)[:-1]),
        )
        for node in tree.categories
    ]
    weights = _by_brand(columns, popularity)
    spellings: dict[str, list[int]] = defaultdict(list)
    for code in np.argsort(-weights, kind="stable").tolist():
        if columns.brands[code].strip():
            spellings[fold(columns.brands[code].strip())].append(code)
    groups = tuple(tuple(codes) for codes in spellings.values())
    brands = [
        Phrase(columns.brands[codes[0]], float(weights[list(codes)].sum()), key)
        for key, codes in enumerate(groups)
    ]
    return Shelves(PhraseIndex(categories, stem), PhraseIndex(brands, stem), groups)


def _by_category(
    columns: ProductColumns, tree: CategoryTree, popularity: Float32 | None
) -> NDArray[np.float64]:
    rows = np.flatnonzero(columns.active & (columns.category >= 0))
    worth = _worth(rows.astype(np.int64), popularity)
    own = np.bincount(columns.category[rows], weights=worth, minlength=len(tree))
    # Nodes stand in preorder: a node's descendants are the ones right behind it.
    before = np.zeros(len(tree) + 1, dtype=np.float64)
    np.cumsum(own, out=before[1:])
    ends = np.array([node.end for node in tree.categories], dtype=np.int64)
    found: NDArray[np.float64] = before[ends] - before[: len(tree)]
    return found


def _by_brand(columns: ProductColumns, popularity: Float32 | None) -> NDArray[np.float64]:
    rows = np.flatnonzero(columns.active & (columns.brand >= 0))
    worth = _worth(rows.astype(np.int64), popularity)
    found: NDArray[np.float64] = np.bincount(
        columns.brand[rows], weights=worth, minlength=len(columns.brands)
    ).astype(np.float64)
    return found


def _worth(rows: Int64, popularity: Float32 | None) -> NDArray[np.float64]:
    flat = np.ones(len(rows))
    return flat if popularity is None else flat + _POPULAR * popularity[rows].astype(np.float64)
