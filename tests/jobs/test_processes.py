"""Real workers and beats, killed as machines kill them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from apps.common.redis import redis_client
from apps.jobs.domain.retry import lock_key
from apps.jobs.models import DeadLetter, JobRun
from apps.jobs.services import run_cancel
from tests.jobs.processes import LOCK_OF, Process, beat, run_job, wait_for, worker

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Process]]:
    """Processes that a test starts; none outlives it."""
    processes: list[Process] = []
    yield processes
    for process in processes:
        process.kill()


def _status(run_id: int) -> tuple[str, int]:
    run = JobRun.objects.get(pk=run_id)
    return run.status, run.attempts


def _queue(job_name: str, folder: Path) -> int:
    run_id = run_job(job_name, "--background", "--param", f"folder={folder}")["run_id"]
    assert isinstance(run_id, int)
    return run_id


def _lock_is_free(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM pg_locks WHERE {LOCK_OF}", [lock_key(name)])
        row = cursor.fetchone()
    return row is not None and int(row[0]) == 0


def test_a_killed_workers_run_is_recovered_and_retried(
    started: list[Process], tmp_path: Path
) -> None:
    started.append(worker(tmp_path))
    run_id = _queue("waits", tmp_path)
    wait_for(lambda: JobRun.objects.get(pk=run_id).progress_done > 0, "progress")
    assert _status(run_id) == ("running", 1)
    started[0].kill()
    wait_for(lambda: _lock_is_free("job:waits"), "the dead worker's lock")
    assert _status(run_id) == ("running", 1)

    started.append(worker(tmp_path))
    assert run_job("jobs_sweep")["recovered"] == 1
    wait_for(lambda: _status(run_id) == ("running", 2), "the second attempt")
    assert JobRun.objects.get(pk=run_id).error_reason == ""
    (tmp_path / "go").touch()
    wait_for(lambda: _status(run_id) == ("succeeded", 2), "the end")
    assert (tmp_path / "attempts").read_text().split() == ["1", "2"]
    assert JobRun.objects.get(pk=run_id).summary == {"attempt": 2}


def test_poison_and_failures_end_as_dead_letters_and_the_worker_lives_on(
    started: list[Process], tmp_path: Path
) -> None:
    started.append(worker(tmp_path))
    poison, raises = _queue("poison", tmp_path), _queue("raises", tmp_path)
    wait_for(lambda: _status(poison) == ("dead", 3), "the poison's third attempt")
    wait_for(lambda: _status(raises) == ("dead", 2), "the second failure")
    letters = {letter.job_name: letter for letter in DeadLetter.objects.all()}
    assert letters["poison"].error_reason == "worker_lost"
    assert letters["poison"].attempts == 3
    assert letters["raises"].error_message == "attempt 2"
    (tmp_path / "go").touch()
    alive = _queue("waits", tmp_path)
    wait_for(lambda: _status(alive) == ("succeeded", 1), "a run after them")
    assert started[0].stop() == 0
    counted = CollectorRegistry()
    MultiProcessCollector(counted, path=str(tmp_path / "metrics"))  # type: ignore[no-untyped-call]  # bare in prometheus_client
    lost = {"job_name": "poison", "reason": "worker_lost"}
    assert counted.get_sample_value("batch_job_failures_total", lost) == 3
    dead = {"job_name": "raises", "status": "dead"}
    assert counted.get_sample_value("batch_job_executions_total", dead) == 1


def test_a_running_run_is_cancelled_and_a_slow_one_is_stopped(
    started: list[Process], tmp_path: Path
) -> None:
    started.append(worker(tmp_path))
    run_id = _queue("waits", tmp_path)
    wait_for(lambda: _status(run_id) == ("running", 1), "the start")
    run_cancel(run_id=run_id)
    wait_for(lambda: _status(run_id)[0] == "cancelled", "the cancellation")
    slow = _queue("dawdles", tmp_path)
    wait_for(lambda: _status(slow) == ("dead", 1), "the time limit")
    assert DeadLetter.objects.get().error_reason == "timeout"


def test_of_two_beats_one_fires_and_the_other_takes_over(
    started: list[Process], tmp_path: Path
) -> None:
    PeriodicTask.objects.update(enabled=False)
    every_second, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
    PeriodicTask.objects.create(
        name="test tick", task="jobs.tick", args='["waits"]', interval=every_second
    )
    PeriodicTasks.update_changed()  # type: ignore[no-untyped-call]  # bare in django-celery-beat
    started.extend([beat(tmp_path), beat(tmp_path)])
    wait_for(lambda: any(one.says("beat_leads") for one in started), "a beat that leads")
    wait_for(lambda: all(one.says("beat: Starting") for one in started), "both beats")
    sent = _ticks_sent()
    wait_for(lambda: _ticks_sent() >= sent + 4, "four ticks")
    leads, waits = sorted(started, key=lambda one: one.says("beat_leads"), reverse=True)
    assert leads.says("Sending due task")
    assert not waits.says("Sending due task")

    leads.kill()
    wait_for(lambda: waits.says("beat_leads"), "the other beat")
    sent = _ticks_sent()
    wait_for(lambda: _ticks_sent() >= sent + 2, "its ticks")


def _ticks_sent() -> int:
    # No worker runs: every tick waits in the broker's list.
    return redis_client().llen("endcap:endcap")
