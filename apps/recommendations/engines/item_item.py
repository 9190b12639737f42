"""Products that the same shoppers choose: the cosine of who chose them, shrunk.

Source: Sarwar et al., Item-based collaborative filtering, WWW 2001; shrinkage as in Bell and
Koren, ICDM 2007, section 3.
"""

from dataclasses import dataclass

import numpy as np

from apps.recommendations.contracts import Float32
from apps.recommendations.contracts_models import Confidences
from apps.recommendations.domain.parts import NeighbourPart
from apps.recommendations.engines.matrices import neighbours_kept, user_items


@dataclass(frozen=True, slots=True)
class ItemItem:
    """A `NeighbourTrainer`.

    Attributes:
        shrinkage: added to the norm: few common shoppers say little.
        neighbours: weights kept of each product.
    """

    shrinkage: float = 20.0
    neighbours: int = 100

    def fit(self, confidences: Confidences) -> NeighbourPart:
        """Weights from each product to the ones chosen with it."""
        matrix = user_items(confidences)
        chose = matrix.copy()
        chose.data = np.ones_like(chose.data)
        by_product = chose.T.tocsr()
        counts = np.diff(by_product.indptr).astype(np.float32)

        def rows_of(start: int, stop: int) -> Float32:
            rows: Float32 = (by_product[start:stop] @ chose).toarray()
            rows /= np.sqrt(counts[start:stop, None] * counts[None, :]) + self.shrinkage
            rows[np.arange(stop - start), np.arange(start, stop)] = 0.0
            return rows

        return neighbours_kept(confidences.products, self.neighbours, rows_of)
