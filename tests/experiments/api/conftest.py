"""Callers of the API: a key, and people."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from apps.access.contracts import Scope
from apps.access.models import User
from apps.access.services import api_key_create, groups_ensure

Send = Callable[..., Any]
ROOT = "/api/v1/experiments"


def sender(client: Client) -> Send:
    """`send(method, path below the root, body)` of one caller."""

    def send(method: str, path: str = "", body: Any = None, **headers: str) -> Any:
        address = path if path.startswith("/api/") else f"{ROOT}{path}"
        call = getattr(client, method)
        if method == "get":
            return call(address, headers=headers)
        return call(
            address,
            data={} if body is None else body,
            content_type="application/json",
            headers=headers,
        )

    return send


def key_client(*scopes: Scope, made_by: User | None = None) -> Client:
    issued = api_key_create(name="tests", scopes=scopes, actor=made_by)
    return Client(headers={"Authorization": f"Bearer {issued.secret_once}"})


def person_client(username: str, *groups: str) -> Client:
    groups_ensure()
    user, _ = User.objects.get_or_create(username=username, defaults={"is_staff": True})
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


@pytest.fixture
def api(db: None) -> Send:
    """A key that reads and writes experiments."""
    del db
    return sender(key_client(Scope.EXPERIMENTS_READ, Scope.EXPERIMENTS_WRITE))


@pytest.fixture
def maker(db: None) -> Send:
    """A merchandiser."""
    del db
    return sender(person_client("mara", "merchandiser"))


@pytest.fixture
def checker(db: None) -> Send:
    """Another merchandiser."""
    del db
    return sender(person_client("chris", "merchandiser"))


@pytest.fixture
def analyst(db: None) -> Send:
    """Somebody who reads."""
    del db
    return sender(person_client("ada", "analyst"))
