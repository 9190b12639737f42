"""The trainer on Spark keeps the contract of the one on this machine, and learns as well.

Needs requirements/spark.txt and Java, as CI installs them.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.recommendations.contracts_models import AlsParameters, Confidences, Factors
from apps.recommendations.engines.als import ImplicitAls
from apps.recommendations.engines.spark_als import (
    SparkAls,
    SparkFailed,
    SparkMissing,
    spark_missing,
)
from apps.recommendations.services.fitting import factor_trainer

MISSING = spark_missing()
if MISSING and os.environ.get("CI") == "true":
    pytest.fail(f"CI has to run this: {MISSING}", pytrace=False)

USERS, PRODUCTS, TASTES = 180, 60, 6
PARAMETERS = AlsParameters(factors=6, regularization=0.05, alpha=1.0, iterations=6)
FIRST = 10


def _liked() -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """bool[users, products]: everybody has a taste, and likes most of what belongs to it."""
    rng = np.random.default_rng(5)
    same = (np.arange(USERS) % TASTES)[:, None] == (np.arange(PRODUCTS) % TASTES)[None, :]
    liked: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    liked = rng.random((USERS, PRODUCTS)) < np.where(same, 0.8, 0.05)
    return liked


def _split() -> tuple[Confidences, np.ndarray[tuple[int, int], np.dtype[np.bool_]]]:
    """Two thirds of what they like to learn from, the rest to find; the last user has nothing."""
    rng = np.random.default_rng(6)
    liked = _liked()
    held = liked & (rng.random(liked.shape) < 1 / 3)
    known = liked & ~held
    known[-1] = False
    rows, codes = np.nonzero(known)
    indptr = np.searchsorted(rows, np.arange(USERS + 1)).astype(np.int64)
    values = np.ones(len(codes), dtype=np.float32)
    return Confidences(USERS, PRODUCTS, indptr, codes.astype(np.int32), values), held


def _ndcg(factors: Factors, known: Confidences, held: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> float:  # fmt: skip
    scores = factors.users @ factors.products.T
    found = []
    for user in range(USERS - 1):
        scores[user, known.codes[known.indptr[user] : known.indptr[user + 1]]] = -np.inf
        if held[user].any():
            gains = held[user][np.argsort(-scores[user], kind="stable")[:FIRST]]
            discounts = 1 / np.log2(np.arange(FIRST) + 2)
            best = discounts[: min(FIRST, int(held[user].sum()))].sum()
            found.append((gains * discounts).sum() / best)
    return float(np.mean(found))


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.processes
@pytest.mark.timeout(400)
def test_spark_learns_as_well_as_this_machine() -> None:
    known, held = _split()
    here = ImplicitAls(threads=1).fit(known, PARAMETERS)
    there = SparkAls(master="local[2]", memory="1g", blocks=2).fit(known, PARAMETERS)
    assert there.users.shape == (USERS, PARAMETERS.factors)
    assert there.products.shape == (PRODUCTS, PARAMETERS.factors)
    assert there.users.dtype == there.products.dtype == np.float32
    assert not there.users[-1].any()
    ours, theirs = _ndcg(here, known, held), _ndcg(there, known, held)
    assert ours > 0.5
    assert theirs >= 0.98 * ours


def test_without_spark_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SparkMissing, match=r"pyspark|Java"):
        SparkAls().fit(_split()[0], PARAMETERS)


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.processes
def test_a_driver_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(SparkFailed, match="Master must"):
        SparkAls(master="no-such-cluster", exchange=str(tmp_path)).fit(_split()[0], PARAMETERS)
    assert list(tmp_path.iterdir()) == []


def test_settings_say_who_trains_and_where(settings: Any) -> None:
    assert isinstance(factor_trainer(), ImplicitAls)
    settings.RECOMMENDER_TRAINER = "spark"
    settings.RECOMMENDER_SPARK_MASTER = "spark://cluster:7077"
    settings.RECOMMENDER_SPARK_EXCHANGE = "/shared"
    settings.RECOMMENDER_SPARK_MEMORY = "8g"
    assert factor_trainer() == SparkAls("spark://cluster:7077", "/shared", "8g")
