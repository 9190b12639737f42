"""`experiment_assignments_total`, counted beside the requests.

A request is in many experiments: to count each under its lock (and in a file, where several
processes are scraped together) costs more than to assign them. So a request hands over its
answers as they are, and a thread of this process adds them up every half second. Whoever reads
this process's own registry, and a process that ends, adds them up first.
"""

import atexit
import os
import threading
import time
from collections import Counter as Tally
from collections import deque
from collections.abc import Iterable
from itertools import chain

import structlog
from prometheus_client import Counter
from prometheus_client.metrics_core import Metric

from apps.experiments.contracts.assignment import Assignment
from apps.experiments.contracts.serving import Served

logger = structlog.get_logger(__name__)
_EVERY_S = 0.5
_MOST_WAITING = 2000

_waiting: deque[tuple[Served, ...]] = deque()
_adding = threading.Lock()
_thread: threading.Thread | None = None


class _AddedUp(Counter):
    """Read in its own process it holds every request that was answered before."""

    def collect(self) -> Iterable[Metric]:
        assignments_add_up()
        return super().collect()


assignments_total = _AddedUp(
    "experiment_assignments",
    "Units that were put into an experiment's variant, forced ones left out.",
    ["experiment_id", "variant"],
)


def assignments_count(found: tuple[Served, ...]) -> None:
    """Count the answers of one request."""
    _waiting.append(found)
    if _thread is None:
        _thread_start()
    if len(_waiting) >= _MOST_WAITING:  # the thread is behind
        assignments_add_up()


def assignment_count(found: Assignment, times: int = 1) -> None:
    """Count one answer at once."""
    if found.counted:
        assignments_total.labels(found.key, found.variant).inc(times)


def assignments_add_up() -> None:
    """Add what requests handed over."""
    with _adding:
        taken = []
        while _waiting:
            taken.append(_waiting.popleft())
        # Answers are made once a snapshot and held by `taken`: an id is one of them.
        answers = {id(served): served for served in chain.from_iterable(taken)}
        times = Tally(map(id, chain.from_iterable(taken)))
        for name, served in answers.items():
            assignment_count(served.assignment, times[name])


def _thread_start() -> None:
    global _thread  # noqa: PLW0603 - one thread a process is the point
    with _adding:
        if _thread is None:
            _thread = threading.Thread(target=_run, name="endcap-assigned-counts", daemon=True)
            _thread.start()


def _run() -> None:
    while True:
        time.sleep(_EVERY_S)
        try:
            assignments_add_up()
        except Exception:  # a thread that ends here would leave its process uncounted
            logger.exception("assignments_not_counted")


def _forked() -> None:
    """A child has no thread, and the parent counts what was waiting there."""
    global _thread, _adding
    _waiting.clear()
    _thread, _adding = None, threading.Lock()


os.register_at_fork(after_in_child=_forked)
atexit.register(assignments_add_up)
