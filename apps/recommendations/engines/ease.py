"""EASE: each product as a linear sum of all others, in closed form.

Source: Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019, equation 8.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from apps.recommendations.contracts import Float32, Int32
from apps.recommendations.contracts_models import Confidences
from apps.recommendations.domain.parts import NeighbourPart
from apps.recommendations.engines.matrices import neighbours_kept, user_items


class NotInvertible(ValueError):
    """The products' matrix has no Cholesky factor: regularization is too small."""


@dataclass(frozen=True, slots=True)
class Ease:
    """A `NeighbourTrainer`.

    Attributes:
        regularization: λ on the diagonal.
        neighbours: weights kept of each product.
        most_products: the products with most cells take part; the inverse of all of them is
            dense (4 bytes times the square), and its time grows with the cube.
    """

    regularization: float = 80.0
    neighbours: int = 100
    most_products: int = 8_000

    def fit(self, confidences: Confidences) -> NeighbourPart:
        """Weights from each product to the ones that it speaks for.

        Raises:
            NotInvertible: λ is not above 0.
        """
        chosen = self._chosen(confidences)
        weights = self._weights(confidences, chosen)
        place = np.full(confidences.products, -1, dtype=np.int32)
        place[chosen] = np.arange(len(chosen), dtype=np.int32)

        def rows_of(start: int, stop: int) -> Float32:
            rows = np.zeros((stop - start, confidences.products), dtype=np.float32)
            places = place[start:stop]
            inside = places >= 0
            rows[np.ix_(inside, chosen)] = weights[places[inside]]
            return rows

        return neighbours_kept(confidences.products, self.neighbours, rows_of)

    def _chosen(self, confidences: Confidences) -> Int32:
        """Codes, ascending; of equally frequent ones the lower."""
        counts = np.bincount(confidences.codes, minlength=confidences.products)
        order = np.argsort(-counts, kind="stable")[: self.most_products]
        return np.sort(order).astype(np.int32)

    def _weights(self, confidences: Confidences, chosen: Int32) -> Float32:
        """float32[c, c]: row product to column product, zeros on the diagonal."""
        matrix = user_items(confidences)[:, chosen]
        gram = np.asfortranarray((matrix.T @ matrix).toarray(), dtype=np.float32)
        diagonal = np.arange(len(chosen))
        gram[diagonal, diagonal] += np.float32(self.regularization)
        factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
        if failed:
            raise NotInvertible(f"λ = {self.regularization}: row {failed} of the matrix")
        inverse, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
        if failed:
            raise NotInvertible(f"λ = {self.regularization}: row {failed} of the factor")
        # LAPACK fills one half; the other is its mirror image.
        lower = np.tril(inverse, -1)
        scale = inverse[diagonal, diagonal].copy()
        lower += lower.T
        weights: Float32 = lower
        weights /= -scale[None, :]
        return weights
