"""What is like a product: by what it says, by who chooses it, or by both."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.conf import settings

from apps.embeddings.selectors import Engines, cosines_of, nearest, product_index, vectors_of
from apps.features.contracts import ServingSnapshot
from apps.model_registry.services.holder import Held
from apps.recommendations.contracts import BoolArray, Float32, Int32, Shopping
from apps.recommendations.contracts_relations import ProductRelations, SimilarBy, SimilarKind
from apps.recommendations.domain.affinities import Basis
from apps.recommendations.domain.similarity import Scored, blended, model_share
from apps.recommendations.domain.sourcing import (
    Found,
    category_closeness,
    neighbours,
    rows_of_pks,
)
from apps.recommendations.selectors.affinity import basis_now
from apps.recommendations.selectors.product_relations import product_relations

_NONE: Scored = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))
# So many times what is wanted is looked at: categories, filters and shoppers choose among it.
_WIDER = 4
_LEAST = 50


def engines_of_products() -> Engines:
    """The product index alone: likeness of products needs no encoder of queries."""
    return Engines(Held(None), product_index.state)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where relations come from; an evaluation of the past names its own.

    Attributes:
        relations: baskets, visits, trends.
        basis: the collaborative model, and how a snapshot's rows are called in it.
        engines: vectors of what products say.
    """

    relations: Callable[[], ProductRelations | None] = product_relations
    basis: Callable[[ServingSnapshot], Basis] = basis_now
    engines: Callable[[], Engines] = engines_of_products


def similar_to(
    sources: Sources, shopping: Shopping, row: int, kind: SimilarKind
) -> tuple[Found, tuple[SimilarBy, ...]]:
    """What the product of a row is like, and what told so; nothing told when nothing is known.

    Collaborative similarity of a product that nobody has chosen yet is that of content.
    """
    by, chosen = _NO_ONE, _NONE
    if kind is not SimilarKind.CONTENT:
        by, chosen = _collaborative(sources, shopping, row)
        if kind is SimilarKind.COLLABORATIVE and by:
            return Found.of(*chosen, row), by
    engines = sources.engines()
    vector = _vector(engines, shopping.snapshot, row)
    if vector is None:
        return _closer(shopping.snapshot, row, Found.of(*chosen, row)), by
    alike = _content(engines, shopping, vector)
    if by:
        alike = _further(engines, shopping.snapshot, vector, alike, chosen[0])
    share = settings.SIMILAR_COLLABORATIVE_SHARE
    if SimilarBy.MODEL in by:
        share = model_share(share, chosen[1])
    found = blended(alike, chosen, share=share, because=row)
    return _closer(shopping.snapshot, row, found), (*by, SimilarBy.CONTENT)


_NO_ONE: tuple[SimilarBy, ...] = ()


def _collaborative(
    sources: Sources, shopping: Shopping, row: int
) -> tuple[tuple[SimilarBy, ...], Scored]:
    """By the model; of a product that it does not know by visits, then by baskets."""
    scored = _by_model(sources, shopping, row)
    if len(scored[0]):
        return (SimilarBy.MODEL,), scored
    relations = sources.relations()
    if relations is None:
        return _NO_ONE, _NONE
    for by, relation in (
        (SimilarBy.VISITS, relations.viewed),
        (SimilarBy.BASKETS, relations.bought),
    ):
        found = neighbours(relation, relations.pks, shopping.snapshot.columns, row)
        scored = _within(found.rows, found.scores, shopping.allowed)
        if len(scored[0]):
            return (by,), scored
    return _NO_ONE, _NONE


def _by_model(sources: Sources, shopping: Shopping, row: int) -> Scored:
    basis = sources.basis(shopping.snapshot)
    code = int(basis.book.codes[row])
    if basis.model is None or code < 0:
        return _NONE
    codes, scores = basis.model.similar(code, max(_WIDER * shopping.wanted, _LEAST))
    return _within(basis.book.rows[codes], scores, shopping.allowed)


def _vector(engines: Engines, snapshot: ServingSnapshot, row: int) -> Float32 | None:
    """float32[d]; None for a product that the index does not cover, or without one."""
    found = vectors_of(snapshot.columns.pks[[row]], engines)
    return None if found is None or not found[1][0] else found[0][0]


def _content(engines: Engines, shopping: Shopping, vector: Float32) -> Scored:
    """The nearest allowed products."""
    columns = shopping.snapshot.columns
    allowed = np.zeros(len(columns.row_of_pk), dtype=np.bool_)
    allowed[columns.pks[shopping.allowed]] = True
    near = nearest(
        vector=vector,
        k=max(_WIDER * shopping.wanted, _LEAST),
        floor=settings.SIMILAR_FLOOR,
        allowed=allowed,
        engines=engines,
    )
    rows = rows_of_pks(columns, near.pks)
    return _within(rows, np.clip(near.similarities, 0.0, 1.0), shopping.allowed)


def _closer(snapshot: ServingSnapshot, row: int, found: Found) -> Found:
    """Each worth more, the nearer its category is."""
    closeness = category_closeness(snapshot.columns, snapshot.tree, row, found.rows)
    return found._replace(scores=found.scores * closeness)


def _further(
    engines: Engines, snapshot: ServingSnapshot, vector: Float32, alike: Scored, others: Int32
) -> Scored:
    """The same, with the likeness of what shoppers choose with the product."""
    further = np.setdiff1d(others, alike[0]).astype(np.int32)
    cosines = cosines_of(vector, snapshot.columns.pks[further], engines)
    if cosines is None:
        return alike
    scores = np.clip(cosines, 0.0, 1.0).astype(np.float32)
    return np.concatenate([alike[0], further]), np.concatenate([alike[1], scores])


def _within(rows: Int32, scores: Float32, allowed: BoolArray) -> Scored:
    """Rows that exist and are allowed."""
    kept = np.flatnonzero((rows >= 0) & allowed[rows])
    return rows[kept], scores[kept]
