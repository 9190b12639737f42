"""The parts of a recommender's score, each a function of a shopper's cells; numpy only."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from apps.recommendations.contracts import Float32, Int32
from apps.recommendations.contracts_models import Confidences, Int64


@dataclass(frozen=True, slots=True, eq=False)
class FactorPart:
    """Alternating least squares once trained.

    Attributes:
        products: float32[n, f].
        gram: float32[f, f], YᵀY + λI.
        alpha: of the confidences.

    Source: Hu, Koren, Volinsky, ICDM 2008, equation 4; reasons: section 5.
    """

    products: Float32
    gram: Float32
    alpha: float

    def system(self, codes: Int32, values: Float32) -> tuple[Float32, Float32]:
        """The normal equations of one shopper: float32[f, f] and float32[f]."""
        theirs = self.products[codes]
        sure = np.float32(self.alpha) * values
        left = self.gram + (theirs.T * sure) @ theirs
        right = (1 + sure) @ theirs
        return left.astype(np.float32, copy=False), right.astype(np.float32, copy=False)

    def solved(self, codes: Int32, values: Float32) -> Float32:
        """float32[f]: the half step of ALS for this shopper alone; zeros without cells."""
        if not len(codes):
            return np.zeros(self.products.shape[1], dtype=np.float32)
        left, right = self.system(codes, values)
        return np.linalg.solve(left, right).astype(np.float32)

    def spoken(self, codes: Int32, values: Float32, wanted: Int32) -> Float32:
        """float32[h, m]: what each cell adds to the score of each wanted product."""
        left, _ = self.system(codes, values)
        through = np.linalg.solve(left, self.products[codes].T)
        sure = 1 + np.float32(self.alpha) * values
        added: Float32 = (sure[:, None] * (through.T @ self.products[wanted].T)).astype(np.float32)
        return added


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourPart:
    """Each product's neighbours: `starts[code] … starts[code + 1]` of the others.

    Attributes:
        starts: int64[n + 1].
        codes: int32[m], the neighbour.
        weights: float32[m], what one unit of the product adds to the neighbour's score.
    """

    starts: Int64
    codes: Int32
    weights: Float32

    def scores(self, codes: Int32, values: Float32) -> Float32:
        """float32[n]: values through the neighbours."""
        at, told = self.told(codes, values)
        return np.bincount(at, weights=told, minlength=len(self.starts) - 1).astype(np.float32)

    def told(self, codes: Int32, values: Float32) -> tuple[Int64, Float32]:
        """The same as addends: int64[k], of which products, some more than once; float32[k]."""
        places, lengths = self._places(codes)
        told: Float32 = self.weights.take(places) * np.repeat(values, lengths)
        return self.codes.take(places).astype(np.int64), told

    def spoken(self, codes: Int32, values: Float32, wanted: Int32) -> Float32:
        """float32[h, m]: what each cell adds to the score of each wanted product."""
        places, lengths = self._places(codes)
        added = np.zeros((len(codes), len(self.starts) - 1), dtype=np.float32)
        rows = np.repeat(np.arange(len(codes)), lengths)
        added[rows, self.codes[places]] = self.weights[places] * np.repeat(values, lengths)
        return added[:, wanted]

    def _places(self, codes: Int32) -> tuple[Int64, Int64]:
        starts = self.starts[codes]
        lengths = self.starts[codes + 1] - starts
        before = np.cumsum(lengths) - lengths
        return np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths), lengths


class NeighbourTrainer(Protocol):
    """Finds each product's neighbours."""

    def fit(self, confidences: Confidences) -> NeighbourPart:
        """Weights of the same scale for every shopper."""
        ...


def neighbours_empty(products: int) -> NeighbourPart:
    """A part that says nothing of `products` products."""
    return NeighbourPart(
        np.zeros(products + 1, dtype=np.int64),
        np.zeros(0, dtype=np.int32),
        np.zeros(0, dtype=np.float32),
    )


def factors_empty(products: int) -> FactorPart:
    """A part without factors."""
    return FactorPart(
        np.zeros((products, 0), dtype=np.float32), np.zeros((0, 0), dtype=np.float32), 0.0
    )
