from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_new
from apps.events.domain.items import MAX_BODY_BYTES
from apps.events.models import Event
from apps.events.selectors import events_recent
from tests.events.conftest import Post

pytestmark = pytest.mark.django_db


def view(**change: Any) -> dict[str, Any]:
    return {
        "type": "view",
        "product_id": "p1",
        "occurred_at": timezone.now().isoformat(),
        "client_id": "c1",
        **change,
    }


def test_one_event_is_stored_as_sent(post: Post) -> None:
    event_id = str(uuid7_new(timezone.now()))
    sent = view(
        event_id=event_id, type="purchase", user_id="u1", session_id="s1", query_id="q1",
        position=3, quantity=2, value=19.98, currency="EUR", experiment="e", variant="v",
        attributes={"page": "home"}, occurred_at="2026-01-01T12:00:00+02:00",
    )  # fmt: skip
    sent["occurred_at"] = (timezone.now() - timedelta(minutes=3)).isoformat()
    answer = post(sent)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "accepted": 1,
        "event_ids": [event_id],
        "errors": [],
        "read_as": {"shape": "native", "ordinal_start": 1},
    }
    (stored,) = events_recent(limit=5)
    assert str(stored.event_id) == event_id
    assert (stored.type, stored.user_id, stored.position, stored.quantity) == (
        "purchase", "u1", 3, 2,
    )  # fmt: skip
    assert str(stored.value) == "19.9800"
    assert stored.attributes == {"page": "home"}
    assert stored.received_at - stored.occurred_at > timedelta(minutes=2)


@pytest.mark.parametrize("wrap", [lambda items: items, lambda items: {"events": items}])
def test_a_batch_stores_the_good_and_names_the_bad(post: Post, wrap: Any) -> None:
    answer = post(wrap([view(), view(position=0), view(product_id="p2"), 7]))
    assert answer.status_code == 207
    body = answer.json()
    assert body["accepted"] == 2
    assert [one is None for one in body["event_ids"]] == [False, True, False, True]
    assert [(one["index"], one["field"], one["code"]) for one in body["errors"]] == [
        (1, "position", "invalid"),
        (3, "item", "invalid"),
    ]
    assert Event.objects.count() == 2


def test_a_replay_answers_the_same_and_changes_nothing(post: Post) -> None:
    batch = [view(), view(event_id="mine"), view(event_id=str(uuid7_new(timezone.now())))]
    first = post(batch)
    rows = list(Event.objects.order_by("id").values())
    again = post(batch)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert list(Event.objects.order_by("id").values()) == rows
    assert len(rows) == 3


def test_the_same_item_twice_in_one_batch_is_one_row(post: Post) -> None:
    item = view()
    assert post([item, item]).json()["accepted"] == 2
    assert Event.objects.count() == 1


def test_atomic_refuses_all(post: Post) -> None:
    answer = post([view(), view(type="glance")], "/api/v1/events?atomic=true")
    assert answer.status_code == 400
    assert answer.json()["extra"]["index"] == 1
    assert answer.json()["extra"]["field"] == "type"
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("item", "field", "code"),
    [
        ({"type": "view"}, "product_id", "required"),
        ({"type": "search"}, "occurred_at", "required"),
        ({"type": "search", "event_id": "mine"}, "occurred_at", "required"),
        ({"type": "search", "occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at", "in_future"),
        ({"type": "search", "occurred_at": "1999-01-01T00:00:00Z"}, "occurred_at", "too_old"),
        (
            {"type": "search", "event_id": "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"},
            "event_id",
            "too_old",
        ),
        ({"type": "search", "what": 1}, "what", "unknown_field"),
    ],
)
def test_a_single_bad_item_is_400(post: Post, item: dict[str, Any], field: str, code: str) -> None:
    answer = post(item)
    assert answer.status_code == 400
    assert (answer.json()["extra"]["field"], answer.json()["code"]) == (field, code)


def test_a_uuid7_without_a_partition_is_refused(post: Post) -> None:
    moment = timezone.now() - timedelta(days=200)
    answer = post({"type": "search", "event_id": str(uuid7_new(moment))})
    assert answer.status_code == 400
    assert answer.json()["code"] == "no_partition"


@pytest.mark.parametrize(
    ("body", "field"),
    [(b"", "body"), (b"{", "body"), (b"7", "body"), (b"[" * 50_000, "body"), (b'"\xff"', "body"),
     (b'{"events": 7}', "events"), (b'{"events": [], "more": 1}', "more"),
     (b'{"ubi_events": {}}', "ubi_events")],
)  # fmt: skip
def test_a_body_that_is_no_batch_is_400(post: Post, body: bytes, field: str) -> None:
    answer = post(body)
    assert answer.status_code == 400
    assert answer.json()["extra"]["field"] == field


@pytest.mark.parametrize("query", ["what=1", "shape=ga4", "atomic=maybe", "ordinal_start=2"])
def test_unknown_parameters_are_named(post: Post, query: str) -> None:
    answer = post(view(), f"/api/v1/events?{query}")
    assert answer.status_code == 400
    assert answer.json()["extra"]["field"] == query.split("=", maxsplit=1)[0]


@pytest.mark.parametrize(
    "raw",
    [b"1180591620717411303424", b"-1e300", b'"\\ud83d\\ude00"', b'"\\u0000"', b"[" * 400 + b"]" * 400,
     b'{"": {"\\u0000": 1}}', b"0.1e-300", b'"' + b"x" * 8100 + b'"'],
)  # fmt: skip
def test_whatever_attributes_hold_is_stored_or_refused(post: Post, raw: bytes) -> None:
    at = timezone.now().isoformat().encode()
    body = b'{"type":"search","occurred_at":"' + at + b'","attributes":{"a":' + raw + b"}}"
    answer = post(body)
    assert answer.status_code in {200, 400}
    assert answer.status_code == 200 or answer.json()["extra"]["field"] in {"attributes", "body"}
    assert Event.objects.count() == (answer.status_code == 200)


def test_an_empty_batch_is_fine(post: Post) -> None:
    assert post([]).json()["accepted"] == 0


def test_1000_items_pass_and_1001_do_not(post: Post) -> None:
    batch = [view(position=1, attributes={"n": n}) for n in range(1001)]
    assert post(batch[:1000]).json()["accepted"] == 1000
    answer = post(batch)
    assert answer.status_code == 400
    assert answer.json()["extra"]["limit"] == 1000
    assert "1000" in answer.json()["message"]


def test_over_2_mb_is_413(post: Post) -> None:
    answer = post(b" " * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413
    assert answer.json()["extra"]["limit_bytes"] == MAX_BODY_BYTES
    assert post(b" " * 3_000_000).status_code == 413


def test_a_key_is_needed_and_get_is_not_for_it(client: Client, post: Post) -> None:
    assert client.post("/api/v1/events", b"[]", content_type="application/json").status_code == 401
    assert client.get("/api/v1/events").status_code == 405
    assert client.get("/api/v1/events/ga4").status_code == 405


def test_ubi_lists_are_read_and_the_ordinal_start_is_reported(post: Post) -> None:
    at = timezone.now().isoformat()
    body = {
        "ubi_queries": [
            {"application": "shop", "query_id": "q1", "client_id": "c1", "user_query": "mouse",
             "timestamp": at, "query_response_hit_ids": ["p1"]},
        ],
        "ubi_events": [
            {"application": "shop", "action_name": "click", "query_id": "q1", "client_id": "c1",
             "timestamp": at,
             "event_attributes": {"object": {"object_id": "p1", "object_id_field": "sku"},
                                  "position": {"ordinal": 2}}},
        ],
    }  # fmt: skip
    answer = post(body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["read_as"] == {
        "shape": "ubi", "ordinal_start": 1, "ordinal_start_from": "default",
    }  # fmt: skip
    click = Event.objects.get(type="click")
    assert (click.product_id, click.position, click.query_id) == ("p1", 2, "q1")
    assert click.attributes["object"]["object_id_field"] == "sku"
    search = Event.objects.get(type="search")
    assert search.attributes["user_query"] == "mouse"
    declared = post(body, "/api/v1/events?ordinal_start=0").json()["read_as"]
    assert declared["ordinal_start_from"] == "request"
    assert Event.objects.filter(type="click", position=3).exists()


def test_a_ga4_request_is_one_event_an_item(post: Post) -> None:
    micros = int(timezone.now().timestamp() * 1_000_000)
    body = {
        "client_id": "123.456", "user_id": "u1", "timestamp_micros": micros,
        "events": [
            {"name": "purchase", "params": {"currency": "EUR", "transaction_id": "t1",
             "session_id": 99, "items": [{"item_id": "p1", "price": 9.99, "quantity": 2},
                                         {"item_id": "p2", "price": 5}]}},
            {"name": "view_search_results", "params": {"search_term": "mouse"}},
            {"name": "refund", "params": {"transaction_id": "t1", "value": 5}},
        ],
    }  # fmt: skip
    answer = post(body, "/api/v1/events/ga4")
    assert answer.status_code == 200, answer.content
    assert answer.json()["accepted"] == 4
    assert answer.json()["read_as"]["ordinal_start"] == 0
    first = Event.objects.get(product_id="p1")
    assert (str(first.value), first.quantity, first.currency) == ("19.9800", 2, "EUR")
    assert (first.session_id, first.attributes["transaction_id"]) == ("99", "t1")
    assert post(body, "/api/v1/events/ga4").content == answer.content
    assert Event.objects.count() == 4


def test_a_ga4_frame_that_is_wrong_is_400(post: Post) -> None:
    answer = post({"client_id": "c"}, "/api/v1/events/ga4")
    assert answer.status_code == 400
    assert answer.json()["extra"]["field"] == "events"
    one = post({"events": [{"name": "view_item"}]}, "/api/v1/events/ga4")
    assert one.status_code == 207
    assert one.json()["errors"][0]["field"] == "events[0].timestamp_micros"


def test_a_database_that_is_gone_answers_503(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post(view())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1")
    try:
        answer = post([view(attributes={"n": n}) for n in range(1000)])
    finally:
        connection.needs_rollback = False
    assert answer.status_code == 503
    assert msgspec.json.decode(answer.content)["code"] == "unavailable"


@pytest.mark.parametrize(
    "name", ["application", "message", "message_type", "user_query", "action_name"]
)
def test_a_ubi_attribute_may_be_named_as_a_column(post: Post, name: str) -> None:
    at = timezone.now().isoformat()
    row = {"client_id": "c1", "timestamp": at, "action_name": "watch"}
    attributes = {"object": {"object_id": "p1"}, name: "theirs"}
    answer = post({"ubi_events": [{**row, "event_attributes": attributes}]})
    assert answer.status_code == 200, answer.content
    stored = Event.objects.get().attributes
    # Our own column is said once, by the row; what the row leaves out the attribute says.
    assert stored[name] == ("watch" if name == "action_name" else "theirs")
    both = {**row, "application": "shop", "event_attributes": {"application": None, "n": 1}}
    assert post({"ubi_events": [both]}).status_code == 200
    assert Event.objects.get(attributes__n=1).attributes["application"] == "shop"
