from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.events.apps import partitions_after_migrate
from apps.events.domain.months import month_add, partition_span
from apps.events.selectors import coverage, partition_spans, rows_estimate, tables_exist
from apps.events.services import partitions
from apps.events.services.health import partitions_check
from apps.events.services.ingest import events_ingest
from apps.events.services.partitions import (
    partitions_drop_expired,
    partitions_ensure,
    partitions_ensure_around,
    retention_start,
)
from apps.events.tasks import JOBS, drain_run, partitions_run
from apps.jobs.contracts import JobContext, job_spec

pytestmark = pytest.mark.django_db
MAY = datetime(2001, 5, 20, tzinfo=UTC)


def names(table: str = "events_event") -> list[str]:
    return [span.name for span in partition_spans(table)]


def context(as_of: datetime) -> JobContext:
    return JobContext(1, "x", 1, as_of, as_of, {}, lambda *_: None, lambda: False)


def test_a_migrated_database_has_the_months_around_now() -> None:
    now = timezone.now()
    wanted = {partition_span("events_event", month_add(now, n)).name for n in (-1, 0, 1, 2)}
    assert wanted <= set(names())
    assert partitions_check().ok


def test_ensuring_twice_creates_once() -> None:
    first = partitions_ensure(first=MAY, last=month_add(MAY, 1))
    assert set(first) == {
        f"{table}_2001_{month}"
        for table in ("events_event", "events_querylog", "ranking_record")
        for month in ("05", "06")
    }
    assert partitions_ensure(first=MAY, last=month_add(MAY, 1)) == ()


def test_partitions_have_every_index_of_their_table() -> None:
    partitions_ensure(first=MAY, last=MAY)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, count(*) FROM pg_indexes WHERE tablename IN "
            "('events_event', 'events_event_2001_05') GROUP BY tablename"
        )
        counts = dict(cursor.fetchall())
    assert counts["events_event"] == counts["events_event_2001_05"] == 8


def test_an_event_of_a_new_month_is_let_in_at_once(settings: Any) -> None:
    settings.EVENT_RETENTION_MONTHS = 0
    item = {"type": "search", "occurred_at": MAY.isoformat()}
    now = timezone.now()
    assert events_ingest(items=[item], received_at=now).errors[0].code == "no_partition"
    partitions_ensure(first=MAY, last=MAY)
    assert events_ingest(items=[item], received_at=now).stored == 1


def test_a_partition_that_went_meanwhile_is_a_refusal_to_try_again(settings: Any) -> None:
    from apps.common.errors import Unavailable

    settings.EVENT_RETENTION_MONTHS = 0
    partitions_ensure(first=MAY, last=MAY)
    coverage()
    item = {"type": "search", "occurred_at": MAY.isoformat()}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE events_event_2001_05")
    with pytest.raises(Unavailable):
        events_ingest(items=[item], received_at=timezone.now())


def test_only_what_lies_wholly_before_retention_is_dropped(settings: Any) -> None:
    settings.EVENT_RETENTION_MONTHS = 2
    settings.QUERY_LOG_RETENTION_MONTHS = 0
    settings.RANKING_RECORD_RETENTION_MONTHS = 0
    now = timezone.now()
    partitions_ensure(first=month_add(now, -4), last=now)
    dropped = partitions_drop_expired(now=now)
    # Other tests may have left older months behind: those go too.
    assert set(dropped) >= {
        partition_span("events_event", month_add(now, -n)).name for n in (3, 4)
    }
    assert max(dropped) < partition_span("events_event", month_add(now, -2)).name
    assert not set(dropped) & set(names())
    assert partition_span("events_querylog", month_add(now, -4)).name in names("events_querylog")


def test_retention_of_none_keeps_all() -> None:
    assert retention_start(MAY, 0) is None


def test_the_daily_job_drops_only_when_the_setting_says_so(settings: Any) -> None:
    partitions_ensure(first=MAY, last=MAY)
    as_of = timezone.now() + timedelta(days=400)
    outcome = partitions_run(context(as_of))
    assert partition_span("events_event", month_add(as_of, 2)).name in str(outcome["created"])
    assert outcome["dropped"] == ""
    settings.EVENT_RETENTION_DROP = True
    assert "events_event_2001_05" in str(partitions_run(context(as_of))["dropped"])


def test_jobs_are_registered() -> None:
    assert [job_spec(job.name) for job in JOBS] == list(JOBS)
    assert drain_run(context(timezone.now()))["read"] == 0


def test_a_missing_month_is_unhealthy_and_says_what_to_run() -> None:
    span = partition_span("events_event", month_add(timezone.now(), 1))
    partitions._partition_drop("events_event", span)
    report = partitions_check()
    assert not report.ok
    assert span.name in report.detail
    partitions_ensure_around(timezone.now())
    assert partitions_check().ok


def test_without_its_tables_a_migration_makes_no_partitions() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE events_querylog")
    partitions_after_migrate()
    assert not tables_exist()


def test_a_partition_with_a_foreign_name_is_left_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE events_event_ancient PARTITION OF events_event FOR VALUES FROM "
            "('00000000-0000-0000-0000-000000000000') TO ('00000000-0000-0000-0000-000000000001')"
        )
    assert "events_event_ancient" not in names()


def test_the_health_check_never_raises() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE events_querylog")
    assert partitions_check().detail == "ProgrammingError"


def test_the_estimate_never_counts() -> None:
    assert rows_estimate("events_event") >= 0
