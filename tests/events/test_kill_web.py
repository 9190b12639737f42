"""A web process killed in the middle of ingest: what it acknowledged is there, once."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.events.models import Event

ROOT = Path(__file__).resolve().parents[2]
_BATCH = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def web_start(port: int, key: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "REDIS_URL": settings.REDIS_URL,
        "DATABASE_URL": _database_url(),
    }
    web = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
         "--port", str(port), "--workers", "1", "--no-ws", "config.wsgi:application"],
        cwd=ROOT, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if send(port, key, []) == 200:
                return web
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the web process did not start")


def _database_url() -> str:
    # The same server, the test database instead of the default one.
    base, _, query = os.environ["DATABASE_URL"].partition("?")
    name = connection.settings_dict["NAME"]
    return f"{base.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


def send(port: int, key: str, batch: list[dict[str, Any]]) -> int:
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        caller.request("POST", "/api/v1/events", msgspec.json.encode(batch), {"X-API-Key": key})
        answer = caller.getresponse()
        answer.read()
    except http.client.HTTPException as error:
        raise ConnectionError from error
    finally:
        caller.close()
    return answer.status


def batches(worker: int, count: int) -> list[list[dict[str, Any]]]:
    at = timezone.now().isoformat()
    return [
        [
            {"type": "view", "product_id": "p", "occurred_at": at, "event_id": f"{worker}-{n}-{k}"}
            for k in range(_BATCH)
        ]
        for n in range(count)
    ]


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_kill_9_loses_no_acknowledged_event_and_a_retry_doubles_none(key: str) -> None:
    port = free_port()
    web = web_start(port, key)
    sent = [batches(worker, 60) for worker in range(3)]
    acknowledged: list[set[int]] = [set() for _ in sent]
    stop = threading.Event()

    def shopper(worker: int) -> None:
        for number, batch in enumerate(sent[worker]):
            try:
                if not stop.is_set() and send(port, key, batch) == 200:
                    acknowledged[worker].add(number)
            except OSError:
                stop.set()

    shoppers = [threading.Thread(target=shopper, args=(worker,)) for worker in range(3)]
    for one in shoppers:
        one.start()
    while sum(map(len, acknowledged)) < 15:
        time.sleep(0.005)
    os.killpg(web.pid, signal.SIGKILL)
    web.wait()
    for one in shoppers:
        one.join()
    before = sum(map(len, acknowledged))
    assert 15 <= before < 180
    assert Event.objects.count() >= before * _BATCH

    web = web_start(port, key)
    try:
        for worker, mine in enumerate(sent):
            for number, batch in enumerate(mine):
                assert send(port, key, batch) == 200, (worker, number)
    finally:
        os.killpg(web.pid, signal.SIGTERM)
        web.wait()
    assert Event.objects.count() == 180 * _BATCH
