"""How like products are to what a shopper liked, by what their texts mean.

A score is `CONTENT_TRUST` times the cosine to the weighted mean of the liked vectors, if that is
above 0: in [0, `CONTENT_TRUST`], so that likeness alone never says more than shoppers do.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from apps.catalog.contracts import ProductColumns
from apps.recommendations.contracts import BoolArray, Float32, Int32

CONTENT_TRUST = 0.5
MOST_COMPARED = 20_000
"""Products that are all compared; of more only the nearest ones have a score."""
NEAREST = 1_000
# Of the mean of vectors that cancel each other, as a share of what they could add up to.
_LEAST_LENGTH = 1e-3


class ProductVectors(Protocol):
    """Vectors of products by what their texts mean."""

    def vectors_of(self, pks: Int32, /) -> tuple[Float32, BoolArray] | None:
        """float32[m, d] of length 1, and bool[m] which are known; None: there are none."""
        ...

    def cosines_of(self, vector: Float32, pks: Int32, /) -> Float32 | None:
        """float32[m] with float32[d] of length 1; 0 for unknown ones."""
        ...

    def nearest(self, vector: Float32, k: int, /) -> tuple[Int32, Float32] | None:
        """Keys and cosines of the `k` nearest, descending."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """What a shopper liked.

    Attributes:
        vectors: of products.
        columns: the snapshot's.
        rows: int32[l], the liked products.
        liked: float32[l, d], their vectors.
        mean: float32[d] of length 1: their mean, weighted.
    """

    vectors: ProductVectors
    columns: ProductColumns
    rows: Int32
    liked: Float32
    mean: Float32

    @classmethod
    def of(
        cls, vectors: ProductVectors, columns: ProductColumns, rows: Int32, strengths: Float32
    ) -> "Likeness | None":
        """From rows (-1: gone) and their weights; None: nothing of it has a vector.

        Args:
            vectors: of products.
            columns: the snapshot's.
            rows: int32[h].
            strengths: float32[h], not negative.
        """
        there = np.flatnonzero(rows >= 0)
        read = vectors.vectors_of(columns.pks[rows[there]]) if len(there) else None
        if read is None:
            return None
        found, known = read[0][read[1]], there[read[1]]
        mean = strengths[known] @ found
        length = np.float32(np.linalg.norm(mean))
        if not length > _LEAST_LENGTH * strengths[known].sum():
            return None
        return cls(vectors, columns, rows[known], found, mean / length)

    def scores(self, rows: Int32) -> Float32:
        """float32[m] of int32[m] rows; 0 for those without a vector."""
        cosines = self.vectors.cosines_of(self.mean, self.columns.pks[rows])
        return np.zeros(len(rows), dtype=np.float32) if cosines is None else _trusted(cosines)

    def scores_of_many(self, rows: Int32) -> Float32:
        """The same; of more rows than `MOST_COMPARED` all but the `NEAREST` have 0."""
        if len(rows) <= MOST_COMPARED:
            return self.scores(rows)
        found = self.vectors.nearest(self.mean, NEAREST)
        by_pk = np.zeros(len(self.columns.row_of_pk), dtype=np.float32)
        if found is not None:
            there = found[0] < len(by_pk)
            by_pk[found[0][there]] = _trusted(found[1][there])
        return by_pk[self.columns.pks[rows]]

    def because(self, rows: Int32) -> Int32:
        """int32[m]: the liked row that is likest to each; -1: none. Never itself."""
        read = self.vectors.vectors_of(self.columns.pks[rows])
        if read is None:
            return np.full(len(rows), -1, dtype=np.int32)
        cosines = read[0] @ self.liked.T
        cosines[rows[:, None] == self.rows[None, :]] = 0.0
        speaks = read[1] & (cosines.max(axis=1) > 0.0)
        return np.where(speaks, self.rows[cosines.argmax(axis=1)], -1).astype(np.int32)


def _trusted(cosines: Float32) -> Float32:
    return np.clip(cosines, 0.0, 1.0).astype(np.float32) * np.float32(CONTENT_TRUST)
