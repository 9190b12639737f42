"""What other weights would have earned: by hand, and in expectation."""

import math

import numpy as np
import pytest

from apps.features.domain.examined.lists import Lists, Propensities, Source
from apps.ranking_weights.domain.learning.counterfactual import (
    LEAST_SHOPPERS,
    evidence_of,
    ranks_by,
)

CURVE = Propensities(np.array([1.0, 0.5, 0.25]), Source.STANDARD, 1.0, None, 0, 0.05)
FIRST, SECOND = np.array([1.0, 0.0]), np.array([0.0, 1.0])


def lists(count: int, clicked: int = 1) -> Lists:
    """Three hits; by the first feature they stand as shown, by the second the other way round."""
    gains = np.zeros((count, 3))
    gains[:, clicked] = 2.0
    return Lists(
        names=("search_score", "freshness_score"),
        features=np.tile(np.array([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]), (count, 1, 1)),
        shown=np.ones((count, 3), dtype=np.bool_),
        gains=gains,
        units=np.arange(count, dtype=np.int64),
        paths=("",) * count,
        swapped=np.zeros(count, dtype=np.int64),
        ruled=np.zeros(count, dtype=np.bool_),
    )


def test_a_ranking_without_the_hits_that_were_not_shown() -> None:
    one = lists(1)
    assert ranks_by(one, FIRST).tolist() == [[0, 1, 2]]
    assert ranks_by(one, SECOND).tolist() == [[2, 1, 0]]
    # Equal scores stand as they were shown.
    assert ranks_by(one, np.zeros(2)).tolist() == [[0, 1, 2]]


def test_the_figures_are_those_of_a_hand() -> None:
    found = evidence_of(lists(40, clicked=2), CURVE, current=FIRST, proposed=SECOND)
    assert found is not None
    assert (found.searches, found.clicked, found.shoppers) == (40, 40, 40)
    # A click at place 3 is worth four looks; in place 1 each look would have been a click.
    assert found.clicks_at_k.current == pytest.approx(1.0)
    assert found.clicks_at_k.proposed == pytest.approx(4.0)
    assert found.dcg_at_k.current == pytest.approx(1.0 / math.log2(4))
    assert found.dcg_at_k.proposed == pytest.approx(1.0)
    # All shoppers are alike: there is nothing to resample.
    assert found.dcg_at_k.difference.low == pytest.approx(found.dcg_at_k.difference.high)


def test_the_same_weights_differ_by_nothing() -> None:
    found = evidence_of(lists(50), CURVE, current=FIRST, proposed=FIRST)
    assert found is not None
    difference = found.dcg_at_k.difference
    assert (difference.value, difference.low, difference.high) == (0.0, 0.0, 0.0)


def test_too_few_shoppers_are_no_evidence() -> None:
    assert evidence_of(lists(LEAST_SHOPPERS - 1), CURVE, current=FIRST, proposed=SECOND) is None
    none = lists(100)
    assert evidence_of(none.part(np.array([], dtype=np.int64)), CURVE, current=FIRST,
                       proposed=SECOND) is None  # fmt: skip
