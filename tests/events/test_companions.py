"""Rows of other apps ride with the query log; what is wrong with them never costs a search."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_new
from apps.common.redis import redis_client, redis_forget_connections
from apps.events import contracts_companions as registry
from apps.events.contracts_companions import (
    CompanionTable,
    companion_register,
    companion_table,
    companion_tables,
)
from apps.events.domain.query_codec import Companion
from apps.events.models import QueryLog
from apps.events.selectors import coverage_of_table, query_log_entry
from apps.events.services.buffer import buffer_drain
from apps.events.services.query_log import companions_append, query_log_append
from apps.ranking.models import RankingRecord
from apps.ranking.services import RECORDS
from tests.events.test_buffer import entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[UUID, bytes]]:
    """A table of nobody's, which notes what it is given; it lies in the log's partitions."""
    monkeypatch.setattr(registry, "_tables", dict(registry._tables))
    rows: list[tuple[UUID, bytes]] = []

    def store(given: Sequence[tuple[UUID, bytes]]) -> int:
        rows.extend(given)
        return len(given)

    companion_register(CompanionTable("notes", "events_querylog", lambda: 0, store))
    return rows


def test_the_row_is_stored_with_its_search() -> None:
    search = entry()
    companion = Companion(RECORDS, search.query_id, b"packed")
    assert query_log_append(search, companions=[companion])
    result = buffer_drain(client=redis_client())
    assert (result.stored, result.dead) == (1, 0)
    assert bytes(RankingRecord.objects.get(pk=search.query_id).packed) == b"packed"
    assert query_log_entry(search.query_id) is not None
    assert query_log_entry(uuid7_new(timezone.now())) is None


def test_told_twice_it_is_stored_once() -> None:
    companion = Companion(RECORDS, uuid7_new(timezone.now()), b"packed")
    for _ in range(2):
        assert companions_append([companion])
        buffer_drain(client=redis_client())
    assert RankingRecord.objects.count() == 1


def test_redis_gone_it_goes_straight_to_postgresql(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    search = entry()
    assert not query_log_append(search, companions=[Companion(RECORDS, search.query_id, b"x")])
    assert RankingRecord.objects.filter(pk=search.query_id).exists()
    redis_forget_connections()


def test_a_row_that_nobody_takes_does_not_cost_the_search() -> None:
    search = entry()
    assert query_log_append(search, companions=[Companion("nobody", search.query_id, b"x")])
    assert buffer_drain(client=redis_client()).stored == 1
    assert QueryLog.objects.filter(pk=search.query_id).exists()


def test_a_row_without_a_partition_is_left_out(noted: list[tuple[UUID, bytes]]) -> None:
    old = uuid7_new(datetime(2001, 1, 1, tzinfo=UTC))
    now = uuid7_new(timezone.now())
    assert companions_append([Companion("notes", old, b"1"), Companion("notes", now, b"2")])
    assert buffer_drain(client=redis_client()).dead == 0
    assert noted == [(now, b"2")]


def test_registered_tables_are_found_by_name(noted: list[tuple[UUID, bytes]]) -> None:
    found = companion_table("notes")
    assert found in companion_tables()
    assert companion_table("nobody") is None
    assert not coverage_of_table("nowhere").ranges
    assert settings.EVENT_BUFFER_STREAM
