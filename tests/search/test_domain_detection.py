import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.contracts import Category, CategoryTree
from apps.ranking.contracts import Candidates
from apps.search.contracts import DetectedCategory
from apps.search.domain.detection import best_places, category_detect

# home; electronics > audio > headphones, speakers; electronics > phones
TREE = CategoryTree(
    [
        Category(0, 10, "home", "Home", None, 1),
        Category(1, 11, "electronics", "Electronics", None, 6),
        Category(2, 12, "electronics/audio", "Audio", 1, 5),
        Category(3, 13, "electronics/audio/headphones", "Headphones", 2, 4),
        Category(4, 14, "electronics/audio/speakers", "Speakers", 2, 5),
        Category(5, 15, "electronics/phones", "Phones", 1, 6),
    ]
)


def detect(*codes: int) -> DetectedCategory | None:
    return category_detect(np.array(codes, dtype=np.int32), TREE)


def test_the_deepest_category_that_holds_enough() -> None:
    assert detect(3, 3, 3, 4, 5) == DetectedCategory("electronics/audio/headphones", 0.6)
    assert detect(3, 3, 4, 4, 5) == DetectedCategory("electronics/audio", 0.8)
    assert detect(3, 3, 5, 5, 0) == DetectedCategory("electronics", 0.8)


def test_none_holds_enough() -> None:
    assert detect(0, 0, 3, 5, -1) is None
    assert detect() is None
    assert category_detect(np.array([1], np.int32), CategoryTree(())) is None


@given(st.lists(st.integers(-1, 5), min_size=1, max_size=50))
def test_agrees_with_counting_every_category(codes: list[int]) -> None:
    found = detect(*codes)
    holding = [
        node
        for node in TREE.categories
        if sum(node.code <= code < node.end for code in codes) >= 0.6 * len(codes)
    ]
    if not holding:
        assert found is None
        return
    deepest = max(holding, key=lambda node: node.path.count("/"))
    share = sum(deepest.code <= code < deepest.end for code in codes) / len(codes)
    assert found == DetectedCategory(deepest.path, share)


def test_best_places_are_the_best_by_search_score() -> None:
    size = 200
    score = (np.random.default_rng(1).permutation(size) / size).astype(np.float32)
    absent, nowhere = np.full(size, np.nan, np.float32), np.zeros(size, np.int32)
    rows = np.arange(size, dtype=np.int32)
    candidates = Candidates(rows, absent, nowhere, absent, nowhere, score)
    best = set(np.argsort(-score)[:50].tolist())
    assert set(best_places(candidates).tolist()) == best
    assert len(best_places(candidates, 500)) == size
