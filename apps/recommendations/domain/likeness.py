"""How alike products of a shelf are: by their vectors, else by category and brand."""

from collections.abc import Callable

import numpy as np

from apps.features.contracts import ServingSnapshot
from apps.recommendations.contracts import Float32, Int32
from apps.recommendations.contracts_answers import VectorsOf

SAME_CATEGORY = SAME_BRAND = np.float32(0.5)


def likeness_of(
    snapshot: ServingSnapshot, rows: Int32, vectors: VectorsOf | None
) -> Callable[[int], Float32]:
    """A candidate → float32[m] in [0, 1], how alike each of int32[m] rows is to it.

    By the cosine of their vectors; without vectors half for the same category and half for the
    same brand.
    """
    found = None if vectors is None else vectors(snapshot, rows)
    return _by_kind(snapshot, rows) if found is None else _by_vector(found)


def _by_vector(vectors: Float32) -> Callable[[int], Float32]:
    def likeness(candidate: int) -> Float32:
        alike: Float32 = np.clip(vectors @ vectors[candidate], 0.0, 1.0)
        return alike

    return likeness


def _by_kind(snapshot: ServingSnapshot, rows: Int32) -> Callable[[int], Float32]:
    category, brand = snapshot.columns.category[rows], snapshot.columns.brand[rows]

    def likeness(candidate: int) -> Float32:
        alike: Float32 = np.zeros(len(rows), dtype=np.float32)
        if category[candidate] >= 0:
            alike += SAME_CATEGORY * (category == category[candidate])
        if brand[candidate] >= 0:
            alike += SAME_BRAND * (brand == brand[candidate])
        return alike

    return likeness
