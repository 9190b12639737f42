"""Keys and calls for the serving routes."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from django.test import Client

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.common.redis import redis_forget_connections
from tests.redis_writes import writes_recorded

Call = Callable[..., Any]
ORIGIN = "https://shop.example"


def key_make(*scopes: Scope, public: bool = False, rate: int = 1_000_000) -> str:
    return api_key_create(
        name="serving test",
        scopes=list(scopes),
        public=public,
        allowed_origins=(ORIGIN,) if public else (),
        rate_per_minute=rate,
        expires_at=None,
        actor=None,
    ).secret_once


@pytest.fixture
def post(client: Client, db: None) -> Call:
    """POST JSON with a key that may do everything of experiments."""
    key = key_make(
        Scope.EXPERIMENTS_ASSIGN,
        Scope.EXPERIMENTS_READ,
        Scope.EXPERIMENTS_WRITE,
        Scope.EVENTS_WRITE,
    )

    def call(path: str, body: Any, **headers: str) -> Any:
        payload = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return client.post(
            path, payload, content_type="application/json", headers={"X-API-Key": key, **headers}
        )

    return call


@pytest.fixture
def get(client: Client, db: None) -> Call:
    key = key_make(Scope.EXPERIMENTS_READ)

    def call(path: str, **parameters: str) -> Any:
        return client.get(path, parameters, headers={"X-API-Key": key})

    return call


@pytest.fixture
def redis_gone(settings: Any) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    yield
    redis_forget_connections()


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Everything that is sent to Redis, one entry a write to its socket."""
    return writes_recorded(monkeypatch)
