"""The side channel: lock, heartbeat, progress and cancellation over its own connection."""

import threading
import time

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from apps.jobs.channel import LockConnection, RunChannel
from apps.jobs.domain.retry import lock_key
from apps.jobs.models import JobRun
from apps.jobs.services import run_execute
from tests.jobs.processes import LOCK_OF, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(settings: Settings) -> JobRun:
    settings.JOB_HEARTBEAT_S = 0.05
    return JobRun.objects.create(
        job_name="channel", scheduled_for=timezone.now(), status="running", attempts=1
    )


def _backend_end(name: str) -> None:
    """What a killed worker or a broken line does to the connection that holds a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE {LOCK_OF}", [lock_key(name)]
        )


def test_one_lock_has_one_holder_and_closing_frees_it() -> None:
    one, other = LockConnection("thing"), LockConnection("thing")
    third = LockConnection("another")
    try:
        assert one.acquire()
        assert not other.acquire()
        assert third.acquire()
        one.close()
        assert other.acquire()
    finally:
        third.close()
        one.close()
        other.close()


def test_a_lost_connection_frees_the_lock_and_is_noticed() -> None:
    one, other = LockConnection("thing"), LockConnection("thing")
    try:
        assert one.acquire()
        assert one.alive()
        _backend_end("thing")
        wait_for(other.acquire, "the lock")
        assert not one.alive()
    finally:
        one.close()
        other.close()


def test_a_run_said_to_be_running_waits_for_its_dead_workers_lock(run: JobRun) -> None:
    dying = LockConnection("job:channel")
    assert dying.acquire()
    end = threading.Timer(0.5, dying.close)
    end.start()
    run_execute(run_id=run.pk)
    end.join()
    run.refresh_from_db()
    assert run.error_reason == "worker_lost"


def test_a_run_that_is_alive_is_left_alone(run: JobRun) -> None:
    alive = LockConnection("job:channel")
    assert alive.acquire()
    run_execute(run_id=run.pk)
    alive.close()
    run.refresh_from_db()
    assert (run.status, run.next_attempt_at) == ("running", None)


def test_progress_is_seen_while_the_job_sits_in_a_transaction(run: JobRun) -> None:
    with RunChannel("channel") as channel:
        assert channel.acquire()
        channel.follow(run.pk, 1)
        with transaction.atomic():
            channel.progress(1, 9, "first")
            channel.progress(2, 9, "second")
            assert channel.progress_now == (2, 9, "second")
            wait_for(lambda: JobRun.objects.get(pk=run.pk).progress_done == 2, "the heartbeat")
    run.refresh_from_db()
    assert run.heartbeat_at is not None
    assert run.progress_message == "second"


def test_a_cancellation_arrives(run: JobRun) -> None:
    with RunChannel("channel") as channel:
        assert channel.acquire()
        channel.follow(run.pk, 1)
        assert not channel.cancelled()
        JobRun.objects.update(cancel_requested=True)
        wait_for(channel.cancelled, "the cancellation")


def test_a_run_whose_lock_is_lost_is_asked_to_stop(run: JobRun) -> None:
    with RunChannel("channel") as channel:
        assert channel.acquire()
        channel.follow(run.pk, 1)
        _backend_end("job:channel")
        wait_for(channel.cancelled, "the loss")


def test_a_row_that_is_locked_for_long_does_not_stop_the_beat(run: JobRun) -> None:
    with RunChannel("channel") as channel:
        assert channel.acquire()
        channel.follow(run.pk, 1)
        with transaction.atomic():
            JobRun.objects.filter(pk=run.pk).update(worker="somebody")
            time.sleep(1.3)  # longer than the channel waits for the row
            assert not channel.cancelled()
        before = JobRun.objects.get(pk=run.pk).heartbeat_at
        wait_for(lambda: JobRun.objects.get(pk=run.pk).heartbeat_at != before, "the next beat")
