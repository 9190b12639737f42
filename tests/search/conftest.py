from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.access.contracts import Scope
from apps.access.limiter import limits_forget
from apps.access.services import api_key_create
from apps.access.snapshot_file import snapshot_path
from apps.common.postgresql import postgresql_breaker
from apps.common.redis import redis_forget_connections
from apps.embeddings.selectors import _vectors
from apps.embeddings.services.embed import products_embed
from apps.features.services import features_refresh
from tests.embeddings.conftest import (  # noqa: F401 - fixtures, found by their names
    export_folder,
    exported_once,
    transformer,
)
from tests.search.catalogue import catalogue_create
from tests.search.types import Ask, Build, Json, Search


@pytest.fixture(autouse=True)
def _own_stores(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.ARTIFACT_STORE = str(tmp_path / "store")
    settings.ARTIFACT_CACHE = str(tmp_path / "cache")
    _vectors.clear()
    limits_forget()
    postgresql_breaker.reset()
    yield
    postgresql_breaker.reset()
    snapshot_path().unlink(missing_ok=True)


@pytest.fixture
def catalogue(db: None) -> None:
    catalogue_create()


@pytest.fixture
def lasting_catalogue(transactional_db: None) -> None:
    """The same, committed: for what other connections or a broken one must see."""
    catalogue_create()


@pytest.fixture
def embedded(exported_once: None) -> Build:  # noqa: F811 - the fixture of that name
    """Build index and encoder over whatever is in the catalogue now."""

    def build() -> None:
        products_embed(progress=lambda _done, _total, _note: None, cancelled=lambda: False)

    return build


@pytest.fixture
def ask(client: Client) -> Ask:
    """A GET of the search route with a key; filters as `{"filter[brand]": …}`."""
    issued = api_key_create(name="tests", scopes=[Scope.SEARCH_READ], rate_per_minute=100_000)

    def get(parameters: Json | None = None, **more: object) -> object:
        return client.get(
            "/api/v1/search",
            {**(parameters or {}), **more},
            headers={"Authorization": f"Bearer {issued.secret_once}"},
        )

    return get


@pytest.fixture
def search(ask: Ask) -> Search:
    def get(parameters: Json | None = None, **more: object) -> Json:
        response = ask(parameters, **more)
        assert response.status_code == 200, response.content
        answer: Json = response.json()
        return answer

    return get


@pytest.fixture
def serving_artifact(embedded: Build) -> None:
    """Display documents on disk, as the job publishes them."""
    features_refresh(as_of=timezone.now(), progress=lambda _done, _total, _note: None)


@pytest.fixture
def redis_gone(settings: Settings) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    yield
    redis_forget_connections()


@pytest.fixture
def postgresql_refused() -> Iterator[None]:
    """PostgreSQL refuses: its connection points at a folder where no server listens."""
    connection = connections["default"]
    host = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = str(Path(django_settings.ARTIFACT_STORE).parent)
    yield
    connection.close()
    connection.settings_dict["HOST"] = host
    postgresql_breaker.reset()
