"""The two routes in the committed OpenAPI schema."""

from typing import Any

import msgspec

from apps.common.api.openapi import (
    hot_components_document,
    hot_route_document,
    json_anything,
    openapi_dialect,
)
from apps.events.domain.ga4 import Ga4Body
from apps.events.domain.items import MAX_ITEMS, EventItem
from apps.events.domain.ubi import UbiEvent, UbiQuery

_REFERENCE = "#/components/schemas/{name}"


class EventError(msgspec.Struct, frozen=True):
    """Why one item was refused; `index` counts from 0, UBI's queries before its events."""

    index: int
    field: str
    code: str
    message: str


class EventsReadAs(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the items were understood; positions are 1-based in storage whatever came in."""

    shape: str
    ordinal_start: int
    ordinal_start_from: str = ""


class EventsAnswer(msgspec.Struct, frozen=True):
    """What was accepted is durable. A replay answers the same."""

    accepted: int
    event_ids: list[str | None]
    errors: list[EventError]
    read_as: EventsReadAs


class EventsError(msgspec.Struct, frozen=True):
    """The error shape of every route."""

    code: str
    message: str
    extra: dict[str, object]
    trace_id: str


_TYPES = (EventItem, UbiEvent, UbiQuery, Ga4Body, EventsAnswer, EventsError)


def json_schemas() -> dict[str, Any]:
    """JSON schemas by name; msgspec derives them from what validates."""
    _, found = msgspec.json.schema_components(
        _TYPES, schema_hook=json_anything, ref_template=_REFERENCE
    )
    # Money is a number or a text that says one; msgspec only tells of the text.
    value = found["EventItem"]["properties"]["value"]
    value["anyOf"].append({"type": "number", "minimum": 0})
    return found


def components() -> dict[str, Any]:
    """The schemas in the dialect of OpenAPI 3.0, which says null in its own way."""
    return {name: openapi_dialect(schema) for name, schema in json_schemas().items()}


def schema_register() -> None:
    hot_components_document("events", components)
    hot_route_document("/api/v1/events", "post", events_operation)
    hot_route_document("/api/v1/events/ga4", "post", ga4_operation)


def events_operation() -> dict[str, Any]:
    item = {"oneOf": [_ref("EventItem"), _ref("UbiEvent"), _ref("UbiQuery")]}
    many = {"type": "array", "items": item, "maxItems": MAX_ITEMS}
    body = {
        "anyOf": [
            item,
            many,
            {"type": "object", "properties": {"events": many}, "required": ["events"]},
            {
                "type": "object",
                "properties": {
                    "ubi_queries": {"type": "array", "items": _ref("UbiQuery")},
                    "ubi_events": {"type": "array", "items": _ref("UbiEvent")},
                },
            },
        ]
    }
    shape = _parameter("shape", {"type": "string", "enum": ["native", "ubi"]})
    return _operation(
        "events_create",
        "Store events: one, or up to 1,000 in at most 2 MB; native or UBI 1.3.",
        body,
        [shape, *_common("UBI ordinals start at 1 unless declared.")],
    )


def ga4_operation() -> dict[str, Any]:
    return _operation(
        "events_ga4_create",
        "Store the events of one GA4 Measurement Protocol request, one per item.",
        _ref("Ga4Body"),
        _common("GA4 indexes start at 0 unless declared."),
    )


def _operation(
    name: str, summary: str, body: dict[str, Any], parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    answers = {
        "200": ("Every item is durable.", "EventsAnswer"),
        "207": ("The good items are durable; the bad ones are listed.", "EventsAnswer"),
        "400": ("Nothing was stored.", "EventsError"),
        "401": ("No valid key.", "EventsError"),
        "403": ("The key may not.", "EventsError"),
        "413": ("The body is over 2 MB.", "EventsError"),
        "429": ("Too many requests.", "EventsError"),
        "503": ("Not stored; send again.", "EventsError"),
    }
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["events"],
        "security": [{"ApiKey": []}, {"Bearer": []}],
        "parameters": parameters,
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            status: {
                "description": text,
                "content": {"application/json": {"schema": _ref(component)}},
            }
            for status, (text, component) in answers.items()
        },
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=name)}


def _common(start: str) -> list[dict[str, Any]]:
    return [
        _parameter("atomic", {"type": "boolean", "default": False}),
        {**_parameter("ordinal_start", {"type": "integer", "enum": [0, 1]}), "description": start},
    ]


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}
