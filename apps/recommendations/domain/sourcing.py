"""From scored rows to what a strategy answers: allowed ones, each once, best first."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from apps.catalog.contracts import CategoryTree, ProductColumns
from apps.recommendations.contracts import BoolArray, Float32, Int32, Shopping, Sourced
from apps.recommendations.contracts_relations import Relation

NOBODY = -1
# What likeness is worth by where the other product stands in the tree: what is merely chosen
# with a product, from elsewhere, goes behind what might be chosen in its place.
_OWN, _SIBLING, _RELATED, _ELSEWHERE = 1.0, 0.9, 0.3, 0.1


class Found(NamedTuple):
    """What one product points to.

    Attributes:
        rows: int32[m], each once.
        scores: float32[m] in [0, 1].
        because: the row of the product that points; -1: none.
        evidence: float32[m]; nan: none.
    """

    rows: Int32
    scores: Float32
    because: int
    evidence: Float32

    @classmethod
    def of(cls, rows: Int32, scores: Float32, because: int = NOBODY) -> "Found":
        """Without evidence."""
        return cls(rows, scores, because, np.full(len(rows), np.nan, dtype=np.float32))


def sourced_of(found: Sequence[Found], shopping: Shopping) -> Sourced:
    """The best `shopping.wanted` allowed rows that are not the context itself.

    Products to which several point: the chance that at least one is right, 1 - Π(1 - score);
    the one that points most strongly speaks for it. Of variants the best one comes: a shelf
    shows one, and the others would take the places of what else there is.
    """
    if not found:
        return Sourced.empty()
    rows = np.concatenate([part.rows for part in found])
    scores = np.concatenate([part.scores for part in found])
    because = np.repeat([part.because for part in found], [len(part.rows) for part in found])
    evidence = np.concatenate([part.evidence for part in found])
    fits = np.flatnonzero(shopping.allowed[rows] & ~np.isin(rows, shopping.context))
    strongest = fits[np.lexsort((-scores[fits], rows[fits]))]
    each, first, places = np.unique(rows[strongest], return_index=True, return_inverse=True)
    missed = np.ones(len(each))
    np.multiply.at(missed, places, 1.0 - scores[strongest].astype(np.float64))
    joined = np.clip(1.0 - missed, 0.0, 1.0).astype(np.float32)
    order = np.lexsort((each, -joined))
    groups = shopping.snapshot.columns.group[each[order]]
    alone = np.where(groups >= 0, groups, -1 - each[order])
    order = order[np.sort(np.unique(alone, return_index=True)[1])][: shopping.wanted]
    chosen = strongest[first[order]]
    return Sourced(
        rows=each[order].astype(np.int32),
        scores=joined[order],
        because=because[chosen].astype(np.int32),
        evidence=evidence[chosen].astype(np.float32),
    )


def rows_of_pks(columns: ProductColumns, pks: Int32) -> Int32:
    """int32[m]: the row of each primary key; -1 for products that are gone."""
    rows = np.full(len(pks), -1, dtype=np.int32)
    known = np.flatnonzero(pks < len(columns.row_of_pk))
    rows[known] = columns.row_of_pk[pks[known]]
    return rows


def neighbours(relation: Relation, pks: Int32, columns: ProductColumns, row: int) -> Found:
    """What the product of a row belongs together with; evidence is the lift.

    Args:
        relation: whose codes number `pks`.
        pks: int32[n], ascending.
        columns: whose rows are meant.
        row: of the product that points.
    """
    pk = columns.pks[row]
    code = int(np.searchsorted(pks, pk))
    if code == len(pks) or pks[code] != pk:
        return Found.of(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32), row)
    start, stop = int(relation.starts[code]), int(relation.starts[code + 1])
    rows = rows_of_pks(columns, pks[relation.codes[start:stop]])
    there = rows >= 0
    return Found(
        rows[there], relation.scores[start:stop][there], row, relation.lifts[start:stop][there]
    )


def variants_of(columns: ProductColumns, rows: Int32) -> BoolArray:
    """bool[n]: the products of `rows`, and every variant of theirs."""
    groups = columns.group[rows]
    own: BoolArray = np.isin(columns.group, groups[groups >= 0])
    own[rows] = True
    return own


def category_closeness(
    columns: ProductColumns, tree: CategoryTree, row: int, rows: Int32
) -> Float32:
    """float32[m]: 1 in the category of `row`, 0.9 under its parent, 0.3 under one above, else 0.1.

    Of a product without a category nothing is near or far: 1 for all.
    """
    code = int(columns.category[row])
    if code < 0:
        return np.ones(len(rows), dtype=np.float32)
    closeness = np.full(len(rows), _ELSEWHERE, dtype=np.float32)
    theirs = columns.category[rows]
    holders = (code, *tree.ancestors(code))
    values = (_OWN, _SIBLING, *[_RELATED] * len(holders))
    for holder, value in reversed([*zip(holders, values, strict=False)]):
        closeness[(theirs >= holder) & (theirs < tree.categories[holder].end)] = value
    return closeness


def category_rows(shopping: Shopping) -> BoolArray:
    """bool[n]: allowed rows of the category that the shelf is about, and of those below it."""
    if shopping.category < 0:
        return shopping.allowed
    node = shopping.snapshot.tree.categories[shopping.category]
    theirs = shopping.snapshot.columns.category
    inside: BoolArray = shopping.allowed & (theirs >= node.code) & (theirs < node.end)
    return inside
