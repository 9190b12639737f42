"""Judgement lists and evaluations over the API: answers fit their schema, refusals name fields."""

from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[attr-defined]  # ships no types

from apps.access.contracts import Scope
from apps.access.models import User
from apps.access.services import api_key_create
from apps.explainability.api.schema_judged import components
from apps.explainability.contracts.judged import PUBLISHED, Configuration
from apps.explainability.models import EvaluationRun, Judgement, JudgementList
from apps.explainability.services.evaluations import evaluation_run_now
from apps.explainability.services.lists import judgements_import, list_ensure
from tests.search.types import Ask, Build

ROOT = "/api/v1/relevance"
HEAD = "query,product_id,rating\n"
LINES = [HEAD, "wireless mouse,p-0-1,3\n", "running shoes,p-3-2,2\n", "sneakers,p-3-1,1\n"]


def fits(name: str, told: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": components()}}
    Draft202012Validator(schema).validate(told)


@pytest.fixture
def ask(client: Client, db: None) -> Ask:
    issued = api_key_create(
        name="relevance", scopes=[Scope.RANKING_READ, Scope.RANKING_WRITE], rate_per_minute=10_000
    )

    def call(path: str, method: str = "get", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {issued.secret_once}"}
        return getattr(client, method)(f"{ROOT}{path}", headers=headers, **more)

    return call


@pytest.fixture
def list_id(catalogue: None) -> int:
    found = list_ensure(name="list", scale=3)
    judgements_import(list_id=found, lines=LINES)
    return found


def test_lists_and_their_ratings(ask: Ask, list_id: int) -> None:
    told = ask("/lists").json()
    fits("RelevanceLists", told)
    assert told["results"][0]["name"] == "list"
    path = f"/lists/{list_id}/judgements"
    out = ask(path)
    assert out["Content-Type"] == "text/csv; charset=utf-8"
    assert out.content.decode().splitlines()[1] == "running shoes,p-3-2,2"
    assert ask(path, data={"raters": "true"}).content.decode().splitlines()[0].endswith(",rater")
    sent = ask(path, "post", data=HEAD + "hub,gone,3\n", content_type="text/csv")
    assert sent.status_code == 200
    fits("RelevanceImport", sent.json())
    assert sent.json()["unknown_products"] == 1
    again = ask(path, "post", data=out.content, content_type="text/csv").json()
    assert (again["stored"], again["unchanged"]) == (0, 3)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (HEAD + "hub,p-0-1,9\n", 400, "file"),
        (b"\xff\xfe", 400, "body"),
        ("a,b\n", 400, "file"),
    ],
)
def test_wrong_files_store_nothing(
    ask: Ask, list_id: int, body: bytes, status: int, field: str
) -> None:
    sent = ask(f"/lists/{list_id}/judgements", "post", data=body, content_type="text/csv")
    assert (sent.status_code, sent.json()["extra"]["field"]) == (status, field)
    assert Judgement.objects.count() == 3


def test_other_bodies_and_parameters_are_refused(ask: Ask, list_id: int) -> None:
    path = f"/lists/{list_id}/judgements"
    assert ask(path, "post", data="{}", content_type="application/json").status_code == 415
    assert ask(path, data={"raters": "1"}).json()["extra"]["field"] == "raters"
    assert ask("/lists", data={"x": "1"}).json()["extra"]["field"] == "x"
    assert ask("/lists/999/judgements").status_code == 404
    for query in ({"status": "x"}, {"limit": "-1"}, {"limit": "500"}, {"offset": "x"}):
        refused = ask("/runs", data=query)
        assert refused.status_code == 400
        assert refused.json()["extra"]["field"] == next(iter(query))
    assert ask("/runs", data={"list": "none"}).status_code == 404


def test_runs(ask: Ask, list_id: int, embedded: Build) -> None:
    embedded()
    before = evaluation_run_now(list_id=list_id, configuration=PUBLISHED, label="first")
    after = evaluation_run_now(list_id=list_id, configuration=Configuration("keyword"))
    told = ask("/runs", data={"list": "list", "status": "finished", "limit": "1"}).json()
    fits("RelevanceRuns", told)
    assert (told["count"], [each["id"] for each in told["results"]]) == (2, [after.id])
    one = ask(f"/runs/{before.id}").json()
    fits("RelevanceRunScores", one)
    assert one["configuration"] == {"system": "served"}
    assert {each["query"] for each in one["scores"]} == {
        "wireless mouse", "running shoes", "sneakers",
    }  # fmt: skip
    compared = ask(f"/runs/{before.id}/compare/{after.id}").json()
    fits("RelevanceComparison", compared)
    assert compared["queries"] == 3
    assert ask("/runs/999999").status_code == 404


def test_one_query_is_told_as_what_cannot_be_tested(ask: Ask, catalogue: None) -> None:
    one = list_ensure(name="one", scale=3)
    judgements_import(list_id=one, lines=LINES[:2])
    runs = [evaluation_run_now(list_id=one, configuration=Configuration("keyword")) for _ in "ab"]
    told = ask(f"/runs/{runs[0].id}/compare/{runs[1].id}").json()
    fits("RelevanceComparison", told)
    assert told["metrics"]["ndcg@10"]["p_value"] is None
    assert "two queries" in told["metrics"]["ndcg@10"]["state"]


def test_a_run_is_queued_once(ask: Ask, list_id: int) -> None:
    body = {"list": "list", "configuration": {"system": "keyword"}, "label": "nightly"}
    headers = {"content_type": "application/json", "HTTP_IDEMPOTENCY_KEY": "one"}
    sent = [ask("/runs", "post", data=body, **headers) for _ in range(2)]
    assert [each.status_code for each in sent] == [202, 202]
    assert sent[0].json() == sent[1].json()
    fits("RelevanceRun", sent[0].json())
    assert EvaluationRun.objects.get().label == "nightly"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ([], 400, "body"),
        ({"list": "list", "lists": 1}, 400, "lists"),
        ({"list": 1}, 400, "list"),
        ({"list": "list", "label": 1}, 400, "label"),
        ({"list": "list", "configuration": {"x": 1}}, 400, "configuration.x"),
        ({"list": "list", "configuration": {"system": "x"}}, 400, "system"),
        ({"list": "none"}, 404, None),
    ],
)
def test_wrong_runs_are_refused(
    ask: Ask, list_id: int, body: object, status: int, field: str | None
) -> None:
    sent = ask("/runs", "post", data=body, content_type="application/json")
    assert (sent.status_code, sent.json()["extra"].get("field")) == (status, field)
    assert not EvaluationRun.objects.exists()


def test_a_person_needs_the_permission_too(client: Client, list_id: int) -> None:
    client.force_login(User.objects.create_user("clerk", is_staff=True))
    assert client.get(f"{ROOT}/lists").status_code == 403
    JudgementList.objects.all()
    client.force_login(User.objects.create_superuser("root"))
    assert client.get(f"{ROOT}/lists").status_code == 200
    client.logout()
    assert client.get(f"{ROOT}/runs").status_code == 401


def test_an_import_without_a_body_is_refused(ask: Ask, list_id: int) -> None:
    sent = ask(f"/lists/{list_id}/judgements", "post", content_type="text/csv")
    assert sent.status_code == 400
    assert sent.json()["extra"]["field"]
