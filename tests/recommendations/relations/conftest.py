from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from apps.access.contracts import Scope
from apps.access.limiter import limits_forget
from apps.access.services import api_key_create
from apps.catalog.models import Product
from apps.embeddings.engines.faiss_index import FaissIndex
from apps.embeddings.selectors import INDEX_ARTIFACT, INDEX_FILE, PKS_FILE
from apps.model_registry.contracts import Scalar
from apps.model_registry.services.publish import artifact_publish
from tests.search.catalogue import catalogue_create

Json = dict[str, Any]
AskSimilar = Callable[..., Any]
Similar = Callable[..., Json]


@pytest.fixture
def stores(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A store and a cache of this test's own."""
    settings.ARTIFACT_STORE = str(tmp_path / "store")
    settings.ARTIFACT_CACHE = str(tmp_path / "cache")
    limits_forget()
    yield
    limits_forget()


@pytest.fixture
def catalogue(db: None, stores: None) -> None:
    catalogue_create()


@pytest.fixture
def index(catalogue: None) -> None:
    """Products point the same way when they are of one line (p-<line>-…), nearly."""
    products = list(Product.objects.order_by("pk").values_list("pk", "product_id"))
    lines = np.array([int(name.split("-")[1]) for _, name in products])
    vectors = np.random.default_rng(1).normal(0.0, 0.02, (len(products), 8)).astype(np.float32)
    vectors[np.arange(len(products)), lines] += 1.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    def write(folder: Path) -> Mapping[str, Scalar]:
        built = FaissIndex.build(vectors)
        built.write(folder / INDEX_FILE)
        np.save(folder / PKS_FILE, np.array([pk for pk, _ in products], dtype=np.int32))
        return {"model": "test", "kind": built.kind, "horizon": 0}

    artifact_publish(name=INDEX_ARTIFACT, write=write)


@pytest.fixture
def ask(client: Client) -> AskSimilar:
    """A GET of the route with a key."""
    issued = api_key_create(
        name="similar", scopes=[Scope.RECOMMENDATIONS_READ], rate_per_minute=100_000
    )

    def get(product_id: str, parameters: Json | None = None, **more: object) -> object:
        return client.get(
            f"/api/v1/products/{product_id}/similar",
            {**(parameters or {}), **more},
            headers={"Authorization": f"Bearer {issued.secret_once}"},
        )

    return get


@pytest.fixture
def similar(ask: AskSimilar) -> Similar:
    def get(product_id: str, parameters: Json | None = None, **more: object) -> Json:
        response = ask(product_id, parameters, **more)
        assert response.status_code == 200, response.content
        answer: Json = response.json()
        return answer

    return get
