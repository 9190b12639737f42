"""The sessions' routes in the committed OpenAPI schema."""

from typing import Any

import msgspec

from apps.common.api.openapi import (
    hot_components_document,
    hot_route_document,
    openapi_dialect,
)
from apps.events.api.session_documents import TYPES

PATH = "/api/v1/sessions/{session_id}"
_ID = {
    "name": "session_id",
    "in": "path",
    "required": True,
    "description": "As the storefront's events name it; its slashes may stand as they are.",
    "schema": {"type": "string", "maxLength": 200},
}
_REFUSALS = {
    "400": "A parameter is wrong, and is named.",
    "401": "No valid key.",
    "403": "The caller may not.",
    "404": "Nothing is known of it, or nothing that belongs to whoever is named.",
    "429": "Too many requests.",
    "503": "Redis did not answer; try again.",
}


def json_schemas() -> dict[str, Any]:
    """JSON schemas by name."""
    _, found = msgspec.json.schema_components(TYPES, ref_template="#/components/schemas/{name}")
    return found


def components() -> dict[str, Any]:
    """The schemas in the dialect of OpenAPI 3.0."""
    return {name: openapi_dialect(schema) for name, schema in json_schemas().items()}


def schema_register() -> None:
    hot_components_document("sessions", components)
    hot_route_document(PATH, "get", read_operation)
    hot_route_document(PATH, "delete", forget_operation)


def read_operation() -> dict[str, Any]:
    answer = {"schema": {"$ref": "#/components/schemas/SessionAnswer"}}
    return _operation(
        "sessions_read",
        "What is remembered of a visit: an hour after its last event it is forgotten.",
        [_ID, *(_asker(name) for name in ("user_id", "client_id"))],
        {"200": {"description": "The visit.", "content": {"application/json": answer}}},
    )


def forget_operation() -> dict[str, Any]:
    return _operation(
        "sessions_forget",
        "Forget a visit for good: events that are older and come late do not bring it back.",
        [_ID],
        {"204": {"description": "Forgotten. The events themselves stay stored."}},
    )


def _asker(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": "Only what belongs to them by the identity rule; without both, all of it.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    }


def _operation(
    name: str, summary: str, parameters: list[dict[str, Any]], answers: dict[str, Any]
) -> dict[str, Any]:
    refused = {status: {"description": text} for status, text in _REFUSALS.items()}
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["sessions"],
        "security": [{"ApiKey": []}, {"Bearer": []}, {"StaffSession": []}],
        "parameters": parameters,
        "responses": {**answers, **refused},
    }
