"""User Behavior Insights 1.3: ubi_queries and ubi_events.

A query becomes an event of type search. `watch` has no counterpart and becomes a conversion
whose attributes say so; our own type names are understood as actions too. UBI rows carry no id:
their identity is the hash of what they say, so their timestamp is required.

Source: https://github.com/o19s/ubi, schema/1.3.0.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from apps.events.contracts import EventType, ItemError
from apps.events.domain.adapters import OrdinalStart, Reading, event_type_of, moment_from_ms
from apps.events.domain.items import EventItem, Fault, Moment, Text, fault_of

DEFAULT_START = 1
# What a caller of this shape calls our fields.
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "product_id": "event_attributes.object.object_id",
        "occurred_at": "timestamp",
        "type": "action_name",
        "attributes": "event_attributes",
    }
)
_LONG = Annotated[str, Meta(max_length=2000)]
Timestamp = Moment | int


class UbiQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of ubi_queries."""

    query_id: Text
    timestamp: Timestamp
    application: Text | None = None
    client_id: Text | None = None
    session_id: Text | None = None
    user_id: Text | None = None
    user_query: _LONG | None = None
    query_attributes: dict[str, object] | None = None
    object_id_field: Text | None = None
    query_response_id: Text | None = None
    query_response_hit_ids: list[str] | None = None


class UbiObject(Struct, frozen=True, kw_only=True):
    """What was acted on; further keys are allowed by the schema."""

    object_id: Text | None = None


class UbiPosition(Struct, frozen=True, kw_only=True):
    """Where it stood."""

    ordinal: int | None = None


class UbiEvent(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row of ubi_events."""

    action_name: Text
    timestamp: Timestamp
    application: Text | None = None
    query_id: Text | None = None
    session_id: Text | None = None
    client_id: Text | None = None
    user_id: Text | None = None
    message_type: Text | None = None
    message: _LONG | None = None
    user_query: _LONG | None = None
    event_attributes: dict[str, object] | None = None


class _Attributes(Struct, frozen=True, kw_only=True):
    object: UbiObject | None = None
    position: UbiPosition | None = None


def ubi_looks_like(body: object) -> bool:
    """Whether a body is UBI's rather than ours."""
    if isinstance(body, Mapping):
        return bool(body.keys() & {"ubi_queries", "ubi_events"}) or _row_looks_like(body)
    return isinstance(body, list) and bool(body) and _row_looks_like(body[0])


def _row_looks_like(row: object) -> bool:
    if not isinstance(row, Mapping) or "type" in row:
        return False
    return "action_name" in row or ("query_id" in row and "timestamp" in row)


def ubi_read(rows: Sequence[object], start: OrdinalStart) -> Reading:
    """Rows of both kinds, told apart by `action_name`, in order.

    Args:
        rows: decoded JSON objects.
        start: where `position.ordinal` starts.
    """
    items: list[EventItem | None] = []
    errors: list[ItemError] = []
    for index, row in enumerate(rows):
        try:
            is_event = isinstance(row, Mapping) and "action_name" in row
            read = _event(row, start) if is_event else _query(row)
        except msgspec.ValidationError as error:
            read = fault_of(error)
        items.append(read if isinstance(read, EventItem) else None)
        if isinstance(read, Fault):
            errors.append(read.at(index))
    return Reading(items, errors, start.report("ubi"), names=NAMES)


def _moment(timestamp: Timestamp) -> datetime | Fault:
    moment = timestamp if isinstance(timestamp, datetime) else moment_from_ms(timestamp)
    return moment or Fault("timestamp", "out_of_range", "timestamp is not a time.")


def _query(row: object) -> EventItem | Fault:
    query = msgspec.convert(row, UbiQuery)
    occurred_at = _moment(query.timestamp)
    if isinstance(occurred_at, Fault):
        return occurred_at
    return EventItem(
        type=EventType.SEARCH,
        occurred_at=occurred_at,
        user_id=query.user_id,
        client_id=query.client_id,
        session_id=query.session_id,
        query_id=query.query_id,
        attributes=_present(
            application=query.application,
            user_query=query.user_query,
            query_attributes=query.query_attributes,
            object_id_field=query.object_id_field,
            query_response_id=query.query_response_id,
            query_response_hit_ids=query.query_response_hit_ids,
        ),
    )


def _event(row: object, start: OrdinalStart) -> EventItem | Fault:
    event = msgspec.convert(row, UbiEvent)
    occurred_at = _moment(event.timestamp)
    if isinstance(occurred_at, Fault):
        return occurred_at
    watches = event.action_name == "watch"
    kind = EventType.CONVERSION if watches else event_type_of(event.action_name)
    if kind is None:
        return Fault("action_name", "unknown_action", f"{event.action_name} is not an action.")
    nested = _nested(event.event_attributes or {})
    position = _position(nested, start)
    if isinstance(position, Fault):
        return position
    return EventItem(
        type=kind,
        occurred_at=occurred_at,
        user_id=event.user_id,
        client_id=event.client_id,
        session_id=event.session_id,
        query_id=event.query_id,
        product_id=nested.object.object_id if nested.object else None,
        position=position,
        attributes=_attributes(event, kind),
    )


def _attributes(event: UbiEvent, kind: EventType) -> dict[str, object]:
    """What has no field of ours; the row's own column wins over an attribute of its name."""
    columns = _present(
        action_name=event.action_name if event.action_name != kind else None,
        application=event.application,
        message_type=event.message_type,
        message=event.message,
        user_query=event.user_query,
    )
    given = event.event_attributes or {}
    return {**{name: found for name, found in given.items() if found is not None}, **columns}


def _nested(attributes: Mapping[str, object]) -> _Attributes:
    try:
        return msgspec.convert(attributes, _Attributes)
    except msgspec.ValidationError as error:
        fault = fault_of(error)
        raise msgspec.ValidationError(
            f"{fault.message} - at `$.event_attributes.{fault.field}`"
        ) from error


_HIGHEST = 1_000_000


def _position(nested: _Attributes, start: OrdinalStart) -> int | Fault | None:
    if nested.position is None or nested.position.ordinal is None:
        return None
    ordinal = nested.position.ordinal
    position = start.position(ordinal)
    if position is None or position > _HIGHEST:
        return Fault(
            "event_attributes.position.ordinal",
            "out_of_range",
            f"ordinal {ordinal} does not fit positions that start at {start.start}; "
            "declare another start with ordinal_start.",
        )
    return position


def _present(**fields: object) -> dict[str, object]:
    return {name: found for name, found in fields.items() if found is not None}
