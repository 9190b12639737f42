"""The weights' routes in the committed OpenAPI schema, from the very types they speak."""

from collections.abc import Callable
from typing import Any

import msgspec

from apps.common.api.openapi import (
    hot_components_document,
    hot_route_document,
    openapi_dialect,
)
from apps.ranking_weights.api.bodies import RollbackBody, WeightsBody
from apps.ranking_weights.api.documents import (
    MOST_VERSIONS,
    WeightsAnswer,
    WeightsList,
    WeightsVersion,
    WeightsVersions,
)

_REFERENCE = "#/components/schemas/{name}"
_TYPES = (WeightsAnswer, WeightsBody, WeightsList, WeightsVersion, WeightsVersions, RollbackBody)
_ROOT = "/api/v1/ranking"
_CATEGORY = {
    "name": "category",
    "in": "path",
    "required": True,
    "description": "`global`, or a category's path; its slashes may stand as they are.",
    "schema": {"type": "string"},
}
_LIMIT = {
    "name": "limit",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "maximum": MOST_VERSIONS},
}
_ONCE = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
_REFUSALS = {
    "400": "A field is wrong, and is named.",
    "401": "No valid key.",
    "403": "The caller may not.",
    "404": "There is no such category or version.",
    "409": "Something else is live by now, or there are warnings.",
    "429": "Too many requests.",
}
# Path, method, operation, summary, body, answer, statuses that answer it, parameters.
Row = tuple[str, str, str, str, str, str, tuple[str, ...], tuple[dict[str, Any], ...]]
_ROWS: tuple[Row, ...] = (
    (f"{_ROOT}/weights", "get", "ranking_weights_list", "Every published set.", "",
     "WeightsList", ("200",), ()),
    (f"{_ROOT}/weights/{{category}}", "get", "ranking_weights_read",
     "What is published for a subject, what ranks it, and what waits.", "",
     "WeightsAnswer", ("200",), (_CATEGORY,)),
    (f"{_ROOT}/weights/{{category}}", "put", "ranking_weights_put",
     "Other weights: published (200), or waiting as a draft or in review (202).", "WeightsBody",
     "WeightsVersion", ("200", "202"), (_CATEGORY,)),
    (f"{_ROOT}/weight-versions/{{category}}", "get", "ranking_weights_versions",
     "A subject's versions, newest first.", "", "WeightsVersions", ("200",),
     (_CATEGORY, _LIMIT)),
    (f"{_ROOT}/weight-rollbacks/{{category}}", "post", "ranking_weights_rollback",
     "A former version again, as a new one, at once.", "RollbackBody", "WeightsVersion",
     ("200",), (_CATEGORY, _ONCE)),
)  # fmt: skip


def schema_register() -> None:
    """Make every operation and component known."""
    hot_components_document("ranking-weights", components)
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
    _path, _method, name, summary, body, answer, statuses, parameters = row
    content = {"application/json": {"schema": {"$ref": _REFERENCE.format(name=answer)}}}
    good = {status: {"description": summary, "content": content} for status in statuses}
    found: dict[str, Any] = {
        "operationId": name,
        "tags": ["ranking"],
        "summary": summary,
        "parameters": list(parameters),
        "security": [{"ApiKey": []}, {"Bearer": []}, {"StaffSession": []}],
        "responses": {
            **good,
            **{code: {"description": words} for code, words in _REFUSALS.items()},
        },
    }
    if body:
        sent = {"application/json": {"schema": {"$ref": _REFERENCE.format(name=body)}}}
        found["requestBody"] = {"required": True, "content": sent}
    return found
