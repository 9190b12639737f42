import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.access.contracts import Scope
from apps.access.domain.keys import key_new
from apps.access.services import api_key_ensure
from apps.demo.domain.catalogue.generate import catalogue_generate
from apps.demo.services.catalogue import catalogue_store
from apps.events.selectors import events_recent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(live_server: LiveServer) -> str:
    catalogue_store(
        catalogue_generate(seed=7, count_wanted=300, as_of=datetime(2026, 11, 1, tzinfo=UTC))
    )
    raw_key = key_new(public=False).joined()
    api_key_ensure(raw_key=raw_key, name="simulation", scopes=tuple(Scope))
    return raw_key


def test_shoppers_are_played_through_the_api(
    live_server: LiveServer, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command(
        "simulate", base_url=live_server.url, key=key, rate=8.0, minutes=0.08, effect=["ctr=0.5"]
    )
    printed = capsys.readouterr().out
    assert "errors: none" in printed
    stored = Counter(str(event.type) for event in events_recent(limit=5000))
    told = dict(re.findall(r"(\w+) (\d+)", printed.splitlines()[-3]))
    assert {kind: str(number) for kind, number in stored.items()} == told
    assert stored["search"] > 5
    assert stored["impression"] > stored["click"]
    linked = [event for event in events_recent(limit=5000) if event.type == "impression"]
    assert all(event.query_id and event.position and event.user_id for event in linked)


def test_a_server_that_is_not_there_is_said(key: str) -> None:
    with pytest.raises(CommandError, match="answered no search"):
        call_command("simulate", base_url="http://127.0.0.1:9", key=key, rate=20, minutes=0.005)


def test_a_refused_key_is_counted(
    live_server: LiveServer, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError):
        call_command(
            "simulate", base_url=live_server.url, key=key[:-3] + "xxx", rate=9, minutes=0.01
        )
    assert "x 401" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 0.0},
        {"rate": 1e6},
        {"minutes": -1.0},
        {"shoppers": 0},
        {"effect": ["speed=2"]},
        {"effect": ["revenue=5"]},
    ],
)
def test_impossible_plans_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(CommandError):
        call_command("simulate", key="k", **wrong)


def test_without_a_demo_a_key_must_be_named(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    with pytest.raises(CommandError, match="--key"):
        call_command("simulate")
