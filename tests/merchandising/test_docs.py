"""Every command of docs/merchandising.md runs, and what its tables say is there."""

import re
import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from apps.access.contracts import Scope
from apps.access.models import User
from apps.merchandising.contracts_rules import QueryMatch, RuleState
from apps.merchandising.domain.rules.consequences import DOINGS
from apps.merchandising.domain.rules.csv_writing import COLUMNS
from apps.merchandising.models import RuleVersion
from tests.experiments.api.conftest import key_client
from tests.merchandising.rule_content import published

pytestmark = pytest.mark.django_db
PAGE = (Path(settings.BASE_DIR) / "docs" / "merchandising.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    blocks = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").strip().splitlines()
    return [shlex.split(line) for line in lines if line]


def curl(client: Client, words: list[str]) -> int:
    """The status of one command, sent as it stands there."""
    path = next(word for word in words if word.startswith("$ENDCAP")).removeprefix("$ENDCAP")
    if "-X" in words:
        return client.delete(path).status_code
    if "-d" not in words:
        return client.get(path).status_code
    body = words[words.index("-d") + 1]
    # What curl says of a body by itself is that it is a form.
    said = next((each for each in words if each.startswith("Content-Type: ")), "")
    kind = said.removeprefix("Content-Type: ") or "application/x-www-form-urlencoded"
    return client.post(path, body, content_type=kind).status_code


def test_every_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    published("tv", User.objects.create_user("mara"))
    client = key_client(Scope.RANKING_READ, Scope.RANKING_WRITE)
    run = 0
    for words in commands():
        if words[0] == "curl":
            assert curl(client, words) in {200, 201}, words
        else:
            assert words[:2] == ["python", "manage.py"]
            call_command(*words[2:])
        run += 1
    assert run == 14
    states = RuleVersion.objects.filter(subject="tv-holidays").order_by("number")
    assert [row.retired for row in states] == [False, True, False]


def test_everything_is_documented() -> None:
    for name in (*QueryMatch, *DOINGS, *COLUMNS):
        assert f"`{name}`" in PAGE, name
    for state in RuleState:
        assert state.value.replace("_", " ") in PAGE


def test_every_picture_is_there() -> None:
    for name in re.findall(r"\]\((images/[^)]+)\)", PAGE):
        assert (Path(settings.BASE_DIR) / "docs" / name).is_file(), name
