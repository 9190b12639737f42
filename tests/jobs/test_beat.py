import pytest
from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.jobs.beat import LockedDatabaseScheduler
from apps.jobs.channel import LockConnection
from apps.jobs.domain.retry import lock_key
from tests.jobs.processes import LOCK_OF, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scheduler() -> LockedDatabaseScheduler:
    from celery_app import app

    PeriodicTask.objects.all().delete()
    hourly, _ = IntervalSchedule.objects.get_or_create(every=1, period="hours")
    PeriodicTask.objects.create(name="hourly", task="jobs.tick", interval=hourly, args='["x"]')
    return LockedDatabaseScheduler(app=app, max_interval=1)


def test_a_beat_waits_while_another_leads_and_then_takes_over(
    scheduler: LockedDatabaseScheduler,
) -> None:
    other = LockConnection("beat")
    assert other.acquire()
    assert scheduler.tick() == 2.0
    other.close()
    assert 0 <= scheduler.tick() <= 1
    assert list(scheduler.schedule) == ["hourly"]
    assert not other.acquire()
    scheduler.close()
    assert other.acquire()
    other.close()


def test_a_beat_that_lost_its_connection_begins_afresh(
    scheduler: LockedDatabaseScheduler,
) -> None:
    scheduler.tick()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE {LOCK_OF}", [lock_key("beat")]
        )
    taker = LockConnection("beat")
    wait_for(taker.acquire, "the lock")
    assert scheduler.tick() == 2.0
    taker.close()
    assert scheduler.tick() <= 1
    scheduler.close()


def test_there_is_no_schedule_that_nobody_asked_for(scheduler: LockedDatabaseScheduler) -> None:
    assert not PeriodicTask.objects.filter(name__startswith="celery.").exists()
    scheduler.close()


def test_a_beat_without_postgresql_waits(
    scheduler: LockedDatabaseScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = connection.settings_dict["HOST"]
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    assert scheduler.tick() == 2.0
    monkeypatch.setitem(connection.settings_dict, "HOST", host)
    assert scheduler.tick() <= 1
    scheduler.close()
