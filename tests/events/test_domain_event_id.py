import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.domain.uuid7 import uuid7_at, uuid7_time
from apps.events.contracts import EventType
from apps.events.domain.event_id import (
    IdentityNeedsTime,
    client_uuid7,
    client_uuid7s,
    event_identity,
    mapped_id,
)
from apps.events.domain.items import EventItem, canonical_form

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
texts = st.none() | st.text(min_size=1, max_size=12)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
moments = st.integers(10**14, 3 * 10**15).map(lambda us: EPOCH + timedelta(microseconds=us))


@st.composite
def items(draw: st.DrawFn) -> EventItem:
    return EventItem(
        type=draw(st.sampled_from(EventType)),
        occurred_at=draw(moments),
        user_id=draw(texts),
        client_id=draw(texts),
        query_id=draw(texts),
        product_id=draw(texts),
        position=draw(st.none() | st.integers(1, 50)),
        value=draw(st.none() | st.decimals(0, 1000, places=2)),
        attributes=draw(st.dictionaries(st.text(max_size=4), st.integers() | texts, max_size=3)),
    )


@given(items())
def test_the_same_item_has_the_same_id(item: EventItem) -> None:
    shuffled = EventItem(
        **{
            **{name: getattr(item, name) for name in reversed(EventItem.__struct_fields__)},
            "attributes": dict(reversed(item.attributes.items())),
        }
    )
    assert event_identity(item) == event_identity(shuffled)


@given(items(), items())
def test_different_items_have_different_ids(first: EventItem, second: EventItem) -> None:
    same = canonical_form(first) == canonical_form(second)
    assert (event_identity(first) == event_identity(second)) is same


@given(items())
def test_the_id_carries_the_time(item: EventItem) -> None:
    assert item.occurred_at is not None
    carried = uuid7_time(event_identity(item))
    assert timedelta(0) <= item.occurred_at - carried < timedelta(milliseconds=1)


@given(items(), st.integers(-14, 14))
def test_a_time_zone_changes_nothing(item: EventItem, hours: int) -> None:
    assert item.occurred_at is not None
    elsewhere = item.occurred_at.astimezone(timezone(timedelta(hours=hours)))
    fields = {name: getattr(item, name) for name in EventItem.__struct_fields__}
    assert event_identity(EventItem(**{**fields, "occurred_at": elsewhere})) == event_identity(
        item
    )


@given(items(), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_line_number_is_part_of_an_imports_identity(
    item: EventItem, first: int, second: int
) -> None:
    one, other = event_identity(item, line=first), event_identity(item, line=second)
    assert (one == other) is (first == second)
    assert one != event_identity(item)


def test_money_written_differently_is_the_same() -> None:
    ids = {
        event_identity(
            EventItem(type=EventType.PURCHASE, occurred_at=MOMENT, value=Decimal(written))
        )
        for written in ("19.9", "19.90", "19.900", "1.99E1")
    }
    assert len(ids) == 1


def test_a_uuid7_is_kept_in_any_case() -> None:
    given_id = uuid7_at(MOMENT, b"0123456789")
    item = EventItem(type=EventType.SEARCH, event_id=str(given_id).upper())
    assert event_identity(item) == given_id


@pytest.mark.parametrize(
    "text", ["bc12eb63-0988-48ff-af97-4b958e7535bc", "order-1", str(UUID(int=0)), "x" * 200]
)
def test_any_other_id_is_mapped_at_its_time(text: str) -> None:
    assert client_uuid7(text) is None
    item = EventItem(type=EventType.SEARCH, event_id=text, occurred_at=MOMENT)
    assert event_identity(item) == mapped_id(MOMENT, text)
    assert event_identity(item).version == 7
    assert client_uuid7(str(event_identity(item))) == event_identity(item)


USUAL = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE
)


@st.composite
def near_uuids(draw: st.DrawFn) -> str:
    """A UUIDv7 with up to three of its characters changed, or of another length."""
    text = list(str(uuid7_at(draw(moments), draw(st.binary(min_size=10, max_size=10)))))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text) - 1))
        text[place] = draw(st.sampled_from("0789abAFg-_ {\x00é\u0667"))
    return "".join(text)[: draw(st.sampled_from((36, 36, 36, 35)))]


@given(st.lists(st.none() | st.text(max_size=40) | near_uuids(), max_size=5))
def test_what_a_uuid7_is_its_usual_form_says(texts: list[str | None]) -> None:
    wanted = [UUID(text) if text and USUAL.fullmatch(text) else None for text in texts]
    assert client_uuid7s(texts) == wanted
    assert [client_uuid7(text) for text in texts] == wanted


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_mapped_ids_differ_when_ids_do(first: str, second: str) -> None:
    assert (mapped_id(MOMENT, first) == mapped_id(MOMENT, second)) is (first == second)


def test_an_id_of_another_kind_needs_its_own_time() -> None:
    with pytest.raises(IdentityNeedsTime):
        event_identity(EventItem(type=EventType.SEARCH, event_id="order-1"))
    with pytest.raises(IdentityNeedsTime):
        event_identity(EventItem(type=EventType.SEARCH))
