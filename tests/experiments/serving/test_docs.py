"""Every command and program of docs/experiments-developers.md runs, in order."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.access.contracts import Scope
from apps.events.models import Event
from apps.experiments.contracts.surfaces import surface_named, surface_unregister
from apps.experiments.selectors.serving import serving_plans
from tests.experiments.factories import experiment_running, metrics_make
from tests.experiments.serving.conftest import key_make
from tests.experiments.serving.test_ofrep import flag_make

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "experiments-developers.md").read_text()
ARMS = [
    {"key": "control", "name": "As it is", "weight": 0.5, "payload": {"banner": False}},
    {"key": "banner", "name": "A banner", "weight": 0.5, "payload": {"banner": True}},
]


def blocks(kind: str) -> list[str]:
    found = re.findall(rf"^```{kind}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert found, kind
    return found


def prepared(url: str) -> dict[str, str]:
    metrics_make("leads")
    experiment_running("free-shipping", now=timezone.now(), variants=ARMS)
    flag_make("new-header", "boolean", True)
    serving_plans()
    both = (Scope.EXPERIMENTS_ASSIGN, Scope.EVENTS_WRITE)
    return {
        **os.environ,
        "ENDCAP": url,
        "STOREFRONT_KEY": key_make(*both, public=True),
        "SERVICE_KEY": key_make(*both, Scope.EXPERIMENTS_READ, Scope.EXPERIMENTS_WRITE),
    }


def run(*command: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.django_db(transaction=True)
def test_every_command_and_program_runs(live_server: Any) -> None:
    environment = prepared(live_server.url)
    script = "set -eu\n" + "\necho\n".join(blocks("bash"))
    script = script.replace("http://127.0.0.1:8000", live_server.url)
    said = run("bash", "-c", script, environment=environment)
    for wanted in ('"variant"', '"assignments"', '"receipts"', '"event_ids"', '"qa=', '"trace"'):
        assert wanted in said, wanted
    assert Event.objects.filter(type="exposure").count() == 2
    assert Event.objects.filter(type="conversion").count() == 1
    first, second = (
        run(sys.executable, "-c", program, environment=environment) for program in blocks("python")
    )
    assert first.startswith("True ")
    assert " SPLIT {'banner': " in first
    assert second.split()[-1] == "True"
    assert Event.objects.filter(type="exposure").count() == 3


@pytest.mark.django_db
def test_the_surface_of_the_guide_works() -> None:
    metrics_make("leads")
    experiment_running("free-shipping", now=timezone.now(), variants=ARMS)
    names: dict[str, Any] = {}
    try:
        for program in blocks("python surface"):
            exec(compile(program, "guide", "exec"), names)  # noqa: S102 - the guide's own text
        surface = surface_named("carousel")
        assert surface is not None
        payload = surface.payload_from_form({"rows": "2"})
        assert surface.payload_check(payload) == ()
        assert surface.payload_words(payload) == "2 rows"
        assert surface.payload_to_form(payload) == {"rows": "2"}
        assert surface.payload_fields()[0].name == "rows"
        assert surface.payload_check({"rows": 9})[0].field == "rows"
    finally:
        surface_unregister("carousel")
    assert [each.assignment.key for each in names["served"]] == ["free-shipping"]
    (exposure,) = names["exposures"]
    assert exposure.attributes == {"category": "audio", "phase": 1}


def test_every_page_the_guide_points_to_exists() -> None:
    targets = set(re.findall(r"\]\(([^)#:]+)\)", TEXT))
    assert targets
    for target in targets:
        assert (ROOT / "docs" / target).exists(), target
    for path in re.findall(r"`(tests/[\w/]+\.py|apps/[\w/]+\.py)`", TEXT):
        assert (ROOT / path).exists(), path
