from typing import Any

import pytest
from django.test import Client

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from tests.experiments.factories import design_make, metrics_make

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/experiments"


@pytest.fixture
def api(client: Client) -> Client:
    issued = api_key_create(
        name="tests", scopes=[Scope.EXPERIMENTS_READ, Scope.EXPERIMENTS_WRITE]
    )
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {issued.secret_once}"
    return client


def send(api: Client, method: str, path: str, body: Any = None) -> Any:
    call = getattr(api, method)
    if method == "get":
        return call(path)
    return call(path, data=body or {}, content_type="application/json")


def test_create_and_read(api: Client) -> None:
    metrics_make("cvr")
    made = send(api, "post", ROOT, {"key": "weights-test", **design_make()})
    assert made.status_code == 201, made.content
    assert made.json()["status"] == "draft"
    found = send(api, "get", f"{ROOT}/weights-test")
    assert found.status_code == 200
    assert found.json() == made.json()
    assert send(api, "get", ROOT).json()["count"] == 1
