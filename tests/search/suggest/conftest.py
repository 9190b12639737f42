from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from tests.search.types import Json

Get = Callable[..., Any]
Suggest = Callable[..., list[Json]]


@pytest.fixture
def get(client: Client) -> Get:
    """A GET of the route with a storefront's key."""
    issued = api_key_create(
        name="tests",
        scopes=[Scope.SEARCH_READ],
        rate_per_minute=100_000,
        public=True,
        allowed_origins=["https://shop.example"],
    )

    def call(**parameters: Any) -> Any:
        headers = {"Authorization": f"Bearer {issued.secret_once}"}
        return client.get("/api/v1/search/suggest", parameters, headers=headers)

    return call


@pytest.fixture
def suggest(get: Get) -> Suggest:
    """The suggestions for what is typed; nothing is missing."""

    def call(q: str, **more: object) -> list[Json]:
        response = get(q=q, **more)
        assert response.status_code == 200, response.content
        assert response.json()["degraded"] == []
        found: list[Json] = response.json()["suggestions"]
        return found

    return call
