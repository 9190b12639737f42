"""Memory and processor time of `bench_rollup.py`: of the process and of the database for it."""

import os
import threading
from pathlib import Path
from typing import Self


class Memory:
    """Peak anonymous memory of this process and of the database's that work for it, in MB."""

    def __init__(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            row = cursor.fetchone()
        self.backend = int(row[0]) if row else 0
        self.peak = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            self.peak = max(self.peak, sum(map(_anonymous, self._processes())))

    def _processes(self) -> list[int]:
        """This process, its backend, and the backend's parallel workers."""
        mark = f"parallel worker for PID {self.backend}"
        workers = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    if mark in (folder / "cmdline").read_text():
                        workers.append(int(folder.name))
                except OSError:
                    continue
        return [os.getpid(), self.backend, *workers]


def _anonymous(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used; beside other work it says more than the clock."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
