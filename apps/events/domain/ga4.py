"""Google Analytics 4, as its Measurement Protocol sends it.

One of our events per item of a GA4 event. GA4 carries no event ids: identity is the hash of what
an item says (with its place among the items of its event), so a timestamp is required, in the
event or around it. `index` counts from 0 in Google's own samples: that is the default here, and
`ordinal_start` declares another.

Source: developers.google.com/analytics/devguides/collection/protocol/ga4/reference.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from apps.events.contracts import EventType, ItemError
from apps.events.domain.adapters import OrdinalStart, Reading, ShapeUnreadable, moment_from_us
from apps.events.domain.items import EventItem, Fault, Pieces, Text, fault_of, money_fault

DEFAULT_START = 0
# What a caller of this shape calls our fields.
NAMES: Mapping[str, str] = MappingProxyType({"product_id": "item_id", "value": "price"})
TYPES: Mapping[str, EventType] = MappingProxyType(
    {
        "view_item_list": EventType.IMPRESSION,
        "select_item": EventType.CLICK,
        "view_item": EventType.VIEW,
        "add_to_cart": EventType.ADD_TO_CART,
        "remove_from_cart": EventType.REMOVE_FROM_CART,
        "begin_checkout": EventType.CONVERSION,
        "purchase": EventType.PURCHASE,
        "refund": EventType.REFUND,
        "view_search_results": EventType.SEARCH,
    }
)
# These happen once, whatever they list; the others once per item.
_ONCE = frozenset({EventType.CONVERSION, EventType.SEARCH})
_MONEY = frozenset({EventType.PURCHASE, EventType.REFUND, EventType.ADD_TO_CART,
                    EventType.REMOVE_FROM_CART})  # fmt: skip
_Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
_HIGHEST = 1_000_000


class Ga4Event(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One event of a request."""

    name: Text
    params: dict[str, object] = msgspec.field(default_factory=dict)
    timestamp_micros: int | None = None


class Ga4Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The request; what the protocol allows and we have no use for is read and left."""

    events: list[dict[str, object]]
    client_id: Text | None = None
    user_id: Text | None = None
    timestamp_micros: int | None = None
    app_instance_id: Text | None = None
    user_properties: dict[str, object] | None = None
    user_data: dict[str, object] | None = None
    consent: dict[str, object] | None = None
    device: dict[str, object] | None = None
    user_location: dict[str, object] | None = None
    ip_override: str | None = None
    user_agent: str | None = None
    non_personalized_ads: bool | None = None
    validation_behavior: str | None = None


class Ga4Item(Struct, frozen=True, kw_only=True):
    """What we read of an item; the rest is kept in attributes."""

    item_id: Text | None = None
    index: int | None = None
    price: Decimal | None = None
    quantity: Pieces | None = None
    currency: _Currency | None = None


class Ga4Params(Struct, frozen=True, kw_only=True):
    """What we read of an event's parameters."""

    session_id: Text | int | None = None
    currency: _Currency | None = None
    value: Decimal | None = None
    items: list[dict[str, object]] = msgspec.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Frame:
    kind: EventType
    occurred_at: datetime
    client_id: str | None
    user_id: str | None
    params: Ga4Params
    rest: dict[str, object]
    start: OrdinalStart


def ga4_read(body: object, start: OrdinalStart) -> Reading:
    """All events of a request, flattened to one of ours per item.

    Raises:
        ShapeUnreadable: the frame around the events is wrong.
    """
    try:
        request = msgspec.convert(body, Ga4Body)
    except msgspec.ValidationError as error:
        fault = fault_of(error)
        raise ShapeUnreadable(fault.field, fault.message) from error
    items: list[EventItem | None] = []
    errors: list[ItemError] = []
    prefixes: list[str] = []
    for place, raw in enumerate(request.events):
        for where, read in _event(raw, request, start):
            prefix = f"events[{place}].{where}"
            prefixes.append(prefix)
            if isinstance(read, Fault):
                errors.append(read.at(len(items), prefix))
            items.append(read if isinstance(read, EventItem) else None)
    return Reading(items, errors, start.report("ga4"), tuple(prefixes), NAMES)


def _event(
    raw: object, request: Ga4Body, start: OrdinalStart
) -> Iterator[tuple[str, EventItem | Fault]]:
    try:
        event = msgspec.convert(raw, Ga4Event)
    except msgspec.ValidationError as error:
        yield "", fault_of(error)
        return
    kind = TYPES.get(event.name)
    if kind is None:
        yield "", Fault("name", "unknown_event", f"{event.name} is not an event we read.")
        return
    moment = _moment(event, request)
    if isinstance(moment, Fault):
        yield "", moment
        return
    try:
        params = msgspec.convert(event.params, Ga4Params)
    except msgspec.ValidationError as error:
        yield "params.", fault_of(error)
        return
    rest = {name: found for name, found in event.params.items() if name not in _READ}
    if kind is EventType.CONVERSION:
        rest["goal"] = event.name
    yield from _flatten(
        _Frame(kind, moment, request.client_id, request.user_id, params, rest, start)
    )


_READ = frozenset(Ga4Params.__struct_fields__)


def _moment(event: Ga4Event, request: Ga4Body) -> datetime | Fault:
    micros = event.timestamp_micros
    if micros is None:
        micros = request.timestamp_micros
    if micros is None:
        return Fault(
            "timestamp_micros", "required", "GA4 events carry no id, so they carry a timestamp."
        )
    moment = moment_from_us(micros)
    return moment or Fault("timestamp_micros", "out_of_range", "timestamp_micros is not a time.")


def _flatten(frame: _Frame) -> Iterator[tuple[str, EventItem | Fault]]:
    if frame.kind in _ONCE or not frame.params.items:
        yield "params.", _item(frame, Ga4Item(), {}, frame.params.value, None)
        return
    for place, raw in enumerate(frame.params.items):
        where = f"params.items[{place}]."
        try:
            item = msgspec.convert(raw, Ga4Item)
        except msgspec.ValidationError as error:
            yield where, fault_of(error)
            continue
        if item.price is not None and (fault := money_fault("price", item.price)):
            yield where, fault
            continue
        rest = {name: found for name, found in raw.items() if name not in _ITEM_READ}
        yield where, _item(frame, item, rest, _line_value(frame, item), place)


_ITEM_READ = frozenset(Ga4Item.__struct_fields__)


def _line_value(frame: _Frame, item: Ga4Item) -> Decimal | None:
    if item.price is None or frame.kind not in _MONEY:
        return None
    return item.price * (item.quantity or 1)


def _item(
    frame: _Frame,
    item: Ga4Item,
    rest: dict[str, object],
    value: Decimal | None,
    place: int | None,
) -> EventItem | Fault:
    position = None if item.index is None else frame.start.position(item.index)
    if item.index is not None and (position is None or position > _HIGHEST):
        return Fault(
            "index",
            "out_of_range",
            f"index {item.index} does not fit positions that start at {frame.start.start}; "
            "declare another start with ordinal_start.",
        )
    session_id = frame.params.session_id
    line = {} if place is None else {"line": place + 1}
    return EventItem(
        type=frame.kind,
        occurred_at=frame.occurred_at,
        user_id=frame.user_id,
        client_id=frame.client_id,
        session_id=None if session_id is None else str(session_id),
        product_id=item.item_id,
        position=position,
        quantity=item.quantity,
        value=value,
        currency=item.currency or frame.params.currency,
        attributes={**frame.rest, **rest, **line},
    )
