"""Metrics, results and plans over HTTP."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[attr-defined]  # ships no types

from apps.access.contracts import Scope
from apps.experiments.api.schema_analysis import analysis_components
from apps.experiments.domain.analysis.documents import results_read
from apps.experiments.services.analysis import analysis_refresh
from tests.experiments.analysis.test_services import END, _played
from tests.experiments.api.conftest import Send, key_client, person_client, sender
from tests.experiments.rollups.scene import KEY, events_fact, metric_make

pytestmark = pytest.mark.django_db(transaction=True)
AS_OF = END.isoformat().replace("+00:00", "Z")


@pytest.fixture
def api() -> Send:
    return sender(key_client(Scope.EXPERIMENTS_READ, Scope.EXPERIMENTS_WRITE))


@pytest.fixture
def _stage() -> None:
    metric_make(
        "revenue",
        kind="mean",
        numerator=events_fact("purchase", value="value", aggregation="sum"),
    )
    metric_make("bought", kind="proportion", numerator=events_fact("purchase"))
    _played()


def _fits(body: Any, name: str) -> None:
    schema = {
        "$ref": f"#/components/schemas/{name}",
        "components": {"schemas": analysis_components()},
    }
    assert list(Draft202012Validator(schema).iter_errors(body)) == []


@pytest.mark.usefixtures("_stage")
def test_metrics_and_results(api: Send) -> None:
    found = api("get", f"/{KEY}/metrics?as_of={AS_OF}")
    assert found.status_code == 200, found.content
    body = found.json()
    _fits(body, "ExperimentMetrics")
    assert [metric["key"] for metric in body["metrics"]] == ["revenue", "bought"]
    assert body["metrics"][1]["arms"][0]["n"] == 30
    answer = api("get", f"/{KEY}/results?as_of={AS_OF}&phase=1&salt_version=1")
    assert answer.status_code == 200, answer.content
    _fits(answer.json(), "ExperimentResults")
    assert results_read(answer.json()).key == KEY
    assert api("get", f"/{KEY}/results?format=document").status_code == 404
    analysis_refresh(key=KEY, as_of=END)
    stored = api("get", f"/{KEY}/results?format=document").json()
    assert stored["as_of"] == END.isoformat()


@pytest.mark.usefixtures("_stage")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("as_of=yesterday", "as_of"),
        ("as_of=2026-13-01T00:00:00Z", "as_of"),
        ("as_of=2026-11-01T00:00:00", "as_of"),
        ("phase=x", "phase"),
        ("phase=9", "phase"),
        ("salt_version=9", "salt_version"),
        ("format=csv", "format"),
        ("format=document&phase=1", "phase"),
        ("colour=red", "colour"),
    ],
)
def test_bad_parameters_are_named(api: Send, query: str, field: str) -> None:
    answer = api("get", f"/{KEY}/results?{query}")
    assert answer.status_code == 400, answer.content
    assert answer.json()["extra"]["field"] == field


def test_unknown_experiments_and_strangers(api: Send) -> None:
    assert api("get", "/nobody/results").status_code == 404
    stranger = sender(key_client(Scope.EXPERIMENTS_ASSIGN))
    for path in ("/nobody/results", "/nobody/metrics", "/api/v1/metrics"):
        assert stranger("get", path).status_code == 403
    assert stranger("post", "/plan", {"metric": "x"}).status_code == 403


@pytest.mark.usefixtures("_stage")
def test_plan(api: Send) -> None:
    body = {"metric": "revenue", "unit": "user", "plan": {"mde": 0.5}, "days": 14}
    found = api("post", "/plan", body)
    assert found.status_code == 200, found.content
    _fits(found.json(), "ExperimentPlanAnswer")
    assert found.json()["days"] == 14
    three = api("post", "/plan", {"metric": "revenue", "weights": [0.5, 0.25, 0.25]})
    assert three.status_code == 200
    for bad, field in (
        ({}, "metric"),
        ({"metric": "revenue", "weights": ["a"]}, "weights"),
        ({"metric": "revenue", "weights": 3}, "weights"),
        ({"metric": "revenue", "weights": [1]}, "weights"),
        ({"metric": "revenue", "weights": [1e308, 1e308]}, "weights"),
        ({"metric": "revenue", "weights": [0.001] * 1_000}, "weights"),
        ({"metric": "revenue", "variants": 1}, "variants"),
        ({"metric": "revenue", "coverage": 0}, "coverage"),
        ({"metric": "revenue", "plan": {"alpha": 2}}, "plan.alpha"),
        ({"metric": "revenue", "colour": "red"}, "colour"),
    ):
        answer = api("post", "/plan", bad)
        assert answer.status_code == 400, answer.content
        assert answer.json()["extra"]["field"] == field
    assert api("post", "/plan", {"metric": "nobody"}).status_code == 404


DEFINITION = {"title": "Clicks", "kind": "mean", "numerator": events_fact("click")}


def test_a_metric_from_draft_to_published(api: Send) -> None:
    made = api("post", "/api/v1/metrics", {"key": "clicks", "definition": DEFINITION})
    assert made.status_code == 201, made.content
    _fits(made.json(), "MetricVersionAnswer")
    assert api("get", "/api/v1/metrics/clicks").status_code == 404
    assert api("post", "/api/v1/metrics/clicks/dance", {}).status_code == 404
    assert api("post", "/api/v1/metrics/nobody/submit", {}).status_code == 404
    published = api("post", "/api/v1/metrics/clicks/publish", {"reason": "needed"})
    assert published.status_code == 200, published.content
    found = api("get", "/api/v1/metrics/clicks?version=1").json()
    _fits(found, "MetricAnswer")
    assert found["definition"]["title"] == "Clicks"
    listed = api("get", "/api/v1/metrics").json()
    _fits(listed, "MetricList")
    assert "clicks" in [each["key"] for each in listed["results"]]
    assert api("post", "/api/v1/metrics/clicks/submit", {}).json()["code"] == "nothing_waits"
    assert api("get", "/api/v1/metrics/clicks?version=x").status_code == 400
    bad = api("post", "/api/v1/metrics", {"key": "clicks", "definition": {"kind": "?"}})
    assert bad.status_code == 400


def test_unknown_parameters_of_metrics_are_refused(api: Send) -> None:
    for path in ("/api/v1/metrics?x=1", "/api/v1/metrics/clicks?x=1"):
        found = api("get", path)
        assert (found.status_code, found.json()["extra"]["field"]) == (400, "x")


def test_analysts_write_metrics_here_as_in_admin() -> None:
    analyst = sender(person_client("ana", "analyst"))
    body = {"key": "clicks", "definition": DEFINITION}
    made = analyst("post", "/api/v1/metrics", body)
    assert made.status_code == 201, made.content
    one = "/api/v1/metrics/clicks"
    assert analyst("put", one, {"definition": DEFINITION}).status_code == 200
    assert analyst("post", f"{one}/submit", {}).status_code == 200
    # Nothing else of experiments opens with that, and a key still needs the scope.
    assert analyst("post", "", {"key": "mine", "design": {}}).status_code == 403
    reader = sender(key_client(Scope.EXPERIMENTS_READ))
    refused = reader("post", "/api/v1/metrics", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert refused.json()["extra"]["required_scope"] == "experiments:write"
    stranger = sender(person_client("otto", "operator"))
    assert stranger("post", "/api/v1/metrics", body).status_code == 403


def test_two_people_and_a_metric() -> None:
    maker = sender(person_client("mara", "merchandiser"))
    checker = sender(person_client("chris", "merchandiser"))
    made = maker("post", "/api/v1/metrics", {"key": "clicks", "definition": DEFINITION})
    assert made.status_code == 201, made.content
    one = "/api/v1/metrics/clicks"
    assert maker("post", f"{one}/submit", {}).status_code == 200
    assert maker("post", f"{one}/withdraw", {}).status_code == 200
    assert maker("post", f"{one}/submit", {}).status_code == 200
    assert checker("post", f"{one}/reject", {"reason": "unclear"}).status_code == 200
    maker("post", "/api/v1/metrics", {"key": "clicks", "definition": DEFINITION})
    assert maker("post", f"{one}/submit", {}).status_code == 200
    assert checker("post", f"{one}/approve", {}).status_code == 200
    assert checker("post", f"{one}/publish", {"reason": "needed"}).status_code == 200
    maker("post", "/api/v1/metrics", {"key": "clicks", "definition": DEFINITION})
    assert maker("post", f"{one}/discard", {"reason": "no"}).status_code == 200
