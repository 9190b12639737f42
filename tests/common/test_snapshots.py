import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from apps.common import snapshots
from apps.common.selectors import version_number, version_numbers
from apps.common.services import version_bump
from apps.common.snapshots import Snapshot, poller_stop


@pytest.fixture
def counted() -> Iterator[tuple[Snapshot[int], list[int]]]:
    loads: list[int] = []

    def load() -> int:
        loads.append(version_number("test:thing"))
        return loads[-1]

    snapshot = Snapshot("test", load, versions=("test:thing",))
    yield snapshot, loads
    snapshots._snapshots.remove(snapshot)  # type: ignore[arg-type]  # the list is of objects


@pytest.mark.django_db
def test_versions_only_grow(django_assert_num_queries: object) -> None:
    assert version_number("test:thing") == 0
    assert version_bump("test:thing") == 1
    assert version_bump("test:thing") == 2
    assert version_numbers()["test:thing"] == 2


@pytest.mark.django_db
def test_a_snapshot_loads_once_and_again_after_a_bump(
    counted: tuple[Snapshot[int], list[int]],
) -> None:
    snapshot, loads = counted
    assert (snapshot.get(), snapshot.get(), loads) == (0, 0, [0])
    version_bump("test:other")
    assert snapshot.get() == 0
    version_bump("test:thing")
    assert snapshot.get() == 1
    assert loads == [0, 1]


@pytest.mark.django_db
def test_a_reload_that_fails_keeps_the_old_value() -> None:
    answers: list[int] = [1]

    def load() -> int:
        return answers.pop()

    snapshot = Snapshot("test:failing", load, versions=())
    try:
        assert snapshot.get() == 1
        assert not snapshot.reload_safely()
        assert snapshot._value == 1
        assert snapshot.is_stale
        answers.append(2)
        assert snapshot.reload_safely()
        assert snapshot.get() == 2
    finally:
        snapshots._snapshots.remove(snapshot)  # type: ignore[arg-type]  # the list is of objects


def _bump_elsewhere(*, hint: bool) -> None:
    """As another process would: its own connection, no local marking."""

    def work() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO common_versioncounter AS v (name, number, updated_at) "
                    "VALUES ('test:thing', 1, now()) "
                    "ON CONFLICT (name) DO UPDATE SET number = v.number + 1"
                )
            if hint:
                from apps.common.redis import redis_client

                redis_client().publish(snapshots.HINT_CHANNEL, "test:thing")
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def _wait(condition: object, seconds: float) -> float:
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if condition():  # type: ignore[operator]  # a callable
            return time.monotonic() - started
        time.sleep(0.005)
    raise AssertionError("it did not happen in time")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hint", [True, False])
def test_a_bump_by_another_process_reaches_this_one(
    counted: tuple[Snapshot[int], list[int]], settings: Settings, hint: bool
) -> None:
    settings.ENDCAP_VERSION_POLLER = True
    # With a hint the poll must not be what brings it: its interval is far away.
    settings.ENDCAP_VERSION_POLL_S = 30.0 if hint else 0.2
    snapshot, _ = counted
    try:
        assert snapshot.get() == 0
        if hint:
            time.sleep(0.5)  # until the listener has subscribed
        _bump_elsewhere(hint=hint)
        _wait(lambda: snapshot.get() == 1, 10)
    finally:
        poller_stop()


@pytest.mark.django_db(transaction=True)
def test_a_bump_is_announced_only_when_its_transaction_commits(
    counted: tuple[Snapshot[int], list[int]],
) -> None:
    snapshot, _ = counted
    assert snapshot.get() == 0
    with transaction.atomic():
        version_bump("test:thing")
        transaction.set_rollback(True)
    assert version_number("test:thing") == 0
    with transaction.atomic():
        version_bump("test:thing")
    assert snapshot.get() == 1


@pytest.mark.django_db(transaction=True)
def test_a_change_during_the_first_load_is_not_missed(settings: Settings) -> None:
    settings.ENDCAP_VERSION_POLLER = True
    settings.ENDCAP_VERSION_POLL_S = 0.05
    reads: list[int] = []

    def load() -> int:
        reads.append(version_number("test:thing"))
        if len(reads) == 1:
            _bump_elsewhere(hint=False)
            time.sleep(0.5)  # several polls pass while this load still holds the old rows
        return reads[-1]

    snapshot = Snapshot("test:slow", load, versions=("test:thing",))
    try:
        assert snapshot.get() == 0
        _wait(lambda: snapshot.get() == 1, 5)
    finally:
        poller_stop()
        snapshots._snapshots.remove(snapshot)  # type: ignore[arg-type]  # the list is of objects


@pytest.mark.django_db(transaction=True)
def test_a_poller_that_died_is_started_again(
    counted: tuple[Snapshot[int], list[int]], settings: Settings
) -> None:
    settings.ENDCAP_VERSION_POLLER = True
    settings.ENDCAP_VERSION_POLL_S = 0.05
    snapshot, _ = counted
    try:
        assert snapshot.get() == 0
        first = snapshots._poller
        assert first is not None
        first.stop()  # as a thread that ended for a reason nobody foresaw
        _bump_elsewhere(hint=False)
        _wait(lambda: snapshot.get() == 1, 5)
        assert snapshots._poller is not first
    finally:
        poller_stop()
