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
    """Register component schemas (name → schema object) that operations refer to.

    Raises:
        ValueError: another function has this name; one of them would be lost without a word.
    """
    if _components.setdefault(name, components) is not components:
        raise ValueError(f"two sets of component schemas are called {name}")


def hot_routes_add(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """drf-spectacular's postprocessing hook."""
    for (path, method), operation in sorted(_operations.items()):
        result["paths"].setdefault(path, {})[method] = dict(operation())
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    for components in _components.values():
        schemas.update(components())
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


def json_anything(cls: type) -> dict[str, Any]:
    """A msgspec schema hook: what is annotated as `object` may be any JSON.

    Raises:
        NotImplementedError: any other type; it is how a hook tells msgspec that it has no answer.
    """
    if cls is object:
        return {"description": "Any JSON."}
    raise NotImplementedError


def openapi_dialect(schema: Any) -> Any:
    """A JSON schema in the dialect of OpenAPI 3.0, which says null in its own way."""
    if isinstance(schema, list):
        return [openapi_dialect(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: openapi_dialect(one) for name, one in schema.items()}
    options = found.get("anyOf")
    if isinstance(options, list) and _NULL in options:
        rest = [one for one in options if one != _NULL]
        found["nullable"] = True
        del found["anyOf"]
        found.update(rest[0] if len(rest) == 1 and "$ref" not in rest[0] else {"anyOf": rest})
    if found.get("default", 0) is None:
        del found["default"]
    return found


_NULL = {"type": "null"}
