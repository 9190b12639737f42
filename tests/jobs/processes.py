"""Starting, watching and killing real worker and beat processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

# One advisory lock of this database, by its 64-bit key; the view shows every database's.
LOCK_OF = (
    "locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = %s"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
ROOT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """The test database and its Valkey database, for a process of its own."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = str(connection.settings_dict["NAME"])
    return {
        **os.environ,
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}")),
        "REDIS_URL": settings.REDIS_URL,
        "DJANGO_SETTINGS_MODULE": "tests.jobs.worker_settings",
    }


class Process:
    """A child in a process group of its own, its output in a file."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self.log = log
        self._sink = log.open("w")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "celery_app", *arguments],
            cwd=ROOT,
            env=environment() | {"PROMETHEUS_MULTIPROC_DIR": str(log.parent / "metrics")},
            stdout=self._sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def says(self, words: str) -> bool:
        return words in self.log.read_text()

    def kill(self) -> None:
        """As the machine would: nothing is told, nobody is waited for."""
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait(timeout=20)
        self._sink.close()

    def stop(self) -> int:
        """As an operator would; the exit code."""
        self._child.send_signal(signal.SIGTERM)
        return self._child.wait(timeout=30)


def worker(folder: Path) -> Process:
    started = Process(
        folder / f"worker-{time.monotonic_ns()}.log",
        "worker", "--concurrency=1", "--loglevel=INFO",
        "--without-gossip", "--without-mingle", "--without-heartbeat",
    )  # fmt: skip
    wait_for(lambda: started.says(" ready."), f"a worker; see {started.log}")
    return started


def beat(folder: Path) -> Process:
    return Process(
        folder / f"beat-{time.monotonic_ns()}.log",
        "beat", "--loglevel=INFO", f"--pidfile={folder / str(time.monotonic_ns())}",
        "--max-interval=1",
    )  # fmt: skip


def run_job(*arguments: str) -> dict[str, object]:
    """`manage.py run_job …` beside the workers; what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", "run_job", *arguments],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def wait_for(reached: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not reached():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(0.05)
