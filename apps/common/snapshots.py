"""In-process snapshots: loaded once, swapped when their version moved, never edited.

A `Snapshot` belongs to one or more version counters. One thread a process polls the counters
(0.4 s; a Redis message makes it poll at once), reloads what moved, and swaps the reference:
requests in flight finish on the old one. A reload that fails keeps the old one, is counted,
and is tried again at the next poll.
"""

import itertools
import os
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import redis
import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.common.observability.metrics import snapshot_reloads_total
from apps.common.redis import RedisGone, redis_call, redis_patient, redis_settle

T = TypeVar("T")
logger = structlog.get_logger(__name__)
HINT_CHANNEL = "endcap:versions"

_snapshots: list["Snapshot[object]"] = []
_poller: "_Poller | None" = None
_poller_lock = threading.Lock()
# Counts whatever may have changed a value: while it stands, so do all values.
_changes = itertools.count(1)
_changed = 0


class Snapshot(Generic[T]):
    """A lazily loaded value that follows its version counters.

    Args:
        name: for logs and metrics.
        load: builds a fresh value; runs in a request only the first time.
        versions: names of the counters it depends on.
    """

    def __init__(self, name: str, load: Callable[[], T], *, versions: tuple[str, ...]) -> None:
        self.name = name
        self._load = load
        self.versions = versions
        self._value: T | None = None
        self._loaded = False
        self._stale = False
        self._lock = threading.Lock()
        _snapshots.append(self)  # type: ignore[arg-type]  # invariance: only reload() is used

    def get(self) -> T:
        """The current value; loads it on first use.

        Raises:
            DatabaseError: on first use only, when PostgreSQL is down.
        """
        # A fork drops its parent's poller (below): no process number has to be asked for here.
        if _poller is None or _poller.ended:
            poller_ensure()
        if not self._loaded:
            self.reload()
        elif self._stale and not settings.ENDCAP_VERSION_POLLER:
            self.reload_safely()
        return self._value  # type: ignore[return-value]  # loaded above

    def reload(self) -> None:
        """Load a fresh value and swap it in."""
        with self._lock:
            self._stale = False
            self._value = self._load()
            self._loaded = True
            snapshots_changed()
        snapshot_reloads_total.labels(name=self.name, outcome="ok").inc()

    @property
    def is_loaded(self) -> bool:
        return self._loaded

    def mark_stale(self) -> None:
        self._stale = True
        snapshots_changed()

    @property
    def is_stale(self) -> bool:
        return self._loaded and self._stale

    def forget(self) -> None:
        """As if never loaded (tests)."""
        with self._lock:
            self._loaded, self._stale, self._value = False, False, None
            snapshots_changed()

    def reload_safely(self) -> bool:
        """Reload; on failure keep the old value, count it, and say False."""
        try:
            self.reload()
        except Exception:  # a snapshot that cannot load must not stop the others
            self._stale = True
            snapshot_reloads_total.labels(name=self.name, outcome="failed").inc()
            logger.exception("snapshot_reload_failed", snapshot=self.name)
            return False
        return True


def snapshots_changed() -> None:
    """Whoever remembers what it made of snapshots has to look at them again."""
    global _changed  # noqa: PLW0603 - one count a process is the point
    _changed = next(_changes)


def snapshots_state() -> int:
    """A number that stays while no snapshot of this process is swapped, stale or forgotten."""
    return _changed


def snapshots_mark_stale(name: str) -> None:
    """This process changed `name`: reload what depends on it before its next use or poll."""
    for snapshot in _snapshots:
        if name in snapshot.versions:
            snapshot.mark_stale()
    if _poller is not None:
        _poller.wake()


def snapshots_forget() -> None:
    """Drop every value (tests, and a worker process after its fork)."""
    for snapshot in _snapshots:
        snapshot.forget()


def poller_ensure() -> None:
    """Start this process's polling thread once; a fork starts its own."""
    global _poller  # noqa: PLW0603 - one thread a process is the point
    if not settings.ENDCAP_VERSION_POLLER:
        return
    if _poller is not None and _poller.serves_here():
        return
    with _poller_lock:
        if _poller is None or not _poller.serves_here():
            _poller = _Poller()
            _poller.start()


def poller_stop() -> None:
    """Stop the thread and close its connection (tests)."""
    global _poller  # noqa: PLW0603 - the same
    with _poller_lock:
        if _poller is not None:
            _poller.stop()
            _poller = None


def _poller_drop() -> None:
    global _poller  # noqa: PLW0603 - the same
    _poller = None


os.register_at_fork(after_in_child=_poller_drop)


class _Poller(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="endcap-versions", daemon=True)
        self.pid = os.getpid()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._seen: dict[str, int] | None = None
        self.ended = False

    def serves_here(self) -> bool:
        """Whether it runs, and in this process: a fork has the object but not the thread."""
        return self.pid == os.getpid() and not self.ended

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        self.join(timeout=5)

    def run(self) -> None:
        hints = threading.Thread(target=self._listen, name="endcap-version-hints", daemon=True)
        hints.start()
        try:
            while not self._stopping.is_set():
                self._wake.wait(settings.ENDCAP_VERSION_POLL_S)
                self._wake.clear()
                if not self._stopping.is_set():
                    self._poll_safely()
                    redis_settle()
        finally:
            self.ended = True
            connection.close()

    def _poll_safely(self) -> None:
        try:
            self._poll()
        except Exception:  # a thread that ends here would leave its process on old versions
            logger.exception("version_poll_failed")
            connection.close()

    def _poll(self) -> None:
        from apps.common.selectors import version_numbers

        try:
            numbers = version_numbers()
        except DatabaseFailure as error:
            logger.warning("version_poll_failed", reason=str(error))
            connection.close()
            return
        before = self._seen if self._seen is not None else {}
        moved = {name for name, number in numbers.items() if before.get(name) != number}
        self._seen = numbers
        for snapshot in _snapshots:
            if moved & set(snapshot.versions):
                # Also one whose first load is under way: it may have read the old rows.
                snapshot.mark_stale()
            if snapshot.is_stale:
                snapshot.reload_safely()

    def _listen(self) -> None:
        """Wake the poller when another process announces a change; only ever a hint."""
        while not self._stopping.is_set():
            try:
                redis_call(lambda client: client.ping())
                pubsub = redis_patient().pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]  # redis-py leaves it bare
                pubsub.subscribe(HINT_CHANNEL)
                while not self._stopping.is_set():
                    if pubsub.get_message(timeout=1.0) is not None:
                        self.wake()
            except (RedisGone, redis.RedisError, OSError) as error:
                logger.info("version_hints_gone", reason=str(error))
                time.sleep(1.0)
