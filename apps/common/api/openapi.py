"""Hot routes are plain views: each registers its operation here for the committed schema."""

from collections.abc import Callable, Mapping
from typing import Any

Operation = Mapping[str, Any]
_operations: dict[tuple[str, str], Callable[[], Operation]] = {}
_components: dict[str, Callable[[], Mapping[str, Any]]] = {}


def hot_route_document(path: str, method: str, operation: Callable[[], Operation]) -> None:
    """Register the OpenAPI operation object of `method path` (method in lower case)."""
    _operations[path, method] = operation


def hot_components_document(name: str, components: Callable[[], Mapping[str, Any]]) -> None:
    """Register component schemas (name → schema object) that operations refer to."""
    _components[name] = components


def hot_routes_add(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """drf-spectacular's postprocessing hook."""
    for (path, method), operation in sorted(_operations.items()):
        result["paths"].setdefault(path, {})[method] = dict(operation())
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    for components in _components.values():
        schemas.update(components())
    result["paths"] = dict(sorted(result["paths"].items()))
    return result
