"""The part of implicit that is used; it ships no types."""

from scipy.sparse import csr_matrix

import numpy as np
import numpy.typing as npt

class AlternatingLeastSquares:
    user_factors: npt.NDArray[np.float32]
    item_factors: npt.NDArray[np.float32]
    def __init__(
        self,
        factors: int = 100,
        regularization: float = 0.01,
        alpha: float = 1.0,
        *,
        iterations: int = 15,
        num_threads: int = 0,
        random_state: int | None = None,
    ) -> None: ...
    def fit(self, user_items: csr_matrix[np.float32], show_progress: bool = True) -> None: ...
