"""How much the model's neighbours count depends on how strong they are."""

import numpy as np
import pytest

from apps.recommendations.domain.similarity import model_share


@pytest.mark.parametrize(
    ("best", "share"), [(0.0, 0.0), (0.05, 0.14), (0.125, 0.35), (0.25, 0.7), (0.9, 0.7)]
)
def test_weak_neighbours_count_less(best: float, share: float) -> None:
    scores = np.array([best / 2, best], dtype=np.float32)
    assert model_share(0.7, scores) == pytest.approx(share, abs=1e-6)


def test_without_neighbours_nothing_counts() -> None:
    assert model_share(0.7, np.zeros(0, dtype=np.float32)) == 0.0
