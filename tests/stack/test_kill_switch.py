"""The kill switch over several worker processes, by the clock."""

import json
import logging
import threading
import time
from contextlib import ExitStack
from typing import Self

import pytest
import urllib3

from config.embedded.discovery import servers_below
from tests.stack.processes import DemoStack, wait_until, web_process

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]
WORKERS = 4
# The promise is one second. A machine that is busy with other tests gets some patience, which
# still catches a worker that never hears of it; the figure itself is logged.
PATIENCE_S = 3.0
# Running at full coverage: every unit that is not in control is in treatment.
_START = """
import json
from django.contrib.auth import get_user_model
from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.experiments.services.design import (
    experiment_approve, experiment_create, experiment_submit,
)
from apps.experiments.services.lifecycle import experiment_start
people = get_user_model().objects
maker, _ = people.get_or_create(username="kill-maker")
checker, _ = people.get_or_create(username="kill-checker")
experiment_create(key="to-be-killed", actor=maker, design=json.loads('''%s'''))
experiment_submit(key="to-be-killed", actor=maker)
experiment_approve(key="to-be-killed", actor=checker)
experiment_start(key="to-be-killed", actor=maker, reason="a test")
# The demo's own key may not ask this often.
key = api_key_create(name="kill", scopes=[Scope.EXPERIMENTS_ASSIGN], rate_per_minute=10**6)
print("key", key.secret_once)
"""
_KILL = """
import time
from django.contrib.auth import get_user_model
from apps.experiments.services.lifecycle import experiment_kill
experiment_kill(key="to-be-killed", actor=get_user_model().objects.get(username="kill-maker"))
print("killed at", time.time())
"""
_DESIGN = {
    "name": "To be killed",
    "hypothesis": "Whoever presses the switch is obeyed by every worker.",
    "variants": [
        {"key": "control", "name": "As it is", "weight": 0.5},
        {"key": "treatment", "name": "Green", "weight": 0.5, "payload": {"button": "green"}},
    ],
    "metrics": [{"key": "conversion_rate", "role": "primary"}],
}


class Watcher:
    """Asks one worker without pause, and remembers when it last put a unit into the run."""

    def __init__(self, base_url: str, key: str) -> None:
        self._url = f"{base_url}/api/v1/experiments/to-be-killed/assign"
        self._key = key
        self._stop = threading.Event()
        self.last_assigned = 0.0
        self.last_answer = 0.0
        self.wrong: list[str] = []
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        http = urllib3.PoolManager(retries=False, timeout=20.0)
        body = json.dumps({"unit": "c1"}).encode()
        headers = {"X-API-Key": self._key, "Content-Type": "application/json"}
        while not self._stop.wait(0.02):
            asked = time.time()
            answer = http.request("POST", self._url, body=body, headers=headers)
            if answer.status != 200:
                self.wrong.append(f"{answer.status}: {answer.data.decode()[:300]}")
                return
            self.last_answer = asked
            if answer.json()["in_experiment"]:
                # When it was asked: an answer under way while the switch is pressed is no breach.
                self.last_assigned = asked


def test_every_worker_obeys_the_kill_switch(demo_stack: DemoStack) -> None:
    said = demo_stack.manage("shell", "-c", _START % json.dumps(_DESIGN))
    key = said.rsplit("key ", 1)[1].strip()
    servers = servers_below(demo_stack.var)
    environment = {
        **demo_stack.environment(),
        "DATABASE_URL": servers.postgresql.url(),
        "REDIS_URL": servers.valkey.url(),
    }
    with ExitStack() as stack:
        bases = [stack.enter_context(web_process(environment))[0] for _ in range(WORKERS)]
        watchers = [stack.enter_context(Watcher(base, key)) for base in bases]
        wait_until(
            lambda: all(each.last_assigned or each.wrong for each in watchers), 60, "answers"
        )
        assert not any(each.wrong for each in watchers), watchers[0].wrong
        said = demo_stack.manage("shell", "-c", _KILL)
        killed_at = float(said.rsplit("killed at", 1)[1])
        # Each worker must have gone on answering well past the moment that counts.
        wait_until(
            lambda: all(
                each.wrong or each.last_answer > killed_at + PATIENCE_S for each in watchers
            ),
            60,
            "answers after the switch",
        )
    late = [each.last_assigned - killed_at for each in watchers]
    logging.getLogger(__name__).info("seconds to each worker's last assignment: %s", late)
    assert not any(each.wrong for each in watchers)
    assert max(late) <= PATIENCE_S, late
