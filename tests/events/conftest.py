from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.test import Client

from apps.access.contracts import Scope
from apps.access.services import api_key_create

Post = Callable[..., Any]


@pytest.fixture
def key(db: None) -> str:
    return api_key_create(
        name="events test",
        scopes=[Scope.EVENTS_WRITE],
        public=False,
        allowed_origins=(),
        rate_per_minute=100_000,
        expires_at=None,
        actor=None,
    ).secret_once


@pytest.fixture
def post(client: Client, key: str) -> Post:
    """POST a body as JSON (bytes go as they are) with a key that may write events."""

    def call(body: Any, path: str = "/api/v1/events", **headers: str) -> Any:
        payload = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return client.post(
            path, payload, content_type="application/json", headers={"X-API-Key": key, **headers}
        )

    return call
