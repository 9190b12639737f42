import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_at, uuid7_new
from apps.common.redis import redis_client, redis_forget_connections
from apps.events.contracts import Event, EventType, QueryLogEntry
from apps.events.domain.query_codec import BufferEntry, entry_encode
from apps.events.models import Event as EventRow
from apps.events.models import QueryLog
from apps.events.selectors import query_log_recent
from apps.events.services.buffer import GROUP, buffer_drain, dead_letter_stream
from apps.events.services.query_log import PAYLOAD, exposures_append, query_log_append

ROOT = Path(__file__).resolve().parents[2]


def entry(**change: Any) -> QueryLogEntry:
    now = timezone.now()
    fields: dict[str, Any] = {
        "query_id": uuid7_new(now), "occurred_at": now, "query": "Mouse", "normalised": "mouse",
        "filters": {"brand": ["HP"]}, "sort": "relevance", "page": 2, "per_page": 2,
        "results_count": 7, "product_ids": ("a", 'b"\\'), "category": "electronics",
        "latency_ms": 1.25, "cache_hit": False, "degraded": ("semantic",), "client_id": "c",
        "experiments": ({"key": "e", "variant": "v"},), "versions": {"weights": 3},
        "principal": "pk",
    }  # fmt: skip
    return QueryLogEntry(**{**fields, **change})


def exposure(at: datetime) -> Event:
    return Event(uuid7_new(at), EventType.EXPOSURE, at, at, experiment="e", variant="v")


def commands_called() -> dict[str, int]:
    stats: Any = redis_client().info("commandstats")
    return {name: int(found["calls"]) for name, found in stats.items()}


@pytest.fixture
def without_redis(settings: Any) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    yield
    redis_forget_connections()


@pytest.mark.django_db
def test_a_search_is_logged_by_exactly_one_xadd_and_drained() -> None:
    redis_client().ping()
    before = commands_called()
    assert query_log_append(entry(), [exposure(timezone.now())])
    after = commands_called()
    moved = {name for name, calls in after.items() if calls != before.get(name, 0)}
    # Other suites share the server: what counts is that ours is one XADD and nothing else of ours.
    assert after["cmdstat_xadd"] - before.get("cmdstat_xadd", 0) == 1
    assert not moved & {"cmdstat_xlen", "cmdstat_xgroup"}
    result = buffer_drain(client=redis_client())
    assert (result.read, result.stored, result.depth, result.dead) == (1, 2, 0, 0)
    assert EventRow.objects.get().variant == "v"


@pytest.mark.django_db
def test_the_log_keeps_what_was_answered() -> None:
    sent = entry()
    query_log_append(sent)
    buffer_drain(client=redis_client())
    (kept,) = query_log_recent(limit=5)
    assert kept.positions == (3, 4)
    assert (kept.query_id, kept.product_ids, kept.filters, kept.experiments, kept.versions) == (
        sent.query_id, sent.product_ids, sent.filters, sent.experiments, sent.versions,
    )  # fmt: skip
    assert query_log_recent(limit=5, before=sent.occurred_at) == []


@pytest.mark.django_db
def test_without_redis_the_entry_goes_straight_to_the_database(without_redis: None) -> None:
    assert not query_log_append(entry())
    assert not exposures_append([exposure(timezone.now())])
    assert QueryLog.objects.count() == EventRow.objects.count() == 1


@pytest.mark.django_db
def test_without_redis_and_without_a_partition_nothing_is_raised(without_redis: None) -> None:
    assert not query_log_append(
        entry(query_id=uuid7_at(datetime(2001, 1, 1).astimezone(), bytes(10)))
    )
    assert not QueryLog.objects.exists()


@pytest.mark.django_db
def test_a_stream_of_another_type_falls_back_too() -> None:
    redis_client().set(settings.EVENT_BUFFER_STREAM, "not a stream")
    assert not query_log_append(entry())
    assert QueryLog.objects.count() == 1


@pytest.mark.django_db
def test_what_was_read_but_not_acknowledged_is_claimed_and_stored_once() -> None:
    sent = [entry() for _ in range(5)]
    for one in sent:
        query_log_append(one)
    client = redis_client()
    client.xgroup_create(settings.EVENT_BUFFER_STREAM, GROUP, id="0")
    client.xreadgroup(GROUP, "died", {settings.EVENT_BUFFER_STREAM: ">"}, count=3)
    first = buffer_drain(client=client, claim_idle_ms=3_600_000)
    assert (first.read, first.depth) == (2, 3)
    second = buffer_drain(client=client, claim_idle_ms=0)
    assert (second.read, second.stored, second.depth, second.dropped) == (3, 3, 0, 0)
    assert QueryLog.objects.count() == 5


@pytest.mark.django_db
def test_the_same_entry_twice_is_one_row() -> None:
    one = entry()
    query_log_append(one)
    query_log_append(one)
    result = buffer_drain(client=redis_client())
    assert (result.read, result.stored, result.replayed) == (2, 1, 1)


@pytest.mark.django_db
def test_poison_goes_to_the_dead_letters_and_the_rest_in() -> None:
    client = redis_client()
    query_log_append(entry())
    client.xadd(settings.EVENT_BUFFER_STREAM, {PAYLOAD: b"\xc1 no msgpack"})
    client.xadd(settings.EVENT_BUFFER_STREAM, {"other": b"field"})
    old = entry(query_id=uuid7_at(datetime(2001, 1, 1).astimezone(), bytes(10)))
    client.xadd(settings.EVENT_BUFFER_STREAM, {PAYLOAD: entry_encode(BufferEntry(query=old))})
    query_log_append(entry(query="a\x00b"))
    query_log_append(entry())
    result = buffer_drain(client=client)
    assert (result.read, result.stored, result.dead, result.depth) == (6, 2, 4, 0)
    letters: Any = client.xrange(dead_letter_stream())
    assert [bool(fields[b"reason"]) for _, fields in letters] == [True] * 4


@pytest.mark.django_db
def test_what_the_limit_cuts_is_counted(settings: Any) -> None:
    settings.EVENT_BUFFER_MAX = 100
    for _ in range(500):
        query_log_append(entry())
    result = buffer_drain(client=redis_client())
    assert result.read + result.dropped == 500
    assert 0 < result.dropped < 500
    query_log_append(entry())
    assert buffer_drain(client=redis_client()).dropped == result.dropped


@pytest.mark.django_db
def test_an_empty_buffer_is_quiet_and_consumers_do_not_pile_up() -> None:
    client = redis_client()
    assert buffer_drain(client=client).read == 0
    query_log_append(entry())
    buffer_drain()
    assert client.xinfo_consumers(settings.EVENT_BUFFER_STREAM, GROUP) == []


_DRAIN = """
import django; django.setup()
from django.conf import settings
from django.db import connection
settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = {database!r}
from apps.common.redis import redis_patient
from apps.events.services import buffer
buffer._BATCH = 20
print("draining", flush=True)
while True:
    buffer.buffer_drain(client=redis_patient(), claim_idle_ms=200)
"""


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_drain_killed_again_and_again_loses_and_doubles_nothing() -> None:
    sent = [entry() for _ in range(3000)]
    for one in sent:
        query_log_append(one)
    client = redis_client()
    kills = 0
    for attempt in range(6):
        left = client.xlen(settings.EVENT_BUFFER_STREAM)
        drain = _drain_start()
        while client.xlen(settings.EVENT_BUFFER_STREAM) == left and drain.poll() is None:
            time.sleep(0.002)
        time.sleep(0.007 * attempt)
        kills += drain.poll() is None
        drain.send_signal(signal.SIGKILL)
        drain.wait()
    time.sleep(0.3)
    result = buffer_drain(client=client, claim_idle_ms=200)
    assert kills == 6
    assert 0 < result.read < len(sent)
    assert (result.depth, result.dropped, result.dead) == (0, 0, 0)
    stored = set(QueryLog.objects.values_list("id", flat=True))
    assert stored == {one.query_id for one in sent}
    assert QueryLog.objects.count() == len(sent)
    pending: Any = client.xpending(settings.EVENT_BUFFER_STREAM, GROUP)
    assert pending["pending"] == 0


def _drain_start() -> subprocess.Popen[str]:
    script = _DRAIN.format(database=connection.settings_dict["NAME"])
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    environment["REDIS_URL"] = settings.REDIS_URL
    drain = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert drain.stdout is not None
    assert drain.stdout.readline() == "draining\n"
    drain.stdout.close()
    return drain


def test_the_drain_raises_when_redis_is_gone(without_redis: None) -> None:
    with pytest.raises(redis.ConnectionError):
        buffer_drain()
