import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.access.contracts import Scope
from apps.access.models import AuditEntry
from apps.experiments.services.design import (
    experiment_approve,
    experiment_edit,
    experiment_submit,
)
from apps.experiments.services.lifecycle import experiment_complete, experiment_start
from tests.experiments.factories import design_make, experiment_make, experiment_running, people
from tests.experiments.serving.conftest import Call, key_make

pytestmark = pytest.mark.django_db
URL = "/api/v1/experiments/weights-test"


def test_a_trace_says_why(get: Call) -> None:
    experiment_running(now=timezone.now(), targeting={"country": "DE"})
    answer = get(f"{URL}/trace", unit="c1", attributes='{"country": "DE"}')
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert (found["key"], found["reason"], found["counted"]) == ("weights-test", "split", True)
    assert [step["name"] for step in found["trace"]] == [
        "phase", "unit", "targeting", "bucket", "outcome",
    ]  # fmt: skip
    assert found["trace"][3]["detail"]["seed"].startswith("weights-test:1:")
    assert get(f"{URL}/trace", unit="c1").json()["reason"] == "targeting"


def test_a_trace_of_the_past_reads_the_conditions_of_then(get: Call) -> None:
    maker, checker = people()
    start = timezone.now() - timedelta(days=10)
    experiment_running(now=start, targeting={"country": "DE"})
    change = design_make(targeting={"country": "FR"})
    experiment_edit(key="weights-test", design=change, actor=maker)
    experiment_submit(key="weights-test", actor=maker)
    experiment_approve(key="weights-test", actor=checker)
    experiment_start(key="weights-test", actor=maker, reason="France now")
    german = {"unit": "c1", "attributes": '{"country": "DE"}'}
    assert get(f"{URL}/trace", **german).json()["reason"] == "targeting"
    then = (start + timedelta(days=1)).isoformat()
    old = get(f"{URL}/trace", **german, as_of=then).json()
    assert (old["reason"], old["phase"]) == ("split", 1)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"attributes": "[]"}, "attributes"),
        ({"attributes": "{"}, "attributes"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "2026-01-01T00:00:00"}, "as_of"),
        ({"colour": "red"}, "colour"),
        ({"qa": "x"}, "qa"),
    ],
)
def test_bad_parameters_are_named(get: Call, parameters: dict[str, str], field: str) -> None:
    experiment_running(now=timezone.now())
    answer = get(f"{URL}/trace", unit="c1", **parameters)
    assert (answer.status_code, answer.json()["extra"]["field"]) == (400, field)


def test_a_trace_of_nothing_is_not_found(get: Call) -> None:
    assert get("/api/v1/experiments/no/trace", unit="c1").status_code == 404


def test_a_trace_needs_the_reading_scope(client: Client) -> None:
    key = key_make(Scope.EXPERIMENTS_ASSIGN)
    answer = client.get(f"{URL}/trace", {"unit": "c1"}, headers={"X-API-Key": key})
    assert answer.status_code == 403


def test_a_qa_link_is_made_audited_and_works(post: Call, get: Call) -> None:
    experiment_make()
    answer = post(f"{URL}/qa-links", {"variant": "treatment", "hours": 2})
    assert answer.status_code == 201, answer.content
    link = answer.json()
    assert link["query"] == f"qa={link['token']}"
    assert (link["experiment"], link["variant"]) == ("weights-test", "treatment")
    found = get(f"{URL}/trace", unit="c1", qa=link["token"]).json()
    assert (found["variant"], found["reason"], found["counted"]) == (
        "treatment",
        "override",
        False,
    )
    entry = AuditEntry.objects.get(action="experiment.qa_link")
    written = json.dumps(entry.after)
    assert link["token"] not in written
    assert '"variant": "treatment"' in written


def test_a_qa_link_needs_a_variant_that_can_be_seen(post: Call) -> None:
    maker, _ = people()
    experiment_running(now=timezone.now())
    assert post(f"{URL}/qa-links", {"variant": "no"}).json()["extra"]["field"] == "variant"
    for hours in (0, 5000):
        bad = post(f"{URL}/qa-links", {"variant": "control", "hours": hours})
        assert bad.json()["extra"]["field"] == "hours"
    assert post(f"{URL}/qa-links", {}).json()["extra"]["field"] == "variant"
    experiment_complete(key="weights-test", actor=maker, reason="done")
    assert post(f"{URL}/qa-links", {"variant": "control"}).status_code == 404
