"""A run's side channel: a database connection of its own.

It holds the job's advisory lock for as long as the run lasts, beats, writes progress, and
hears of a cancellation. It is not the connection the job works on: a job may roll back, or
sit in one long transaction, and its progress must be seen all the same. When the process is
killed the connection dies, and PostgreSQL frees the lock.
"""

import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections

from apps.jobs.contracts import Progress
from apps.jobs.domain.retry import lock_key

logger = structlog.get_logger(__name__)

_SESSION = """
    SELECT set_config('lock_timeout', '1s', false),
           set_config('statement_timeout', '10s', false),
           set_config('idle_session_timeout', '0', false),
           -- a machine that vanished must not keep its lock for two hours
           set_config('tcp_keepalives_idle', '30', false),
           set_config('tcp_keepalives_interval', '10', false),
           set_config('tcp_keepalives_count', '3', false)
"""
_BEAT = """
    UPDATE jobs_jobrun
       SET heartbeat_at = clock_timestamp(), progress_done = %s, progress_total = %s,
           progress_message = %s
     WHERE id = %s AND attempts = %s AND status = 'running'
 RETURNING cancel_requested
"""
_PROGRESS_EVERY_S = 1.0
_TRY_EVERY_S = 0.2


class LockConnection:
    """A connection of its own that can hold one advisory lock; frees it when closed."""

    def __init__(self, name: str) -> None:
        self._key = lock_key(name)
        self._database = connections.create_connection(DEFAULT_DB_ALIAS)
        # The heartbeat thread uses it too; `_guard` keeps them apart.
        self._database.inc_thread_sharing()
        self._guard = threading.Lock()
        self._ready = False

    def acquire(self) -> bool:
        """Try to take the lock; True when this connection now holds it."""
        if not self._ready:
            self._execute(_SESSION, [])
            self._ready = True
        row = self._execute("SELECT pg_try_advisory_lock(%s)", [self._key])
        return bool(row and row[0])

    def acquire_within(self, wait_s: float) -> bool:
        """Keep trying for `wait_s` seconds."""
        deadline = time.monotonic() + wait_s
        while not self.acquire():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_TRY_EVERY_S)
        return True

    def alive(self) -> bool:
        """Whether the connection, and so the lock it may hold, is still there."""
        try:
            self._execute("SELECT 1", [])
        except (DatabaseError, InterfaceError):
            return False
        return True

    def close(self) -> None:
        """Free the lock and hang up."""
        if self._ready:
            # Hanging up frees it too, but only once the server has noticed.
            with suppress(DatabaseError, InterfaceError):
                self._execute("SELECT pg_advisory_unlock_all()", [])
        with self._guard:
            self._database.close()
        self._ready = False

    def _execute(self, statement: str, values: list[int | str]) -> tuple[object, ...] | None:
        with self._guard, self._database.cursor() as cursor:
            cursor.execute(statement, values)
            row: tuple[object, ...] | None = cursor.fetchone()
            return row


class RunChannel(LockConnection):
    """The side channel of one job's run; use as a context manager."""

    def __init__(self, job_name: str, told: Progress | None = None) -> None:
        super().__init__(f"job:{job_name}")
        self._told = told
        self._job_name = job_name
        self._run: tuple[int, int] | None = None
        self._progress: tuple[int, int, str] = (0, 0, "")
        self._written_at = 0.0
        self._stop = threading.Event()
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.follow_end()
        self.close()

    def follow(self, run_id: int, attempt: int) -> None:
        """Beat for this attempt until `follow_end`."""
        self._run = (run_id, attempt)
        self._thread = threading.Thread(
            target=self._beat_on, name=f"endcap-job-{self._job_name}", daemon=True
        )
        self._thread.start()

    def follow_end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def progress_now(self) -> tuple[int, int, str]:
        return self._progress

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Remember how far the run is; written at most once a second, told at once."""
        self._progress = (max(done, 0), max(total, 0), message[:300])
        if self._told is not None:
            self._told(*self._progress)
        if time.monotonic() - self._written_at >= _PROGRESS_EVERY_S:
            self._beat()

    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def _beat_on(self) -> None:
        while not self._stop.wait(settings.JOB_HEARTBEAT_S):
            self._beat()

    def _beat(self) -> None:
        if self._run is None or self._cancelled.is_set():
            return
        self._written_at = time.monotonic()
        try:
            row = self._execute(_BEAT, [*self._progress, *self._run])
        except (DatabaseError, InterfaceError) as error:
            self._beat_failed(error)
            return
        if row is not None and row[0]:
            self._cancelled.set()

    def _beat_failed(self, error: Exception) -> None:
        # A beat that waited for the row too long is nothing; a connection that is gone took
        # the lock with it, and another run may begin: ask this one to stop.
        if self.alive():
            return
        logger.error("job_lock_lost", job_name=self._job_name, reason=str(error))
        self._cancelled.set()
