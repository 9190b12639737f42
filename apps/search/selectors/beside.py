"""Two pieces of work at once: FAISS and ONNX compute without the interpreter's lock."""

import os
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread

Work = Callable[[], object]


class _Given:
    """A piece of work on its way to the helper and back."""

    __slots__ = ("done", "failure", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.failure: BaseException | None = None
        self.done = Lock()
        self.done.acquire()

    def run(self) -> None:
        try:
            self.work()
        except BaseException as failure:  # noqa: BLE001 - raised again where it is waited for
            self.failure = failure
        finally:
            self.done.release()


class Helper:
    """A thread that takes a piece of work while its caller does another.

    There is one for the whole process, and who finds it busy does both pieces in turn: under
    load, when other requests use the cores, nothing is handed over and nothing waits. Handing
    over takes about 20 µs.
    """

    def __init__(self) -> None:
        """The thread starts with the first piece of work."""
        self._free = Lock()
        self._given: SimpleQueue[_Given] = SimpleQueue()
        self._thread: Thread | None = None
        self._cores = len(os.sched_getaffinity(0))

    def both(self, aside: Work, here: Work) -> None:
        """Do both, `aside` in the helper's thread where there is a core for it and it is free.

        Args:
            aside: uses no database and no context of its thread.
            here: should let go of the interpreter's lock, or nothing is gained.
        """
        if self._cores == 1 or not self._free.acquire(blocking=False):
            aside()
            here()
            return
        given = _Given(aside)
        try:
            self._ensure()
            self._given.put(given)
            try:
                here()
            finally:
                # Also when that failed: the helper must be free again.
                given.done.acquire()
        finally:
            self._free.release()
        if given.failure is not None:
            raise given.failure

    def _ensure(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._serve, name="endcap-beside", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        while True:
            self._given.get().run()


class _Process:
    """The helper of this process: a fork has the object but not its thread."""

    def __init__(self) -> None:
        self.renew()
        os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        self.helper = Helper()


_process = _Process()


def both_done(aside: Work, here: Work) -> None:
    """Do both by this process's helper: see `Helper.both`."""
    _process.helper.both(aside, here)
