"""Affinities by the model that is served: counted, timed, healthy or not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.common.snapshots import snapshots_forget
from apps.embeddings.engines.faiss_index import FaissIndex
from apps.embeddings.selectors import INDEX_ARTIFACT, INDEX_FILE, PKS_FILE
from apps.features.contracts import ServingSnapshot
from apps.model_registry.services.publish import artifact_publish
from apps.recommendations.contracts import Shopper
from apps.recommendations.contracts_models import ARTIFACT
from apps.recommendations.domain.blending import BlendModel
from apps.recommendations.engines.model_files import model_write
from apps.recommendations.health import recommender_check
from apps.recommendations.selectors.affinity import (
    ServedVectors,
    affinity_by,
    affinity_ready,
    basis_now,
    shopper_affinity,
    user_product_affinity,
)
from apps.recommendations.selectors.recommender import recommender_holder
from tests.features.catalogue import AS_OF
from tests.recommendations.affinity_stage import history_made, model_of, snapshot_of

pytestmark = pytest.mark.django_db
KNOWN = [f"p{pk}" for pk in range(1, 10)]
ROWS = np.arange(12, dtype=np.int32)
Publish = Callable[..., int]


@pytest.fixture
def publish(settings: Any, tmp_path: Path) -> Publish:
    """Publish a model; `spoil` edits the folder before it is signed."""
    settings.ARTIFACT_STORE, settings.ARTIFACT_CACHE = str(tmp_path / "s"), str(tmp_path / "c")

    def call(model: BlendModel, spoil: Callable[[Path], object] | None = None) -> int:
        def write(folder: Path) -> dict[str, int]:
            model_write(folder, model)
            if spoil is not None:
                spoil(folder)
            return {}

        return artifact_publish(name=ARTIFACT, write=write)

    return call


@pytest.fixture
def snapshot() -> ServingSnapshot:
    return snapshot_of(12, {"p1": 3.0, "p5": 1.0})


def index_publish() -> None:
    """Vectors of all twelve products, primary keys 1 … 12."""
    random = np.random.default_rng(1).normal(size=(12, 8)).astype(np.float32)
    vectors = random / np.linalg.norm(random, axis=1, keepdims=True)

    def write(folder: Path) -> dict[str, str | int]:
        FaissIndex.build(vectors, "flat").write(folder / INDEX_FILE)
        np.save(folder / PKS_FILE, np.arange(1, 13, dtype=np.int32))
        return {"kind": "flat", "model": "test", "horizon": 0}

    artifact_publish(name=INDEX_ARTIFACT, write=write)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"endcap_{name}", labels) or 0.0


def test_without_a_model_and_vectors_nothing_is_personal(snapshot: ServingSnapshot) -> None:
    shopper = Shopper("u", history=history_made("p1", "p2"))
    found = shopper_affinity(shopper, snapshot, AS_OF)
    assert found is not None
    assert (found.model, found.source) == (0, "cold")
    assert found.by_content.all()
    health = recommender_check()
    assert (health.ok, health.required, health.detail) == (False, False, "missing")


def test_the_served_model_scores_catalogue_and_candidates_alike(
    publish: Publish, snapshot: ServingSnapshot, django_assert_num_queries: Any
) -> None:
    number = publish(model_of(KNOWN, ["trained"]))
    index_publish()
    shopper = Shopper("new", history=history_made(*KNOWN[:6]))
    basis_now(snapshot)
    ServedVectors().cosines_of(np.zeros(8, dtype=np.float32), ROWS)
    with django_assert_num_queries(0):
        found = shopper_affinity(shopper, snapshot, AS_OF)
        candidates = user_product_affinity(shopper, snapshot, ROWS[::-1], AS_OF)
    assert found is not None
    assert candidates is not None
    assert (found.model, found.source, found.share) == (number, "folded_in", 1.0)
    assert found.by_content.tolist() == [False] * 9 + [True] * 3
    assert found.scores[9:].any(), "by what they are like"
    np.testing.assert_allclose(candidates[::-1], found.scores, rtol=1e-5, atol=1e-6)


def test_a_history_that_is_switched_off_points_nowhere(
    publish: Publish, snapshot: ServingSnapshot, settings: Any
) -> None:
    publish(model_of(KNOWN))
    settings.PERSONALISATION_HISTORY = False
    shopper = Shopper("u", history=history_made(*KNOWN))
    assert shopper_affinity(shopper, snapshot, AS_OF) is None
    assert user_product_affinity(shopper, snapshot, ROWS, AS_OF) is None


def test_every_source_is_counted(publish: Publish, snapshot: ServingSnapshot) -> None:
    publish(model_of(KNOWN, ["trained"]))
    asked = {
        "model": Shopper("trained"),
        "folded_in": Shopper("new", history=history_made(*KNOWN[:5])),
        "cold": Shopper("new", history=history_made("p1")),
        "none": Shopper("new"),
    }
    for source, shopper in asked.items():
        before = counted("affinity_requests_total", source=source)
        timed = counted("affinity_seconds_count", scope="candidates")
        users, products = (counted(f"cold_start_{what}_total") for what in ("users", "products"))
        found = user_product_affinity(shopper, snapshot, ROWS, AS_OF)
        assert (found is None) is (source == "none")
        assert counted("affinity_requests_total", source=source) == before + 1
        assert counted("affinity_seconds_count", scope="candidates") == timed + (found is not None)
        assert counted("cold_start_users_total") == users + (source == "cold")
        assert counted("cold_start_products_total") == products + 3 * (found is not None)


def test_different_shoppers_see_different_products(
    publish: Publish, snapshot: ServingSnapshot
) -> None:
    publish(model_of(KNOWN))
    lists = set()
    for start in range(4):
        shopper = Shopper("u", history=history_made(*KNOWN[start : start + 5]))
        found = shopper_affinity(shopper, snapshot, AS_OF)
        assert found is not None
        lists.add(tuple(np.argsort(-found.scores, kind="stable")[:5].tolist()))
    assert len(lists) > 1


def test_a_corrupt_model_is_refused_and_the_old_one_serves_on(
    publish: Publish, snapshot: ServingSnapshot
) -> None:
    number = publish(model_of(KNOWN))
    shopper = Shopper("u", history=history_made(*KNOWN[:5]))
    before = shopper_affinity(shopper, snapshot, AS_OF)

    def spoil(folder: Path) -> None:
        np.save(folder / "lean.npy", np.full(len(KNOWN), np.nan, dtype=np.float32))

    publish(model_of(KNOWN, seed=9), spoil)
    after = shopper_affinity(shopper, snapshot, AS_OF)
    assert before is not None
    assert after is not None
    assert before.model == after.model == number
    np.testing.assert_array_equal(before.scores, after.scores)
    assert recommender_check().detail == "load"


def test_a_model_with_newer_events_is_healthy_and_an_old_one_stale(
    publish: Publish, settings: Any
) -> None:
    now = timezone.now().timestamp()
    publish(model_of(KNOWN, as_of=now - 3_600))
    health = recommender_check()
    assert (health.ok, health.detail) == (True, "")
    assert health.figures["version"] == recommender_holder.number
    assert counted("recommender_age_seconds") == pytest.approx(3_600, abs=60)
    publish(model_of(KNOWN, as_of=now - 8 * 86_400))
    assert (recommender_check().ok, recommender_check().detail) == (False, "stale")
    settings.RECOMMENDER_STALE_DAYS = 9
    assert recommender_check().ok


def test_the_book_is_made_once_a_model_and_catalogue(
    publish: Publish, snapshot: ServingSnapshot
) -> None:
    assert not affinity_ready(snapshot)
    publish(model_of(KNOWN))
    assert affinity_ready(snapshot)
    book = basis_now(snapshot).book
    assert basis_now(snapshot).book is book
    publish(model_of(KNOWN, seed=5))
    assert basis_now(snapshot).book is not book


def test_a_given_model_needs_nothing_that_is_served(snapshot: ServingSnapshot) -> None:
    shopper = Shopper("trained", history=history_made(*KNOWN[:6]))
    asked = counted("affinity_requests_total", source="folded_in")
    by = affinity_by(model_of(KNOWN, ["trained"]))
    found = by(shopper, snapshot, AS_OF)
    assert found is not None
    assert found.source == "model"
    assert by(Shopper(), snapshot, AS_OF) is None
    assert affinity_by(None)(shopper, snapshot, AS_OF) is not None
    assert counted("affinity_requests_total", source="folded_in") == asked


def test_without_an_index_there_is_no_neighbour(publish: Publish) -> None:
    vectors = ServedVectors()
    assert vectors.nearest(np.ones(8, dtype=np.float32), 3) is None
    assert vectors.vectors_of(ROWS) is None
    index_publish()
    snapshots_forget()
    found = vectors.nearest(np.ones(8, dtype=np.float32), 3)
    assert found is not None
    assert len(found[0]) <= 3
