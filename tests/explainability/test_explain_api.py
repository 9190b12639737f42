"""`GET /api/v1/search/explain` and the debug route: every verdict, from real searches."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator  # type: ignore[attr-defined]  # ships no types
from prometheus_client import REGISTRY

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.catalog.models import Product
from apps.common.domain.uuid7 import uuid7_new
from apps.events.services.buffer import buffer_drain
from apps.explainability.api.schema_explain import components as explain_components
from apps.ranking.models import RankingRecord
from apps.search.api.schema import components as search_components
from tests.search.experimenting import FRESH, MATCH, running, weights_publish
from tests.search.types import Build, Search

Explain = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("lasting_catalogue")


@pytest.fixture
def raw(client: Client) -> Explain:
    issued = api_key_create(
        name="explaining", scopes=[Scope.RANKING_READ, Scope.OPS], rate_per_minute=100_000
    )

    def get(path: str, parameters: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {issued.secret_once}"}
        return client.get(f"/api/v1/{path}", parameters, headers=headers)

    return get


@pytest.fixture
def explain(raw: Explain) -> Explain:
    def get(product_id: str, parameters: dict[str, Any] | None = None, **more: Any) -> Any:
        response = raw("search/explain", {"product_id": product_id, **(parameters or {}), **more})
        assert response.status_code == 200, response.content
        told = response.json()
        grounded(told)
        return told

    return get


def numbers(value: Any) -> set[float]:
    if isinstance(value, bool) or value is None:
        return set()
    if isinstance(value, int | float):
        return {abs(float(value))}
    if isinstance(value, str):
        return {float(found) for found in re.findall(r"\d+(?:\.\d+)?", value)}
    items = value.values() if isinstance(value, dict) else value
    return set().union(*(numbers(each) for each in items))


def grounded(told: dict[str, Any]) -> None:
    """Every number of the summary and of the reason stands elsewhere in the answer."""
    explanation = told["explanation"]
    known = numbers({**told, "summary": "", "explanation": None})
    for text in re.findall(r"\d+(?:\.\d+)?", told["summary"]):
        digits = len(text.partition(".")[2])
        assert any(f"{number:.{digits}f}" == text for number in known), (text, told)
    if explanation is None:
        return
    known |= numbers({**explanation, "reason": ""})
    for text in re.findall(r"\d+(?:\.\d+)?", explanation["reason"]):
        digits = len(text.partition(".")[2])
        assert any(f"{number:.{digits}f}" == text for number in known), (text, told)


def test_a_shown_product(explain: Explain, search: Search) -> None:
    answer = search(q="wireless mouse", explain="true", per_page=5)
    first = answer["hits"][1]
    told = explain(first["product_id"], q="wireless mouse", per_page=5)
    assert told["verdict"] == "shown"
    assert (told["rank"], told["page"]) == (2, 1)
    assert told["explanation"] == first["explanation"]
    assert told["answer"]["source"] == "hypothetical"
    assert told["answer"]["found"] == answer["found"]
    assert told["rise"] is None


def test_one_that_is_outscored_and_what_would_lift_it(explain: Explain, search: Search) -> None:
    weights_publish("global", {**MATCH, "search_score": 0.5, "freshness_score": 0.5})
    answer = search(q="mouse", per_page=17)
    last = answer["hits"][-1]
    told = explain(last["product_id"], q="mouse", per_page=3)
    assert told["verdict"] == "outscored"
    assert (told["rank"], told["page"]) == (17, 6)
    rise = told["rise"]
    assert rise["wanted_rank"] == 3
    assert rise["gap"] == pytest.approx(answer["hits"][2]["score"] - last["score"])
    if rise["possible"]:
        assert rise["verified_rank"] <= 3
        assert rise["verified_rank"] == rise["changes"][0]["rank"]
    else:
        assert rise["obstacle"] in {"dominated", "no_single_weight"}


def test_some_single_weight_change_lifts_the_freshest(explain: Explain, search: Search) -> None:
    weights_publish("global", {**MATCH, "search_score": 0.99, "freshness_score": 0.01})
    answer = search(q="wireless mouse", per_page=36, explain="true")
    fresh = max(
        answer["hits"][3:],
        key=lambda hit: hit["explanation"]["score_breakdown"]["freshness_score"],
    )
    told = explain(fresh["product_id"], q="wireless mouse", per_page=1, rank=1)
    rise = told["rise"]
    if rise["obstacle"] is None:
        assert rise["changes"][0]["feature"] in {"freshness_score", "search_score"}
        assert rise["verified_rank"] == 1
        again = sum(rise["changes"][0]["weights"].values())
        assert again == pytest.approx(1.0)
    else:
        assert rise["obstacle"] == "dominated"
        assert rise["always_ahead"] >= 1


def test_sorted_otherwise_weights_have_no_say(explain: Explain) -> None:
    told = explain("p-0-7", q="mouse", sort="price", per_page=2)
    assert told["verdict"] == "outscored"
    assert told["rise"]["obstacle"] == "sorted"


@pytest.mark.parametrize(
    ("parameters", "verdict", "fields"),
    [
        ({"filter[brand]": "Corvid"}, "filtered", ["brand"]),
        ({"filter[availability]": "in_stock"}, "out_of_stock", ["availability"]),
        (
            {"filter[availability]": "in_stock", "filter[brand]": "Corvid"},
            "filtered",
            ["availability", "brand"],
        ),
    ],
)
def test_a_filter_that_leaves_it_out(
    explain: Explain, parameters: Any, verdict: str, fields: list[str]
) -> None:
    told = explain("p-0-3", parameters, q="wireless mouse")
    assert told["verdict"] == verdict
    assert sorted(each["field"] for each in told["filtered_by"]) == fields
    assert {each["set_by"] for each in told["filtered_by"]} == {"request"}


def test_a_filter_that_was_read_out_of_the_query(explain: Explain) -> None:
    told = explain("p-0-7", q="wireless mouse under 30 eur")
    assert told["verdict"] == "filtered"
    (filtered,) = told["filtered_by"]
    assert (filtered["field"], filtered["set_by"]) == ("price", "query")


def test_one_that_was_not_retrieved(explain: Explain, embedded: Build) -> None:
    embedded()
    told = explain("p-3-0", q="gaming mouse")
    assert told["verdict"] in {"not_retrieved", "outscored", "shown"}
    told = explain("p-3-0", q="quiet hub lights")
    where = told["retrieval"]
    if told["verdict"] == "not_retrieved":
        assert where["keyword"]["lacks"]
        semantic = where["semantic"]
        assert 1 <= semantic["rank"] <= semantic["of"] == 35
        assert -1.0 <= semantic["similarity"] <= 1.0


def test_the_words_that_it_lacks(explain: Explain) -> None:
    told = explain("p-3-0", q="mouse")
    assert told["verdict"] == "not_retrieved"
    assert told["retrieval"]["keyword"] == {
        "rank": None,
        "of": 17,
        "score": None,
        "holds": [],
        "lacks": ["mouse"],
    }
    assert told["retrieval"]["semantic"] is None
    assert "none of 'mouse'" in told["summary"]


def test_unknown_and_inactive(explain: Explain) -> None:
    assert explain("nobody", q="mouse")["verdict"] == "unknown"
    told = explain("p-0-8", q="mouse")
    assert (told["verdict"], told["title"]) == ("inactive", "Corvid wireless mouse 8")


def test_an_experiment_is_told(explain: Explain) -> None:
    running("fresh", {"ranking": {"weights": FRESH}}, {"ranking": {"weights": FRESH}})
    told = explain("p-0-0", q="mouse", client_id="c1")
    assert told["answer"]["experiments"][0]["key"] == "fresh"
    assert told["answer"]["weights"]["chain"][0]["link"] == "experiment"
    assert told["explanation"]["experiments"][0]["key"] == "fresh"
    buffer_drain()
    assert not RankingRecord.objects.exists()


def test_a_past_answer_is_told_as_it_was(explain: Explain, search: Search) -> None:
    answer = search(q="wirless mouse", explain="true")
    buffer_drain()
    hit = answer["hits"][2]
    Product.objects.filter(product_id=hit["product_id"]).update(active=False)
    weights_publish("global", FRESH)
    told = explain(hit["product_id"], query_id=answer["query_id"])
    assert told["verdict"] == "shown"
    assert told["explanation"] == hit["explanation"]
    assert told["answer"]["source"] == "kept_record"
    assert told["answer"]["query_id"] == answer["query_id"]
    assert told["answer"]["corrected"] == "wireless mouse"
    assert told["answer"]["found"] == answer["found"]
    assert explain("p-3-0", query_id=answer["query_id"])["verdict"] == "not_on_page"
    assert explain("nobody", query_id=answer["query_id"])["verdict"] == "unknown"


def test_a_record_that_is_gone_is_said_to_be(raw: Explain, search: Search) -> None:
    answer = search(q="mouse")
    buffer_drain()
    RankingRecord.objects.all().delete()
    asked = {"product_id": "p-0-0", "query_id": answer["query_id"]}
    response = raw("search/explain", asked)
    assert (response.status_code, response.json()["code"]) == (404, "record_missing")
    asked["query_id"] = str(uuid7_new(timezone.now()))
    response = raw("search/explain", asked)
    assert (response.status_code, response.json()["extra"]["field"]) == (404, "query_id")


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"q": "mouse"}, "product_id"),
        ({"q": "mouse", "product_id": ""}, "product_id"),
        ({"q": "mouse", "product_id": "x" * 201}, "product_id"),
        ({"product_id": "a"}, "q"),
        ({"product_id": "a", "q": "mouse", "page": "0"}, "page"),
        ({"product_id": "a", "q": "mouse", "colour": "red"}, "colour"),
        ({"product_id": "a", "q": "mouse", "rank": "0"}, "rank"),
        ({"product_id": "a", "q": ["mouse", "hub"]}, "q"),
        ({"product_id": ["a", "b"], "q": "mouse"}, "product_id"),
        ({"product_id": "a", "query_id": "x"}, "query_id"),
        ({"product_id": "a", "query_id": "x", "q": "mouse"}, "q"),
        ({"product_id": "a", "query_id": "x", "rank": "3"}, "rank"),
        ({"product_id": "p-0-0", "q": "mouse", "filter[attr.nope]": "1"}, "filter[attr.nope]"),
    ],
)
def test_what_cannot_be_used_is_named(raw: Explain, parameters: Any, field: str) -> None:
    response = raw("search/explain", parameters)
    assert response.status_code == 400, response.content
    assert response.json()["extra"]["field"] == field


def test_everything_for_several_queries(raw: Explain, embedded: Build) -> None:
    embedded()
    before = REGISTRY.get_sample_value("debug_requests_total") or 0.0
    response = raw("debug/ranking/p-0-1", {"q": ["wireless mouse", "hub", "wireless mouse"]})
    assert response.status_code == 200, response.content
    told = response.json()
    assert told["product"]["product_id"] == "p-0-1"
    assert told["product"]["indexed"] is True
    assert [each["answer"]["query"] for each in told["queries"]] == ["wireless mouse", "hub"]
    first = told["queries"][0]
    assert first["product"]["verdict"] == "shown"
    assert first["product"]["retrieval"]["keyword"]["rank"] >= 1
    assert first["hits"][0]["explanation"]["final_score"] > 0
    assert REGISTRY.get_sample_value("debug_requests_total") == before + 1


@pytest.mark.parametrize(
    ("path", "parameters", "status", "field"),
    [
        ("p-0-1", {}, 400, "q"),
        ("p-0-1", {"q": [f"query {number}" for number in range(21)]}, 400, "q"),
        ("nobody", {"q": "mouse"}, 404, "product_id"),
        ("x" * 201, {"q": "mouse"}, 400, "product_id"),
    ],
)
def test_debug_names_what_it_refuses(
    raw: Explain, path: str, parameters: Any, status: int, field: str
) -> None:
    response = raw(f"debug/ranking/{quote(path)}", parameters)
    assert response.status_code == status
    assert response.json()["extra"]["field"] == field


def test_each_route_names_its_scope(client: Client) -> None:
    key = api_key_create(name="shop", scopes=[Scope.SEARCH_READ], rate_per_minute=1000)
    headers = {"Authorization": f"Bearer {key.secret_once}"}
    for path, scope in (
        ("search/explain?q=&product_id=a", "ranking:read"),
        ("debug/ranking/a?q=", "ops"),
    ):
        response = client.get(f"/api/v1/{path}", headers=headers)
        assert response.status_code == 403
        assert response.json()["extra"]["required_scope"] == scope


def test_answers_are_as_the_schema_says(raw: Explain, embedded: Build) -> None:
    embedded()
    schemas = {**search_components(), **explain_components()}

    def validate(instance: object, name: str) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        Draft202012Validator(schema).validate(instance)

    for product_id, asked in (
        ("p-0-1", {"q": "mouse"}),
        ("p-0-3", {"q": "mouse", "filter[brand]": "Corvid"}),
        ("p-3-0", {"q": "mouse"}),
        ("p-0-1", {"q": "mouse", "per_page": 1}),
        ("nobody", {"q": "mouse"}),
    ):
        response = raw("search/explain", {"product_id": product_id, **asked})
        validate(response.json(), "Explained")
    validate(raw("debug/ranking/p-0-1", {"q": ["mouse", ""]}).json(), "DebuggedRanking")
