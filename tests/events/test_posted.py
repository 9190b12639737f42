"""Searches that are logged without waiting: kept, or found out about later."""

from collections.abc import Iterator
from typing import Any

import pytest

from apps.common.observability.metrics import degraded_total
from apps.common.redis import redis_client, redis_forget_connections, redis_settle
from apps.events.models import QueryLog
from apps.events.services.buffer import buffer_drain
from apps.events.services.query_log import buffer_appends_total, query_log_post
from tests.events.test_buffer import entry


@pytest.fixture
def without_redis(settings: Any) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    yield
    redis_forget_connections()


def counted(outcome: str) -> float:
    return float(buffer_appends_total.labels(outcome)._value.get())


@pytest.mark.django_db
def test_what_is_posted_is_in_the_stream_once_it_is_settled() -> None:
    before = counted("stream")
    logged = entry()
    assert query_log_post(logged)
    redis_settle()
    assert counted("stream") == before + 1
    buffer_drain()
    assert QueryLog.objects.get().id == logged.query_id


@pytest.mark.django_db
def test_what_redis_refuses_is_stored_directly(settings: Any) -> None:
    redis_client().set(settings.EVENT_BUFFER_STREAM, "no stream")
    before, logged = counted("database"), entry()
    missing = degraded_total.labels(component="redis", reason="event_buffer")
    refused = missing._value.get()
    assert query_log_post(logged), "nobody knows yet"
    redis_settle()
    assert counted("database") == before + 1
    assert missing._value.get() == refused + 1
    assert QueryLog.objects.get().id == logged.query_id


@pytest.mark.django_db
@pytest.mark.usefixtures("without_redis")
def test_without_redis_it_is_stored_directly_at_once() -> None:
    logged = entry()
    assert not query_log_post(logged)
    assert QueryLog.objects.get().id == logged.query_id


@pytest.mark.django_db
def test_an_answer_that_never_comes_stores_it_once(settings: Any) -> None:
    logged = entry()
    assert query_log_post(logged)
    client = redis_client()
    # The connection goes with its answer unread; the stream has the entry.
    while client.xlen(settings.EVENT_BUFFER_STREAM) == 0:
        pass
    from apps.common.redis_wire import wires_close

    wires_close(client)
    buffer_drain()
    assert [row.id for row in QueryLog.objects.all()] == [logged.query_id]
