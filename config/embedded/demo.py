"""`make demo`: the whole shop on this machine, from servers to printed URLs, until Ctrl-C.

Every step can be run again: a first run that was cut off is repaired by the next one.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TypeVar

from config.embedded.discovery import Servers, servers_start
from config.embedded.places import EmbeddedServerError
from config.embedded.processes import Child
from config.env import ROOT, VAR, env_int, env_str

HOST = env_str("ENDCAP_HOST", "127.0.0.1")
PORT = env_int("PORT", 8000)
WEB_WORKERS = env_int("WEB_WORKERS", 2)
_READY_TIMEOUT_S = 90.0
# Validation chooses the recipe, and the first parameters tried bring most: the daily job goes on.
_IN_A_HURRY = {"RECOMMENDER_SEARCH_S": "10"}
T = TypeVar("T")


class DemoError(RuntimeError):
    """The demo cannot start; the message says what to do."""


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    # Said for both: a shell that starts us in the background leaves SIGINT ignored.
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    started = time.monotonic()
    children: list[Child] = []
    servers: Servers | None = None
    try:
        with _only_one():
            _port_check()
            servers = _step("PostgreSQL and Valkey", lambda: servers_start(VAR))
            _prepare()
            children += _children()
            for child in children:
                child.start()
            _ready_wait(children)
            _manage("demo_urls", "--base-url", f"http://{HOST}:{PORT}")
            print(
                f"\nup after {time.monotonic() - started:.0f} s; Ctrl-C stops everything",
                flush=True,
            )
            _watch(children)
    except KeyboardInterrupt:
        print("\nstopping", flush=True)
    except (DemoError, EmbeddedServerError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for child in children:
            child.stop()
        if servers is not None:
            servers.stop()
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class _only_one:  # noqa: N801 - reads as a statement
    """Holds var/demo.lock while the demo runs."""

    def __enter__(self) -> None:
        VAR.mkdir(parents=True, exist_ok=True)
        self._handle = (VAR / "demo.lock").open("w")
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError("A demo of this checkout is running already.") from error

    def __exit__(self, *_: object) -> None:
        self._handle.close()


def _port_check() -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, PORT))
        except OSError as error:
            raise DemoError(
                f"Port {PORT} of {HOST} cannot be used ({error.strerror}). "
                f"Choose another: make demo PORT={PORT + 1}"
            ) from error


def _step(name: str, work: Callable[[], T]) -> T:
    print(f"· {name} …", flush=True)
    started = time.monotonic()
    answer = work()
    print(f"  {name}: {time.monotonic() - started:.1f} s", flush=True)
    return answer


def _prepare() -> None:
    _step("Database tables", lambda: _manage("migrate", "--noinput", "--verbosity", "0"))
    _step("Catalogue, shoppers, index", lambda: _manage("demo_seed", *_seed_options()))
    _step("Static files", lambda: _manage("collectstatic", "--noinput", "--verbosity", "0"))


def _seed_options() -> list[str]:
    """A smaller or another demo: DEMO_PRODUCTS, DEMO_DAYS, DEMO_SEED."""
    names = ("products", "days", "seed")
    asked = ((name, os.environ.get(f"DEMO_{name.upper()}")) for name in names)
    return [part for name, value in asked if value for part in (f"--{name}", value)]


def _manage(*arguments: str) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    # A session of its own, so that Ctrl-C is ours to handle: the command is then stopped here.
    process = subprocess.Popen(
        command,
        env={**_IN_A_HURRY, **os.environ, "LOG_LEVEL": "WARNING"},
        start_new_session=True,
    )
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if code:
        raise DemoError(
            f"`manage.py {' '.join(arguments)}` failed (see above). Mend it and run "
            "`make demo` again: it goes on where it stopped. `make reset` starts afresh."
        )


def _children() -> list[Child]:
    metrics = VAR / "metrics"
    # Old files would count a former run's processes: wiped before any process starts.
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True)
    shared = {
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        # Threads of numeric libraries would fight the processes over this machine's cores.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    bin_folder = Path(sys.executable).parent
    celery = [str(bin_folder / "celery"), "-A", "celery_app"]
    return [
        Child(
            "web",
            [
                str(bin_folder / "granian"), "--interface", "wsgi", "config.wsgi:application",
                "--host", HOST, "--port", str(PORT), "--workers", str(WEB_WORKERS),
                "--blocking-threads", "4", "--respawn-failed-workers", "--no-ws",
                "--working-dir", str(ROOT),
            ],
            {**shared, "ENDCAP_SERVICE": "web", "DATABASE_STATEMENT_TIMEOUT_MS": "5000"},
            VAR / "log" / "web.log",
        ),
        Child(
            "worker",
            [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO"],
            {**shared, "ENDCAP_SERVICE": "worker"},
            VAR / "log" / "worker.log",
        ),
        Child(
            "beat",
            [*celery, "beat", "--loglevel", "INFO", "--pidfile", ""],
            {**shared, "ENDCAP_SERVICE": "beat"},
            VAR / "log" / "beat.log",
        ),
    ]  # fmt: skip


def _ready_wait(children: list[Child]) -> None:
    url = f"http://{HOST}:{PORT}/readyz"
    deadline = time.monotonic() + _READY_TIMEOUT_S
    while time.monotonic() < deadline:
        for child in children:
            if child.died() is not None:
                raise DemoError(
                    f"{child.name} did not start:\n{child.tail()}\nIts log: {child.log}"
                )
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:  # noqa: PLR2004 - HTTP OK
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise DemoError(f"The web process did not become ready. Its log: {children[0].log}")


def _watch(children: list[Child]) -> None:
    while True:
        time.sleep(0.5)
        for child in children:
            code = child.died()
            if code is None:
                continue
            print(f"{child.name} stopped with code {code}; its log: {child.log}", flush=True)
            if not child.restart():
                raise DemoError(f"{child.name} keeps stopping:\n{child.tail()}")
            print(f"{child.name} was started again", flush=True)


if __name__ == "__main__":
    sys.exit(main())
