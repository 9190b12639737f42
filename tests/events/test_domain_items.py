from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.uuid7 import uuid7_at
from apps.events.contracts import EventType, ItemError, QueryLogEntry
from apps.events.domain.admission import Gate, StoredRow, item_admit, items_admit
from apps.events.domain.items import (
    EventItem,
    Fault,
    item_fault,
    item_from_strings,
    items_read,
)
from apps.events.domain.months import coverage_of, months_between, partition_span
from apps.events.domain.query_codec import (
    BufferEntry,
    BufferEntryUnreadable,
    entry_decode,
    entry_encode,
)

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
SPANS = [
    partition_span("t", start)
    for start in months_between(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC))
]
GATE = Gate(NOW, datetime(2025, 6, 1, tzinfo=UTC), coverage_of(SPANS))
GOOD: dict[str, Any] = {"type": "view", "product_id": "p1", "occurred_at": "2026-06-15T11:00:00Z"}


def nested(levels: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for _ in range(levels):
        found = {"a": [found] if levels % 2 else found}
    return found


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"type": "glance"}, "type", "invalid"),
        ({"type": None}, "type", "invalid"),
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"occurred_at": "2026-06-15T11:00:00"}, "occurred_at", "invalid"),
        ({"occurred_at": "yesterday"}, "occurred_at", "invalid"),
        ({"occurred_at": 1}, "occurred_at", "invalid"),
        ({"user_id": ""}, "user_id", "invalid"),
        ({"user_id": 7}, "user_id", "invalid"),
        ({"client_id": "x" * 201}, "client_id", "invalid"),
        ({"session_id": []}, "session_id", "invalid"),
        ({"query_id": {}}, "query_id", "invalid"),
        ({"position": 0}, "position", "invalid"),
        ({"position": "1"}, "position", "invalid"),
        ({"position": True}, "position", "invalid"),
        ({"quantity": 0}, "quantity", "invalid"),
        ({"quantity": 1.5}, "quantity", "invalid"),
        ({"quantity": 2**40}, "quantity", "invalid"),
        ({"value": "much"}, "value", "invalid"),
        ({"currency": "eur"}, "currency", "invalid"),
        ({"currency": "EURO"}, "currency", "invalid"),
        ({"attributes": []}, "attributes", "invalid"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], field: str, code: str) -> None:
    items, errors = items_read([GOOD, {**GOOD, **change}])
    assert items[0] is not None
    assert items[1] is None
    assert [(error.index, error.field, error.code) for error in errors] == [(1, field, code)]


def test_a_missing_type_and_a_non_object_are_named() -> None:
    items, errors = items_read([{"product_id": "p"}, 7])
    assert items == [None, None]
    assert [(error.field, error.code) for error in errors] == [
        ("type", "required"),
        ("item", "invalid"),
    ]


@pytest.mark.parametrize(
    ("item", "field"),
    [
        *((EventItem(type=EventType(kind)), "product_id") for kind in
          ("impression", "view", "click", "add_to_cart", "remove_from_cart")),
        (EventItem(type=EventType.EXPOSURE, variant="a"), "experiment"),
        (EventItem(type=EventType.EXPOSURE, experiment="e"), "variant"),
        (EventItem(type=EventType.PURCHASE, value=Decimal(-1)), "value"),
        (EventItem(type=EventType.PURCHASE, value=Decimal("NaN")), "value"),
        (EventItem(type=EventType.PURCHASE, value=Decimal("1e10")), "value"),
        (EventItem(type=EventType.SEARCH, user_id="a\x00"), "user_id"),
        (EventItem(type=EventType.SEARCH, attributes={"a": ["\x00"]}), "attributes"),
        (EventItem(type=EventType.SEARCH, attributes={"a": "x" * 9000}), "attributes"),
        (EventItem(type=EventType.SEARCH, attributes=nested(21)), "attributes"),
    ],
)  # fmt: skip
def test_what_types_do_not_catch_is_caught(item: EventItem, field: str) -> None:
    fault = item_fault(item)
    assert fault is not None
    assert fault.field == field
    assert fault.at(3, "events[3].") == ItemError(
        3, f"events[3].{field}", fault.code, fault.message
    )


@pytest.mark.parametrize(
    "item",
    [
        EventItem(type=EventType.SEARCH),
        EventItem(type=EventType.SEARCH, attributes=nested(10)),
        EventItem(type=EventType.PURCHASE, value=Decimal("0.30000000000000004")),
        EventItem(type=EventType.EXPOSURE, experiment="e", variant="v"),
        EventItem(type=EventType.SEARCH, attributes={"a": "\\u0000 is text", "b": [1, None]}),
    ],
)
def test_good_items_pass(item: EventItem) -> None:
    assert item_fault(item) is None


def admit(**change: Any) -> StoredRow | Fault:
    return item_admit(msgspec.convert({**GOOD, **change}, EventItem), GATE)


def refusal(**change: Any) -> tuple[str, str]:
    verdict = admit(**change)
    assert isinstance(verdict, Fault)
    return verdict.field, verdict.code


def uuid_at(moment: datetime) -> str:
    return str(uuid7_at(moment, b"abcdefghij"))


def test_times_are_kept_in_utc() -> None:
    verdict = admit(occurred_at="2026-06-15T13:00:00+02:00")
    assert isinstance(verdict, StoredRow)
    assert verdict.occurred_at == datetime(2026, 6, 15, 11, tzinfo=UTC)
    assert verdict.occurred_at.tzinfo is UTC


def test_an_id_alone_gives_the_time() -> None:
    verdict = admit(event_id=uuid_at(NOW), occurred_at=None)
    assert isinstance(verdict, StoredRow)
    assert verdict.occurred_at == NOW


def test_the_future_begins_after_24_hours() -> None:
    assert isinstance(admit(occurred_at=NOW + timedelta(hours=24)), StoredRow)
    late = NOW + timedelta(hours=24, seconds=1)
    assert refusal(occurred_at=late) == ("occurred_at", "in_future")
    assert refusal(occurred_at=None, event_id=uuid_at(late)) == ("event_id", "in_future")


def test_retention_and_missing_partitions_refuse() -> None:
    assert refusal(occurred_at="2025-05-31T23:59:59Z") == ("occurred_at", "too_old")
    assert refusal(occurred_at="0001-01-01T00:00:00+14:00") == ("occurred_at", "too_old")
    assert refusal(occurred_at="2026-03-31T23:59:59Z") == ("occurred_at", "no_partition")
    may = datetime(2025, 5, 1, tzinfo=UTC)
    assert refusal(event_id=uuid_at(may)) == ("event_id", "too_old")
    march = datetime(2026, 3, 1, tzinfo=UTC)
    assert refusal(event_id=uuid_at(march)) == ("event_id", "no_partition")
    assert refusal(event_id="mine", occurred_at=None) == ("occurred_at", "required")
    assert refusal(product_id=None) == ("product_id", "required")


def test_without_retention_nothing_is_too_old_since_1970() -> None:
    gate = Gate(NOW, None, GATE.coverage)
    for written, code in (
        ("1980-01-01T00:00:00Z", "no_partition"),
        ("1969-01-01T00:00:00Z", "too_old"),
    ):
        verdict = item_admit(msgspec.convert({**GOOD, "occurred_at": written}, EventItem), gate)
        assert isinstance(verdict, Fault)
        assert verdict.code == code


def test_retention_longer_than_the_epoch_begins_with_it() -> None:
    gate = Gate(NOW, datetime(1926, 6, 1, tzinfo=UTC), GATE.coverage)
    assert isinstance(item_admit(msgspec.convert(GOOD, EventItem), gate), StoredRow)
    verdict = item_admit(
        msgspec.convert({**GOOD, "occurred_at": "1930-01-01T00:00:00Z"}, EventItem), gate
    )
    assert isinstance(verdict, Fault)
    assert verdict.code == "too_old"


def test_the_row_says_what_the_item_said() -> None:
    fields = {
        name: {"a": 1} if name == "attributes" else f"the {name}"
        for name in EventItem.__struct_fields__
    }
    said = {
        **fields,
        "type": "purchase",
        "event_id": uuid_at(NOW),
        "occurred_at": "2026-06-15T13:00:00+02:00",
        "position": 3,
        "quantity": 2,
        "value": "9.9",
        "currency": "EUR",
    }
    row = admit(**said)
    assert isinstance(row, StoredRow)
    assert msgspec.json.decode(msgspec.json.encode(row)) == {
        **{name: found for name, found in said.items() if name != "event_id"},
        "id": uuid_at(NOW),
        "occurred_at": "2026-06-15T11:00:00Z",
        "received_at": "2026-06-15T12:00:00Z",
    }


CHANGES: list[dict[str, Any]] = [
    {"event_id": "mine"},
    {"event_id": "mine", "occurred_at": None},
    {"event_id": uuid_at(NOW)},
    {"event_id": uuid_at(NOW).upper(), "occurred_at": None},
    {"event_id": uuid_at(NOW + timedelta(days=2))},
    {"event_id": uuid_at(NOW)[:-1] + "g"},
    {"occurred_at": "2026-03-31T23:59:59Z"},
    {"occurred_at": "2026-06-15T13:00:00+02:00"},
    {"user_id": "a\x00"},
    {"product_id": None},
    {},
]


@given(st.lists(st.none() | st.sampled_from(CHANGES), max_size=8))
def test_a_batch_is_decided_as_each_of_its_items(changes: list[dict[str, Any] | None]) -> None:
    items = [
        None if change is None else msgspec.convert({**GOOD, **change}, EventItem)
        for change in changes
    ]
    singly = [None if item is None else item_admit(item, GATE) for item in items]
    assert items_admit(items, GATE) == singly


def test_a_csv_row_is_read_from_text() -> None:
    item = item_from_strings(
        {
            "type": "purchase",
            "quantity": "2",
            "value": "9.90",
            "user_id": "",
            "attributes": '{"a":1}',
        }
    )
    assert (item.quantity, item.value, item.user_id, item.attributes) == (
        2,
        Decimal("9.90"),
        None,
        {"a": 1},
    )
    assert item_from_strings({"type": "search"}).attributes == {}


def test_buffer_entries_survive_their_encoding() -> None:
    entry = QueryLogEntry(
        uuid7_at(NOW, bytes(10)), NOW, "Q", "q", {"brand": ["b"]}, "relevance", 2, 10, 12,
        ("a", "b"), None, 1.5, cache_hit=False, experiments=[{"e": 1}],
    )  # fmt: skip
    assert entry_decode(entry_encode(BufferEntry(query=entry))).query == entry
    assert entry.ranks() == (11, 12)
    assert replace(entry, positions=(5, 7)).ranks() == (5, 7)
    with pytest.raises(BufferEntryUnreadable):
        entry_decode(b"\xc1")
