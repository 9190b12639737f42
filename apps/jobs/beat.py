"""Beat under a lock: of several beats exactly one fires, and another takes over."""

from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError
from django_celery_beat.schedulers import DatabaseScheduler

from apps.jobs.channel import LockConnection

logger = structlog.get_logger(__name__)
_STANDBY_S = 2.0


class LockedDatabaseScheduler(DatabaseScheduler):
    """The database's schedules, fired only while holding an advisory lock.

    The lock lives on a connection of its own. A beat that is killed, or cut off from
    PostgreSQL, loses it with that connection; the one on standby gets it within seconds
    and begins from the schedule as it stands in the database.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._leadership = LockConnection("beat")
        self._leads = False
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # bare in django-celery-beat
        # Last run times are written after every tick sent, so that the next holder knows them.
        self.sync_every_tasks = 1

    def install_default_entries(self, data: object) -> None:
        """None: there are no Celery results to clean up."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Fire what is due when leading; seconds until the next look."""
        if not self._leading():
            return _STANDBY_S
        interval: float = super().tick(*args, **kwargs)
        return interval

    def close(self) -> None:
        super().close()
        self._leadership.close()
        self._leads = False

    def _leading(self) -> bool:
        if self._leads and self._leadership.alive():
            return True
        if self._leads:
            logger.warning("beat_lock_lost")
        self._leads = self._acquire()
        if self._leads:
            logger.info("beat_leads")
            self._begin_afresh()
        return self._leads

    def _acquire(self) -> bool:
        try:
            self._leadership.close()
            return self._leadership.acquire()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("beat_database_gone", reason=str(error))
            return False

    def _begin_afresh(self) -> None:
        # What this process read while another led is old; so would be its last run times.
        self._dirty.clear()
        self._initial_read = True
        self._heap = []
        self.old_schedulers = None
