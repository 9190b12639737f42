"""The real stack in processes of its own, and a proxy that breaks Redis on demand."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3

from config.embedded.discovery import servers_below

ROOT = Path(__file__).resolve().parents[2]
# Set by the test settings for the test process itself; a stack has servers of its own.
_OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "ENDCAP_VAR",
    "ENDCAP_TEST_SUFFIX",
    "ARTIFACT_STORE",
    "ARTIFACT_CACHE",
    "PYTEST_XDIST_WORKER",
    "DJANGO_SETTINGS_MODULE",
)


def clean_environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    return {**kept, **variables}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {seconds} s")


@dataclass(slots=True)
class DemoStack:
    """A running `make demo` of its own."""

    var: Path
    port: int
    process: subprocess.Popen[str]
    output: list[str]

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        return clean_environment(
            ENDCAP_VAR=str(self.var),
            DJANGO_SETTINGS_MODULE="config.settings.local",
            PORT=str(self.port),
        )

    def manage(self, *arguments: str) -> str:
        """Standard output of a plain `manage.py` command beside the running demo."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


def demo_start(var: Path, *, products: int, days: int) -> DemoStack:
    port = free_port()
    environment = clean_environment(
        ENDCAP_VAR=str(var),
        PORT=str(port),
        WEB_WORKERS="2",
        DEMO_PRODUCTS=str(products),
        DEMO_DAYS=str(days),
    )
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "config.embedded.demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output: list[str] = []

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            output.extend(iter(lines.readline, ""))

    threading.Thread(target=read, daemon=True).start()
    stack = DemoStack(var, port, process, output)
    try:
        wait_until(
            lambda: (
                any("Ctrl-C stops everything" in line for line in output)
                or process.poll() is not None
            ),
            420,
            "the demo's start",
        )
        assert process.poll() is None, "".join(output)[-4000:]
    except BaseException:
        demo_remove(stack)
        raise
    return stack


def demo_remove(stack: DemoStack) -> None:
    """Stop it, and leave nothing outside its folder."""
    try:
        demo_stop(stack)
    finally:
        servers_below(stack.var).remove(stack.var)


def demo_stop(stack: DemoStack) -> int:
    """Ctrl-C, as a person presses it."""
    if stack.process.poll() is None:
        stack.process.send_signal(signal.SIGINT)
        try:
            stack.process.wait(90)
        except subprocess.TimeoutExpired:
            stack.process.kill()
            raise
    return stack.process.returncode


@contextmanager
def web_process(environment: dict[str, str], *, workers: int = 1) -> Iterator[tuple[str, int]]:
    """A web process alone; yields its base URL and the parent's pid."""
    port = free_port()
    granian = str(Path(sys.executable).parent / "granian")
    process = subprocess.Popen(
        [
            granian, "--interface", "wsgi", "config.wsgi:application", "--host", "127.0.0.1",
            "--port", str(port), "--workers", str(workers), "--blocking-threads", "4", "--no-ws",
        ],
        cwd=ROOT,
        env={**environment, "DJANGO_SETTINGS_MODULE": "config.settings.local"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    base_url = f"http://127.0.0.1:{port}"
    http = urllib3.PoolManager(retries=False, timeout=5.0)

    def answers() -> bool:
        try:
            return http.request("GET", f"{base_url}/healthz").status == 200
        except urllib3.exceptions.HTTPError:
            return False

    try:
        wait_until(answers, 60, "the web process's first answer")
        yield base_url, process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class RedisProxy:
    """Loopback TCP in front of a Valkey socket; `mode` is pass, refuse or blackhole."""

    def __init__(self, target: Path) -> None:
        self._target = str(target)
        self.mode = "pass"
        self._listener: socket.socket | None = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def url(self, database: int) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def switch(self, mode: str) -> None:
        self.mode = mode
        if mode != "blackhole":
            self._drop()

    def close(self) -> None:
        self._stop.set()
        self._drop()
        self._thread.join(5)

    def _drop(self) -> None:
        for connection in self._open:
            connection.close()
        self._open.clear()

    def _accept(self) -> None:
        assert self._listener is not None
        self._listener.settimeout(0.05)
        while not self._stop.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            if self.mode == "refuse":
                client.close()
                continue
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()
        self._listener.close()

    def _serve(self, client: socket.socket) -> None:
        upstream = socket.socket(socket.AF_UNIX)
        try:
            upstream.connect(self._target)
        except OSError:
            client.close()
            return
        self._open.append(upstream)
        back = threading.Thread(target=self._pump, args=(upstream, client), daemon=True)
        back.start()
        self._pump(client, upstream)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while chunk := source.recv(65536):
                while self.mode == "blackhole" and not self._stop.is_set():
                    time.sleep(0.02)
                sink.sendall(chunk)
        except OSError:
            pass
        finally:
            source.close()
            sink.close()
