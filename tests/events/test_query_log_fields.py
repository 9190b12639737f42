"""What the query log says beside the hits: how the query was read, what acted, what was swapped."""

from dataclasses import fields
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_new
from apps.common.redis import redis_client
from apps.events.contracts import QueryLogEntry
from apps.events.domain.query_codec import entry_decode
from apps.events.models import QueryLog
from apps.events.selectors import query_log_recent
from apps.events.services.buffer import buffer_drain
from apps.events.services.query_log import PAYLOAD, queries_store, query_log_append
from apps.jobs.contracts import job_spec
from tests.events.test_buffer import entry

NEW = (
    "query_class",
    "corrected",
    "synonyms",
    "applied_rules",
    "fallback",
    "swap",
    "features",
    "record",
    "category_share",
)
pytestmark = pytest.mark.django_db


def test_everything_that_is_new_comes_back() -> None:
    told: dict[str, Any] = {
        "query_class": "transactional",
        "corrected": "wireless mouse",
        "synonyms": (("tv", "television"), ("tv", "telly")),
        "applied_rules": ("Pin the house brand",),
        "fallback": "dropped",
        "swap": 3,
        "features": bytes(range(256)),
        "record": uuid7_new(timezone.now()),
        "category_share": 0.625,
        "versions": {"weights": 4, "index": 2, "lexicon": 7, "features": 9},
    }
    assert query_log_append(entry(**told))
    buffer_drain(client=redis_client())
    (kept,) = query_log_recent(limit=5)
    assert {name: getattr(kept, name) for name in told} == told


def test_an_entry_of_the_release_before_still_drains() -> None:
    """The buffer may hold searches that were logged before the columns were there."""
    whole = msgspec.to_builtins(entry())
    old = {name: value for name, value in whole.items() if name not in NEW}
    packed = msgspec.msgpack.encode({"query": old})
    assert entry_decode(packed).query is not None
    redis_client().xadd(settings.EVENT_BUFFER_STREAM, {PAYLOAD: packed})
    result = buffer_drain(client=redis_client())
    assert (result.stored, result.dead) == (1, 0)
    (kept,) = query_log_recent(limit=5)
    assert [getattr(kept, name) for name in NEW] == [
        None,
        None,
        (),
        (),
        "",
        None,
        None,
        None,
        None,
    ]


def test_a_release_that_does_not_know_the_columns_can_still_insert() -> None:
    """While two releases run, the older one names the older columns only."""
    now, names = timezone.now(), ("query", "normalised", "sort", "principal")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_querylog (id, occurred_at, page, per_page, results_count,"
            " product_ids, positions, latency_ms, cache_hit, degraded, filters, experiments,"
            f" versions, {', '.join(names)}) VALUES (%s, %s, 1, 20, 0, '{{}}', '{{}}', 1, false,"
            " '{}', '{}', '[]', '{}', 'a', 'a', 'relevance', '')",
            [uuid7_new(now), now],
        )
    (kept,) = query_log_recent(limit=5)
    assert [getattr(kept, name) for name in NEW] == [
        None,
        None,
        (),
        (),
        "",
        None,
        None,
        None,
        None,
    ]


def test_the_table_holds_every_field_of_an_entry() -> None:
    columns = {field.name for field in QueryLog._meta.concrete_fields} - {"id"}
    assert columns == {field.name for field in fields(QueryLogEntry)} - {"query_id"}


def test_every_partition_has_the_columns_and_the_months_ahead_get_them_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, count(a.attname) FROM pg_inherits i JOIN pg_class c"
            " ON c.oid = i.inhrelid LEFT JOIN pg_attribute a ON a.attrelid = c.oid"
            " AND a.attname = ANY (%s) WHERE i.inhparent = 'events_querylog'::regclass GROUP BY 1",
            [list(NEW)],
        )
        found = dict(cursor.fetchall())
    assert len(found) >= 3
    assert set(found.values()) == {len(NEW)}
    assert job_spec("events_partitions").cron is not None


def test_storing_twice_stores_once() -> None:
    one = entry(swap=1)
    assert (queries_store([one]), queries_store([one])) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_the_migration_loses_no_search_and_goes_back_as_well() -> None:
    queries_store([entry(query=f"query {number}") for number in range(5)])
    before = list(QueryLog.objects.order_by("id").values_list("id", "query", "versions"))
    migrated("0002_stored_xid_and_identity")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, query FROM events_querylog ORDER BY id")
        assert [row[1] for row in cursor.fetchall()] == [row[1] for row in before]
    migrated("0006_querylog_category_share")
    assert list(QueryLog.objects.order_by("id").values_list("id", "query", "versions")) == before
    assert {one.fallback for one in query_log_recent(limit=9)} == {""}


def migrated(name: str) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate([("events", name)])
