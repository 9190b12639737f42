"""Sessions in Redis after committed events and answered searches."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.common.contracts import RedisCommand
from apps.common.errors import Unavailable
from apps.common.redis import redis_client, redis_forget_connections, redis_settle
from apps.events import contracts_sessions
from apps.events.contracts import EventType
from apps.events.contracts_sessions import SessionEntry, session_listener_register
from apps.events.models import Event
from apps.events.selectors_sessions import session_decode, session_now
from apps.events.services import sessions as service
from apps.events.services.ingest import events_ingest
from apps.events.services.query_log import query_log_append, query_log_post
from apps.events.services.sessions import session_forget
from tests.events.sessions import VISIT, entries, event_of, ingest, products
from tests.events.test_buffer import entry as search_entry
from tests.redis_writes import writes_recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def redis_gone(settings: Any) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    yield
    redis_forget_connections()


def outcome(name: str) -> float:
    return float(service.session_tracking_requests_total.labels(name)._value.get())


def updates(kind: str) -> float:
    return float(service.real_time_updates_total.labels(kind)._value.get())


def test_a_batch_is_in_its_sessions_in_one_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    ingest(event_of("view", "warm", session_id="other"))
    sent, written, clicks = writes_recorded(monkeypatch), outcome("written"), updates("click")
    ingest(
        event_of("view", "a", ago_s=3),
        event_of("click", "b", ago_s=2, user_id="u"),
        event_of("impression", "c"),
        event_of("add_to_cart", "d", ago_s=1, session_id="visit-2", quantity=2),
        event_of("view", "e", session_id=None),
    )
    assert len(sent) == 1
    assert products() == ["b", "a"]
    assert entries("visit-2")[0].quantity == 2
    assert (outcome("written") - written, updates("click") - clicks) == (1, 1)
    assert entries()[0].id == Event.objects.get(product_id="b").id.bytes


def test_a_batch_of_many_visits_is_not_waited_for(listened: list[SessionEntry]) -> None:
    many = [event_of("view", "a", session_id=f"many-{n}") for n in range(20)]
    redis_client().script_flush()
    before = outcome("written")
    ingest(*many)
    # The same connection reads behind what it has sent.
    assert [products(f"many-{n}") for n in range(20)] == [["a"]] * 20
    assert outcome("written") == before + 1
    assert len(listened) == 20


def test_it_lives_an_hour_after_its_last_event() -> None:
    ingest(event_of())
    client = redis_client()
    client.expire("session:visit-1", 5)
    ingest(event_of("view", "b"))
    assert 3590 < client.ttl("session:visit-1") <= 3600


def test_a_replay_changes_nothing() -> None:
    first, second = event_of("view", "a", ago_s=2), event_of("view", "b", ago_s=1)
    ingest(first, second)
    ingest(first)
    ingest(second, first, first)
    assert products() == ["b", "a"]
    assert redis_client().llen("session:visit-1") == 2


def test_of_a_replay_that_says_otherwise_the_stored_event_counts() -> None:
    first = event_of("view", "a", user_id="u")
    ingest(first)
    ingest({**first, "product_id": "forged"}, {**first, "session_id": "elsewhere"})
    assert products() == ["a"]
    assert entries("elsewhere") == ()


def test_a_replay_mends_a_session_that_was_missed() -> None:
    first = event_of("view", "a")
    ingest(first)
    redis_client().flushdb()
    ingest(first)
    assert products() == ["a"]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_before_the_commit() -> None:
    def undone() -> None:
        with transaction.atomic():
            events_ingest(items=[event_of("view", "undone")], received_at=timezone.now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    assert entries() == ()
    with transaction.atomic():
        events_ingest(items=[event_of("view", "a")], received_at=timezone.now())
        assert entries() == ()
    assert products() == ["a"]


def test_ordered_by_their_own_time_and_late_ones_dropped() -> None:
    ingest(event_of("view", "new", ago_s=1))
    ingest(event_of("view", "old", ago_s=600), event_of("view", "too late", ago_s=3700))
    assert products() == ["new", "old"]
    assert Event.objects.count() == 3


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_ENTRIES", 3)
    ingest(*(event_of("view", f"p{n}", ago_s=10 - n) for n in range(5)))
    ingest(event_of("view", "last"))
    assert products() == ["last", "p4", "p3"]
    assert redis_client().llen("session:visit-1") == 3


def test_other_shapes_enter_too() -> None:
    now_ms = int(timezone.now().timestamp() * 1000)
    ubi = {
        "application": "shop", "action_name": "click", "query_id": "q", "client_id": "browser-1",
        "session_id": VISIT, "timestamp": now_ms,
        "event_attributes": {"object": {"object_id": "u", "object_id_field": "product_id"}},
    }  # fmt: skip
    ingest(ubi, shape="ubi")
    ga4 = {
        "client_id": "browser-1", "timestamp_micros": now_ms * 1000 + 1,
        "events": [{"name": "view_search_results",
                    "params": {"search_term": "Glass", "session_id": VISIT}}],
    }  # fmt: skip
    ingest(ga4, shape="ga4")
    assert [(each.type, each.product_id, each.query) for each in entries()] == [
        (EventType.SEARCH, None, "glass"),
        (EventType.CLICK, "u", None),
    ]


def test_an_answered_search_is_in_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    now, before = timezone.now(), updates("search")
    kept = search_entry(session_id=VISIT, client_id="browser-1", occurred_at=now)
    sent = writes_recorded(monkeypatch)
    assert query_log_append(kept)
    assert len(sent) == 1, "one round trip with its log"
    assert query_log_post(search_entry(session_id="posted", occurred_at=now))
    redis_settle()
    assert [each.query for each in entries()] == [kept.normalised]
    assert [each.query for each in entries("posted")] == [kept.normalised]
    assert updates("search") == before + 2
    # The storefront tells of the same search.
    told = event_of("search", query_id=str(kept.query_id), attributes={"query": "other words"})
    ingest(told)
    assert [each.query for each in entries()] == [kept.normalised]


def test_a_search_without_a_session_writes_none(settings: Any) -> None:
    before = outcome("written") + outcome("lost")
    query_log_append(search_entry(session_id=None))
    query_log_append(search_entry(session_id=VISIT, query="", normalised=""))
    settings.SESSION_TTL_S = 0
    query_log_append(search_entry(session_id=VISIT))
    ingest(event_of())
    assert outcome("written") + outcome("lost") == before
    assert redis_client().keys("session*") == []


@pytest.mark.usefixtures("redis_gone")
def test_redis_gone_costs_no_event() -> None:
    before = outcome("lost")
    ingest(event_of())
    query_log_append(search_entry(session_id=VISIT))
    query_log_post(search_entry(session_id=VISIT))
    ingest(*(event_of(session_id=f"many-{n}") for n in range(20)))
    assert Event.objects.count() == 21
    assert outcome("lost") == before + 4
    assert session_now(VISIT) == (None, False)
    with pytest.raises(Unavailable):
        session_forget(VISIT)


def test_what_redis_refuses_costs_no_event() -> None:
    redis_client().set("session:visit-1", "no list")
    before = outcome("lost")
    ingest(event_of())
    query_log_post(search_entry(session_id=VISIT))
    redis_settle()
    assert outcome("lost") == before + 2


def test_a_fault_of_ours_costs_no_event(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_rows: object, **_named: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(service, "_write", broken)
    ingest(event_of())
    assert Event.objects.count() == 1


def test_what_is_deleted_stays_deleted() -> None:
    first, late = event_of("view", "a", ago_s=5), event_of("view", "late", ago_s=4)
    ingest(first)
    assert session_forget(VISIT)
    assert entries() == ()
    ingest(late, event_of("click", "x", ago_s=60))
    ingest(first)
    assert entries() == ()
    assert redis_client().exists("session:visit-1") == 0
    ingest(event_of("view", "new"), late)
    assert products() == ["new"]
    assert session_forget(VISIT)
    assert not session_forget(VISIT)


def test_the_mark_of_a_deletion_outlives_whatever_may_be_late() -> None:
    session_forget(VISIT)
    assert redis_client().ttl("session-deleted:session:visit-1") > 3600


def test_a_login_merges_and_nobody_else_reads_it() -> None:
    ingest(event_of("view", "a", ago_s=2), event_of("view", "b", ago_s=1, user_id="u"))
    found, answered = session_now(VISIT, user_id="u", client_id="browser-1")
    assert answered
    assert found is not None
    assert [each.product_id for each in found.entries] == ["b", "a"]
    assert session_now(VISIT, user_id="x", client_id="browser-2") == (None, True)
    assert session_now("unknown") == (None, True)
    assert session_decode(None, VISIT, None, None) is None


@pytest.fixture
def listened() -> Iterator[list[SessionEntry]]:
    heard: list[SessionEntry] = []

    def listener(told: Sequence[SessionEntry]) -> list[RedisCommand]:
        heard.extend(told)
        return [RedisCommand(("SET", f"heard:{each.user_id}", "1")) for each in told]

    session_listener_register("test", listener)
    yield heard
    contracts_sessions._listeners.pop("test")


def test_listeners_hear_of_events_in_the_same_round_trip(
    listened: list[SessionEntry], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    ingest(event_of())
    sent = writes_recorded(monkeypatch)
    # Of no session, and too late for one: it is news all the same.
    ingest(event_of("purchase", "b", session_id=None, user_id="u", ago_s=7200))
    assert len(sent) == 1
    assert redis_client().get("heard:u") == b"1"
    settings.SESSION_TTL_S = 0
    ingest(event_of("purchase", "c", user_id="v"))
    assert [each.product_id for each in listened] == ["a", "b", "c"]
    assert redis_client().get("heard:v") == b"1"


def test_a_listener_that_is_refused_costs_nothing(listened: list[SessionEntry]) -> None:
    session_listener_register("test", lambda _told: [RedisCommand(("LPUSH", "text", "x"))])
    redis_client().set("text", "no list")
    ingest(event_of())
    assert products() == ["a"]
    assert listened == []


def test_an_import_of_history_touches_no_session() -> None:
    long_ago = timezone.now() - timedelta(days=3)
    ingest(event_of("view", "a", ago_s=3 * 86_400), received_at=long_ago)
    assert redis_client().keys("session*") == []
