"""The routes of a published kind in the committed OpenAPI schema, row by row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from apps.common.api.openapi import (
    hot_components_document,
    hot_route_document,
    openapi_dialect,
)
from apps.publishing.api.views import MOST_VERSIONS

_REFERENCE = "#/components/schemas/{name}"
LIMIT = {
    "name": "limit",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "maximum": MOST_VERSIONS},
}
ONCE = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
_REFUSALS = {
    "400": "A field is wrong, and is named.",
    "401": "No valid key.",
    "403": "The caller may not.",
    "404": "There is no such {subject} or version.",
    "409": "Something else is live by now, or there are warnings.",
    "429": "Too many requests.",
}


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One operation.

    Attributes:
        path: with its parameters in braces.
        method: lower case.
        name: of the operation.
        summary: one sentence.
        answer: name of the answer's component.
        body: name of the body's component; empty: none.
        statuses: that answer it.
        parameters: as OpenAPI writes them.
    """

    path: str
    method: str
    name: str
    summary: str
    answer: str
    body: str = ""
    statuses: tuple[str, ...] = ("200",)
    parameters: tuple[dict[str, Any], ...] = ()


def routes_document(rows: Iterable[RouteRow], *, tag: str, subject: str) -> None:
    """Make every operation known.

    Args:
        rows: the operations.
        tag: they stand under.
        subject: what a version is of, as a refusal names it.
    """
    for row in rows:
        hot_route_document(row.path, row.method, _lazily(row, tag, subject))


def components_document(group: str, types: tuple[type[msgspec.Struct], ...]) -> None:
    """Make the components of these types known."""
    hot_components_document(group, lambda: components_of(types))


def components_of(types: tuple[type[msgspec.Struct], ...]) -> dict[str, Any]:
    """Schemas by name."""
    _, found = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    described: dict[str, Any] = openapi_dialect(found)
    return described


def _lazily(row: RouteRow, tag: str, subject: str) -> Callable[[], dict[str, Any]]:
    return lambda: _operation(row, tag, subject)


def _operation(row: RouteRow, tag: str, subject: str) -> dict[str, Any]:
    answered = {"description": row.summary, "content": _content(row.answer)}
    refused = {
        code: {"description": words.format(subject=subject)} for code, words in _REFUSALS.items()
    }
    found: dict[str, Any] = {
        "operationId": row.name,
        "tags": [tag],
        "summary": row.summary,
        "parameters": list(row.parameters),
        "security": [{"ApiKey": []}, {"Bearer": []}, {"StaffSession": []}],
        "responses": {**dict.fromkeys(row.statuses, answered), **refused},
    }
    if row.body:
        found["requestBody"] = {"required": True, "content": _content(row.body)}
    return found


def _content(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(name=name)}}}
