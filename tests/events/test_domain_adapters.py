from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.events.contracts import EventType
from apps.events.domain.adapters import (
    OrdinalStart,
    Reading,
    ShapeUnreadable,
    moment_from_ms,
    moment_from_us,
)
from apps.events.domain.ga4 import TYPES, ga4_read
from apps.events.domain.items import EventItem, Fault
from apps.events.domain.ubi import ubi_looks_like, ubi_read

ONE, ZERO = OrdinalStart(1, "default"), OrdinalStart(0, "request")
AT = "2026-03-01T12:00:00Z"
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MICROS = int(MOMENT.timestamp()) * 1_000_000


def ubi(**change: Any) -> dict[str, Any]:
    return {"action_name": "click", "timestamp": AT, "client_id": "c", **change}


def ordinal(number: object) -> dict[str, Any]:
    return {"object": {"object_id": "p"}, "position": {"ordinal": number}}


def only(reading: Reading) -> EventItem:
    assert not reading.errors
    (item,) = reading.items
    assert item is not None
    return item


def test_times_from_numbers() -> None:
    assert moment_from_ms(int(MOMENT.timestamp()) * 1000) == MOMENT
    assert moment_from_us(MICROS) == MOMENT
    assert moment_from_ms(-1) is moment_from_us(-1) is None
    assert moment_from_ms(10**18) is moment_from_us(10**21) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"ubi_events": []}, True),
        ({"action_name": "click"}, True),
        ([{"action_name": "click"}], True),
        ({"query_id": "q", "timestamp": AT}, True),
        ({"type": "click", "query_id": "q"}, False),
        ([], False),
        ([7], False),
        (7, False),
    ],
)
def test_ubi_is_recognised(body: object, expected: bool) -> None:
    assert ubi_looks_like(body) is expected


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("impression", EventType.IMPRESSION),
        ("click", EventType.CLICK),
        ("view", EventType.VIEW),
        ("add_to_cart", EventType.ADD_TO_CART),
        ("purchase", EventType.PURCHASE),
        ("remove_from_cart", EventType.REMOVE_FROM_CART),
    ],
)
def test_ubi_actions(action: str, kind: EventType) -> None:
    item = only(ubi_read([ubi(action_name=action, event_attributes=ordinal(1))], ONE))
    assert (item.type, item.product_id, item.position) == (kind, "p", 1)
    assert "action_name" not in item.attributes


def test_a_watch_is_a_conversion_that_says_so() -> None:
    item = only(ubi_read([ubi(action_name="watch")], ONE))
    assert item.type is EventType.CONVERSION
    assert item.attributes["action_name"] == "watch"


def test_ubi_ordinals_become_one_based() -> None:
    rows = [ubi(event_attributes=ordinal(4))]
    assert only(ubi_read(rows, ONE)).position == 4
    assert only(ubi_read(rows, ZERO)).position == 5
    assert ubi_read(rows, ZERO).read_as == {
        "shape": "ubi", "ordinal_start": 0, "ordinal_start_from": "request",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (ubi(action_name="dance"), "action_name"),
        (ubi(timestamp="2026-03-01T12:00:00"), "timestamp"),
        (ubi(timestamp=-5), "timestamp"),
        ({"query_id": "q", "timestamp": -5}, "timestamp"),
        ({"query_id": "q"}, "timestamp"),
        (ubi(colour=1), "colour"),
        (ubi(event_attributes=ordinal(0)), "event_attributes.position.ordinal"),
        (ubi(event_attributes=ordinal("1")), "event_attributes.position.ordinal"),
        (ubi(event_attributes=ordinal(10**7)), "event_attributes.position.ordinal"),
        (7, "item"),
    ],
)
def test_bad_ubi_rows_are_named(row: object, field: str) -> None:
    reading = ubi_read([row], ONE)
    assert reading.items == [None]
    assert [error.field for error in reading.errors] == [field]


def test_ubi_milliseconds_and_queries() -> None:
    row = {"query_id": "q", "timestamp": MICROS // 1000, "user_query": "mouse",
           "query_attributes": {"a": 1}}  # fmt: skip
    item = only(ubi_read([row], ONE))
    assert (item.type, item.occurred_at, item.query_id) == (EventType.SEARCH, MOMENT, "q")
    assert item.attributes == {"user_query": "mouse", "query_attributes": {"a": 1}}


def test_later_faults_speak_the_callers_language() -> None:
    reading = ubi_read([ubi()], ONE)
    error = reading.error(0, Fault("product_id", "required", "…"))
    assert error.field == "event_attributes.object.object_id"
    assert Reading([], []).error(0, Fault("value", "x", "…")).field == "value"


def ga4(name: str, /, params: object = None, **change: Any) -> dict[str, Any]:
    return {
        "client_id": "c", "timestamp_micros": MICROS,
        "events": [{"name": name, "params": params or {}, **change}],
    }  # fmt: skip


@pytest.mark.parametrize("name", TYPES)
def test_every_ga4_name_is_read(name: str) -> None:
    params = {
        "items": [{"item_id": "p", "index": 0, "price": 2.5, "quantity": 2, "item_name": "n"}]
    }
    item = only(ga4_read(ga4(name, params), ZERO))
    assert item.type is TYPES[name]
    assert item.occurred_at == MOMENT
    if item.type in {EventType.SEARCH, EventType.CONVERSION}:
        assert item.product_id is None
    else:
        assert (item.product_id, item.position) == ("p", 1)
        assert item.attributes == {"item_name": "n", "line": 1}
    if item.type in {EventType.PURCHASE, EventType.REFUND}:
        assert item.value == Decimal(5)
    if name == "begin_checkout":
        assert item.attributes["goal"] == "begin_checkout"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (ga4("dance"), "events[0].name"),
        (ga4("purchase", colour=1), "events[0].colour"),
        (ga4("purchase", {"items": [{"index": -1}]}), "events[0].params.items[0].index"),
        (ga4("purchase", {"items": [{"item_id": 5}]}), "events[0].params.items[0].item_id"),
        (ga4("purchase", {"items": 5}), "events[0].params.items"),
        (ga4("purchase", {"currency": "eur"}), "events[0].params.currency"),
        (ga4("purchase", timestamp_micros=-1), "events[0].timestamp_micros"),
        ({"events": [{"name": "purchase"}]}, "events[0].timestamp_micros"),
    ],
)
def test_bad_ga4_events_are_named(body: object, field: str) -> None:
    reading = ga4_read(body, ZERO)
    assert [error.field for error in reading.errors] == [field]
    assert reading.items == [None]


@pytest.mark.parametrize("body", [{}, 7, {"events": 7}, {"events": [], "colour": 1}])
def test_a_wrong_ga4_frame_is_refused_whole(body: object) -> None:
    with pytest.raises(ShapeUnreadable) as refusal:
        ga4_read(body, ZERO)
    assert refusal.value.message


def test_equal_items_of_one_ga4_event_stay_apart() -> None:
    params = {"items": [{"item_id": "p"}, {"item_id": "p"}]}
    first, second = ga4_read(ga4("purchase", params), ZERO).items
    assert first != second
