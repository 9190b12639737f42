"""How much the model's neighbours count, and what is said of the same kind of thing, decide."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.contracts import Category, CategoryTree
from apps.recommendations.domain.similarity import blended, model_share
from apps.recommendations.domain.sourcing import category_closeness
from tests.recommendations.relations.shop import snapshot_of

TREE = CategoryTree(
    [
        Category(0, 10, "electronics", "Electronics", None, 5),
        Category(1, 11, "electronics/audio", "Audio", 0, 4),
        Category(2, 12, "electronics/audio/headphones", "Headphones", 1, 3),
        Category(3, 13, "electronics/audio/speakers", "Speakers", 1, 4),
        Category(4, 14, "electronics/phones", "Phones", 0, 5),
        Category(5, 15, "home", "Home", None, 6),
    ]
)


@pytest.mark.parametrize(
    ("best", "share"), [(0.0, 0.0), (0.008, 0.14), (0.02, 0.35), (0.04, 0.7), (0.9, 0.7)]
)
def test_weak_neighbours_count_less(best: float, share: float) -> None:
    scores = np.array([best / 2, best], dtype=np.float32)
    assert model_share(0.7, scores) == pytest.approx(share, abs=1e-6)


def test_without_neighbours_nothing_counts() -> None:
    assert model_share(0.7, np.zeros(0, dtype=np.float32)) == 0.0


def test_another_bound_and_none() -> None:
    scores = np.array([0.05], dtype=np.float32)
    assert model_share(0.7, scores, 0.1) == pytest.approx(0.35)
    assert model_share(0.7, scores, 0.0) == 0.7


def _closeness(code: int, codes: list[int]) -> list[float]:
    columns = replace(
        snapshot_of().columns, category=np.array([code, *codes, *[-1] * 7][:8], dtype=np.int32)
    )
    rows = np.arange(1, len(codes) + 1, dtype=np.int32)
    found: list[float] = category_closeness(columns, TREE, 0, rows).tolist()
    return found


def test_closeness_falls_with_the_steps_up_the_tree() -> None:
    assert _closeness(2, [2, 3, 1, 4, 0, 5, -1]) == pytest.approx(
        [1.0, 0.9, 0.9, 0.3, 0.3, 0.1, 0.1]
    )
    assert _closeness(0, [2, 4, 5]) == pytest.approx([1.0, 1.0, 0.1])
    assert _closeness(-1, [2, 5]) == [1.0, 1.0]


@given(st.floats(0.34, 1.0), st.floats(0.0, 1.0), st.floats(0.01, 0.99))
def test_nothing_from_elsewhere_stands_before_what_is_like_it(
    own: float, other: float, chosen: float
) -> None:
    """However many chose it: a yoga mat beside headphones is no other pair of headphones."""
    rows = np.array([1, 2], dtype=np.int32)
    content = rows, np.array([own, other], dtype=np.float32)
    by_choice = rows[1:], np.array([chosen], dtype=np.float32)
    found = blended(content, by_choice, share=0.7, because=0)
    near = found.scores * np.array(_closeness(2, [2, 5]), dtype=np.float32)
    assert near[0] > near[1]
