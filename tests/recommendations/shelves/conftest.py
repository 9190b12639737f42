from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from apps.access.contracts import Scope
from apps.access.limiter import limits_forget
from apps.access.services import api_key_create
from apps.access.snapshot_file import snapshot_path
from apps.common.postgresql import postgresql_breaker
from tests.search.catalogue import catalogue_create

Json = dict[str, Any]
Ask = Callable[..., Any]
Shelf = Callable[..., Json]


@pytest.fixture(autouse=True)
def _own_stores(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.ARTIFACT_STORE = str(tmp_path / "store")
    settings.ARTIFACT_CACHE = str(tmp_path / "cache")
    limits_forget()
    postgresql_breaker.reset()
    yield
    postgresql_breaker.reset()
    snapshot_path().unlink(missing_ok=True)


@pytest.fixture
def catalogue(db: None) -> None:
    catalogue_create()


@pytest.fixture
def ask(client: Client) -> Ask:
    """A GET of the route with a key."""
    issued = api_key_create(
        name="shelves", scopes=[Scope.RECOMMENDATIONS_READ], rate_per_minute=100_000
    )

    def get(placement: str = "home", parameters: Json | None = None, **more: object) -> object:
        return client.get(
            "/api/v1/recommendations",
            {"placement": placement, **(parameters or {}), **more},
            headers={"Authorization": f"Bearer {issued.secret_once}"},
        )

    return get


@pytest.fixture
def shelf(ask: Ask) -> Shelf:
    def get(placement: str = "home", parameters: Json | None = None, **more: object) -> Json:
        response = ask(placement, parameters, **more)
        assert response.status_code == 200, response.content
        answer: Json = response.json()
        return answer

    return get
