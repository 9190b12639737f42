"""Building a serving snapshot and following the catalogue with it. Arrays are never edited."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from apps.catalog.contracts import CategoryTree, ProductColumns
from apps.catalog.domain.columns import columns_recoded, columns_repriced
from apps.common.domain.string_table import TextBlob
from apps.features.contracts import (
    FRESHNESS_SCORE,
    POPULARITY_SCORE,
    DisplayDocuments,
    Float32,
    Float64,
    Int32,
    ServingSnapshot,
)
from apps.features.domain.scores import freshness_scores, popularity_order, popularity_scores


def interaction_totals(columns: ProductColumns, scores: Iterable[tuple[str, float]]) -> Float64:
    """float64[n]: the score of each row's product; ids that the catalogue lacks are left out."""
    totals = np.zeros(len(columns))
    listed = list(scores)
    rows = columns.product_ids.rows_of([product_id for product_id, _ in listed])
    amounts = np.array([amount for _, amount in listed], dtype=np.float64)
    known = rows >= 0
    # Refunds and corrections may push a total below zero; popularity has no negative side.
    totals[rows[known]] = np.maximum(amounts[known], 0.0)
    return totals


def snapshot_build(
    *,
    columns: ProductColumns,
    tree: CategoryTree,
    totals: Float64 | None,
    as_of: float,
    freshness_half_life_days: float,
) -> ServingSnapshot:
    """A snapshot with no documents and no number yet.

    Args:
        columns: n rows, coded by `tree`.
        tree: the tree.
        totals: float64[n] decayed interactions; None when they are not known: popularity then
            has no source, and browsing goes by product key.
        as_of: unix seconds.
        freshness_half_life_days: positive.
    """
    features = {
        FRESHNESS_SCORE: freshness_scores(
            columns.released, as_of=as_of, half_life_days=freshness_half_life_days
        )
    }
    if totals is not None:
        features[POPULARITY_SCORE] = popularity_scores(totals)
    return snapshot_with(
        columns=columns,
        tree=tree,
        features=features,
        as_of=as_of,
        freshness_half_life_days=freshness_half_life_days,
    )


def snapshot_with(
    *,
    columns: ProductColumns,
    tree: CategoryTree,
    features: Mapping[str, Float32],
    unweighed: Mapping[str, Float32] | None = None,
    as_of: float,
    freshness_half_life_days: float,
) -> ServingSnapshot:
    """A snapshot of features that are computed already, with no documents and no number yet.

    Args:
        columns: n rows, coded by `tree`.
        tree: the tree.
        features: those that ranking weighs, float32[n] without nan.
        unweighed: the others; None: there are none.
        as_of: unix seconds.
        freshness_half_life_days: positive.
    """
    popularity = features.get(POPULARITY_SCORE)
    order = (
        np.argsort(columns.pks, kind="stable").astype(np.int32)
        if popularity is None
        else popularity_order(popularity, columns.pks)
    )
    return ServingSnapshot(
        number=0,
        columns=columns,
        tree=tree,
        features=features,
        popularity_order=order,
        documents=DisplayDocuments(TextBlob.of(())),
        as_of=as_of,
        freshness_half_life_days=freshness_half_life_days,
        unweighed=unweighed or {},
    )


def snapshot_follow(snapshot: ServingSnapshot, columns: ProductColumns) -> ServingSnapshot:
    """The snapshot over newer columns; what did not change stays the same (mapped) array.

    Until the next artifact new products have popularity 0, and nan in what is not weighed;
    freshness follows released dates.
    """
    before = snapshot.columns
    if columns is before:
        return snapshot
    features = dict(snapshot.features)
    if columns.released is not before.released:
        features[FRESHNESS_SCORE] = freshness_scores(
            columns.released,
            as_of=snapshot.as_of,
            half_life_days=snapshot.freshness_half_life_days,
        )
    order, documents = snapshot.popularity_order, snapshot.documents
    unweighed = snapshot.unweighed
    if columns.pks is not before.pks and not np.array_equal(columns.pks, before.pks):
        rows = rows_before(before, columns)
        documents = _documents_moved(documents, rows)
        unweighed = {name: _moved(each, rows, np.nan) for name, each in unweighed.items()}
        order = np.argsort(columns.pks, kind="stable").astype(np.int32)
        if POPULARITY_SCORE in features:
            popularity = _moved(features[POPULARITY_SCORE], rows, 0.0)
            features[POPULARITY_SCORE] = popularity
            order = popularity_order(popularity, columns.pks)
    return replace(
        snapshot,
        columns=columns,
        features=features,
        popularity_order=order,
        documents=documents,
        unweighed=unweighed,
    )


def snapshot_at(snapshot: ServingSnapshot, tree: CategoryTree, *, as_of: float) -> ServingSnapshot:
    """The snapshot coded by `tree`, with the prices of `as_of`; the same while both hold.

    Args:
        snapshot: stays as it is.
        tree: the current tree.
        as_of: unix seconds.
    """
    columns = columns_repriced(snapshot.columns, as_of=as_of)
    if tree is snapshot.tree:
        return snapshot_follow(snapshot, columns)
    return replace(snapshot_follow(snapshot, columns_recoded(columns, tree)), tree=tree)


def rows_before(before: ProductColumns, after: ProductColumns) -> Int32:
    """int32[n after]: the row that each product had, -1 for a new one."""
    rows = np.full(len(after), -1, dtype=np.int32)
    inside = np.flatnonzero(after.pks < len(before.row_of_pk))
    rows[inside] = before.row_of_pk[after.pks[inside]]
    return rows


def _moved(values: Float32, rows: Int32, new: float) -> Float32:
    moved = np.full(len(rows), new, dtype=np.float32)
    known = rows >= 0
    moved[known] = values[rows[known]]
    return moved


def _documents_moved(documents: DisplayDocuments, rows: Int32) -> DisplayDocuments:
    if documents.places is None:
        return replace(documents, places=rows)
    known = rows >= 0
    places = np.full(len(rows), -1, dtype=np.int32)
    places[known] = documents.places[rows[known]]
    return replace(documents, places=places)
