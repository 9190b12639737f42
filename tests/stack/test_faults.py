"""Redis stopped, blackholed and back under load: every search is answered."""

import threading
import time
from collections import Counter
from pathlib import Path
from typing import Self

import pytest
import urllib3

from config.embedded.discovery import servers_below
from tests.stack.processes import DemoStack, RedisProxy, wait_until, web_process

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]
QUERIES = ("wireless headphones", "running shoes", "novel", "lamp", "", "zzqx")


class Load:
    """Four shoppers who search without pause, bounded in time."""

    def __init__(self, base_url: str, key: str) -> None:
        self._base_url, self._key = base_url, key
        self._stop = threading.Event()
        self.statuses: Counter[int | str] = Counter()
        self.slowest_s = 0.0
        self.degraded: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._shop, args=(n,)) for n in range(4)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _shop(self, number: int) -> None:
        http = urllib3.PoolManager(retries=False, timeout=20.0)
        turn = number
        while not self._stop.is_set():
            turn += 1
            started = time.monotonic()
            try:
                answer = http.request(
                    "GET",
                    f"{self._base_url}/api/v1/search",
                    fields={"q": QUERIES[turn % len(QUERIES)]},
                    headers={"X-API-Key": self._key},
                )
            except urllib3.exceptions.HTTPError as error:
                self.statuses[type(error).__name__] += 1
                continue
            self.statuses[answer.status] += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - started)
            for name in answer.json().get("degraded", ()):
                self.degraded[name] += 1


def _healthy_run(load: Load) -> bool:
    """Whether the next twenty answers all had Redis (on a busy machine one may time out)."""
    before, degraded = load.statuses[200], load.degraded["redis"]
    wait_until(lambda: load.statuses[200] > before + 20, 30, "twenty answers")
    return load.degraded["redis"] == degraded


def test_redis_stopped_blackholed_and_restarted_under_load(
    demo_stack: DemoStack, tmp_path: Path
) -> None:
    key = demo_stack.manage("demo_urls", "--print-key").strip()
    servers = servers_below(tmp_path, throwaway=True)
    servers.valkey.start()
    proxy = RedisProxy(servers.valkey.socket)
    database = servers_below(demo_stack.var).postgresql.url()
    environment = {
        **demo_stack.environment(),
        "DATABASE_URL": database,
        "REDIS_URL": proxy.url(0),
    }
    try:
        with web_process(environment) as (base_url, _), Load(base_url, key) as load:
            wait_until(lambda: load.statuses[200] > 20, 60, "twenty answers")
            assert load.degraded["redis"] == 0
            for mode in ("refuse", "pass", "blackhole", "pass"):
                proxy.switch(mode)
                before, degraded = load.statuses[200], load.degraded["redis"]
                wait_until(
                    lambda before=before: load.statuses[200] > before + 20,  # type: ignore[misc]  # mypy cannot infer a default
                    60,
                    f"twenty answers with Redis on {mode}",
                )
                if mode != "pass":
                    assert load.degraded["redis"] > degraded
            wait_until(lambda: _healthy_run(load), 60, "twenty answers in a row with Redis")
        assert set(load.statuses) == {200}, load.statuses
    finally:
        proxy.close()
        servers.remove(tmp_path)
