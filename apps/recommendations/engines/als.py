"""Alternating least squares on one machine, by `implicit`; and the part that serving reads."""

from dataclasses import dataclass

import numpy as np

from apps.recommendations.contracts import Float32
from apps.recommendations.contracts_models import AlsParameters, Confidences, Factors
from apps.recommendations.domain.parts import FactorPart
from apps.recommendations.engines.matrices import user_items


@dataclass(frozen=True, slots=True)
class ImplicitAls:
    """A `FactorTrainer`.

    Attributes:
        threads: 0: one a core.
    """

    threads: int = 0

    def fit(self, confidences: Confidences, parameters: AlsParameters) -> Factors:
        """Train here."""
        # Of training only: a web process never imports them.
        from implicit.cpu.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits

        matrix = user_items(confidences)
        # implicit takes what lies in a cell for its confidence, and subtracts the 1 itself.
        matrix.data = 1 + np.float32(parameters.alpha) * confidences.values
        # Its own threads divide the rows; OpenBLAS with threads of its own would fight them.
        with threadpool_limits(limits=1, user_api="blas"):
            model = AlternatingLeastSquares(
                factors=parameters.factors,
                regularization=parameters.regularization,
                alpha=1.0,
                iterations=parameters.iterations,
                random_state=parameters.seed,
                num_threads=self.threads,
            )
            model.fit(matrix, show_progress=False)
        return Factors(model.user_factors, model.item_factors)


def factor_part(factors: Factors, parameters: AlsParameters) -> FactorPart:
    """What serving reads of trained factors, whoever trained them."""
    products = np.ascontiguousarray(factors.products, dtype=np.float32)
    gram: Float32 = products.T @ products
    gram += np.float32(parameters.regularization) * np.eye(len(gram), dtype=np.float32)
    return FactorPart(products, gram, parameters.alpha)
