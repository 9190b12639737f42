"""The real web server that `bench_events` sends its batches to."""

import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class Web:
    """granian with two workers, and clients that keep their connections."""

    def __init__(self, clients: int) -> None:
        from apps.access.contracts import Scope
        from apps.access.services import api_key_create

        self.key = api_key_create(
            name="bench", scopes=[Scope.EVENTS_WRITE], public=False, allowed_origins=(),
            rate_per_minute=10_000_000, expires_at=None, actor=None,
        ).secret_once  # fmt: skip
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
             "--port", str(self.port), "--workers", "2", "--no-ws", "config.wsgi:application"],
            cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.callers = [HTTPConnection("127.0.0.1", self.port) for _ in range(clients)]
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            try:
                for caller in self.callers * 5:
                    self.send(caller, b"[]")
            except (OSError, HTTPException):
                for caller in self.callers:
                    caller.close()
                time.sleep(0.1)
            else:
                return
        raise SystemExit("granian did not start")

    def send(self, caller: HTTPConnection, body: bytes) -> None:
        caller.request("POST", "/api/v1/events", body, {"X-API-Key": self.key})
        answer = caller.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{answer.status}: {content[:300]!r}")

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()
