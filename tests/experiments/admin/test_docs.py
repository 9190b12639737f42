"""Every command of docs/experiments.md, sent as it stands there."""

import re
import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.experiments.contracts.assignment import Status
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.metrics import metrics_ensure_shipped
from tests.experiments.factories import experiment_running

pytestmark = pytest.mark.django_db
PAGE = Path(settings.BASE_DIR) / "docs" / "experiments.md"


def commands() -> list[list[str]]:
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").strip().splitlines()
    return [shlex.split(line) for line in lines if line]


def test_every_command_works() -> None:
    metrics_ensure_shipped()
    experiment_running("free-shipping")
    key = api_key_create(name="service", scopes=[Scope.EXPERIMENTS_READ, Scope.EXPERIMENTS_WRITE])
    client, sent = Client(), []
    for words in commands():
        assert words[:2] == ["curl", "-sf"]
        path = words[2].removeprefix("$ENDCAP")
        headers = {"authorization": f"Bearer {key.secret_once}"}
        if "-d" in words:
            body = words[words.index("-d") + 1]
            answer = client.post(path, body, content_type="application/json", headers=headers)
        else:
            answer = client.get(path, headers=headers)
        assert answer.status_code in {200, 201}, (path, answer.content)
        sent.append(path)
    assert len(sent) == 4
    assert experiment_view("free-shipping").status is Status.PAUSED
