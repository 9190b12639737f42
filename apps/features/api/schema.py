"""The store's routes in the committed OpenAPI schema, from the very types they speak."""

from collections.abc import Callable
from typing import Any

import msgspec

from apps.common.api.openapi import (
    hot_components_document,
    hot_route_document,
    openapi_dialect,
)
from apps.features.api.asked import FeaturesBody
from apps.features.api.documents import (
    FeaturesOfMany,
    FeaturesOfProduct,
    FeaturesOfUser,
)
from apps.features.selectors_registry import FeatureList

_REFERENCE = "#/components/schemas/{name}"
_TYPES = (FeatureList, FeaturesBody, FeaturesOfMany, FeaturesOfProduct, FeaturesOfUser)
_ROOT = "/api/v1/features"
_REFUSALS = {
    "400": "A parameter or field is wrong, and is named.",
    "401": "No valid key.",
    "403": "The caller may not.",
    "404": "There is no such feature, product or user; it is named.",
    "429": "Too many requests.",
}


def _parameter(name: str, place: str, words: str) -> dict[str, Any]:
    return {
        "name": name, "in": place, "required": place == "path", "description": words,
        "schema": {"type": "string"},
    }  # fmt: skip


_CHOICE = (
    _parameter("names", "query", "`name` or `name@version`, several by commas; none: all."),
    _parameter("version", "query", "Of every feature that is named without one."),
)
_NAME = (_parameter("name", "path", "A feature's name."),)
_PRODUCT = (_parameter("product_id", "path", "As the shop names it."), *_CHOICE)
_USER = (_parameter("user_id", "path", "As the shop names it."), *_CHOICE)
# Path, method, operation, summary, body, answer, parameters.
Row = tuple[str, str, str, str, str, str, tuple[dict[str, Any], ...]]
_ROWS: tuple[Row, ...] = (
    (_ROOT, "get", "features_list", "The registry: every version of every feature.", "",
     "FeatureList", ()),
    (f"{_ROOT}/{{name}}", "get", "features_one", "Every version of one feature.", "",
     "FeatureList", _NAME),
    (f"{_ROOT}/products/{{product_id}}", "get", "features_of_product",
     "Stored features of a product.", "", "FeaturesOfProduct", _PRODUCT),
    (f"{_ROOT}/users/{{user_id}}", "get", "features_of_user", "Stored features of a user.", "",
     "FeaturesOfUser", _USER),
    (f"{_ROOT}:batch", "post", "features_batch",
     "Stored features of up to 1,000 products or users.", "FeaturesBody", "FeaturesOfMany", ()),
)  # fmt: skip


def schema_register() -> None:
    """Make every operation and component known."""
    hot_components_document("features", components)
    for row in _ROWS:
        hot_route_document(row[0], row[1], _lazily(row))


def components() -> dict[str, Any]:
    """Schemas by name."""
    _, found = msgspec.json.schema_components(_TYPES, ref_template=_REFERENCE)
    described: dict[str, Any] = openapi_dialect(found)
    return described


def _lazily(row: Row) -> Callable[[], dict[str, Any]]:
    return lambda: _operation(row)


def _operation(row: Row) -> dict[str, Any]:
    _path, _method, name, summary, body, answer, parameters = row
    content = {"application/json": {"schema": {"$ref": _REFERENCE.format(name=answer)}}}
    found: dict[str, Any] = {
        "operationId": name,
        "tags": ["features"],
        "summary": summary,
        "parameters": list(parameters),
        "security": [{"ApiKey": []}, {"Bearer": []}, {"StaffSession": []}],
        "responses": {
            "200": {"description": summary, "content": content},
            **{code: {"description": words} for code, words in _REFUSALS.items()},
        },
    }
    if body:
        sent = {"application/json": {"schema": {"$ref": _REFERENCE.format(name=body)}}}
        found["requestBody"] = {"required": True, "content": sent}
    return found
