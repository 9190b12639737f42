"""Every route under /api and /ofrep names its scope, or stands in OPEN_ROUTES."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from apps.access.contracts import Scope
from apps.access.edge import OPEN_ROUTES

GUARDED = ("api/", "ofrep/")


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        path = f"{prefix}{entry.pattern}".replace("^", "")
        if isinstance(entry, URLResolver):
            yield from routes(entry, path)
        else:
            yield path, entry


def scopes_named(view: Any) -> set[Any]:
    # A DRF view function carries its class; a hot route carries the scope itself.
    named = getattr(getattr(view, "cls", view), "required_scope", None)
    if isinstance(named, dict):
        return set(named.values())
    return {named}


def unnamed(urlconf: str) -> list[str]:
    return [
        path
        for path, pattern in routes(get_resolver(urlconf))
        if path.startswith(GUARDED)
        and pattern.name not in OPEN_ROUTES
        and not all(isinstance(scope, Scope) for scope in scopes_named(pattern.callback))
    ]


def test_every_api_route_names_its_scope() -> None:
    assert unnamed("config.urls") == []


def test_there_are_routes_to_look_at() -> None:
    paths = [path for path, _ in routes(get_resolver("config.urls"))]
    assert "api/v1/schema" in paths
    assert sum(path.startswith(GUARDED) for path in paths) >= 1


def test_the_walk_finds_a_route_that_forgot() -> None:
    assert unnamed("tests.access.urls") == ["api/test/forgotten"]


def test_open_routes_are_few_and_exist() -> None:
    assert OPEN_ROUTES == ("schema",)
    names = {pattern.name for _, pattern in routes(get_resolver("config.urls"))}
    assert set(OPEN_ROUTES) <= names


@pytest.mark.parametrize("name", ["healthz", "readyz", "metrics"])
def test_operations_stand_outside_the_api(name: str) -> None:
    (path,) = [
        path for path, pattern in routes(get_resolver("config.urls")) if pattern.name == name
    ]
    assert not path.startswith(GUARDED)
