"""The routes: what they answer, what they refuse, and what they cost."""

from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[attr-defined]  # ships no types
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.common.redis import redis_client, redis_forget_connections
from apps.features.api.schema import components
from apps.features.contracts_store import MOST_ENTITIES
from apps.features.services import features_refresh
from tests.features.shop import NOW, happen, shop_create, shown
from tests.redis_writes import writes_recorded

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = "/api/v1/features"
Json = dict[str, Any]


class Caller:
    """Asks with a key, and holds every answer against the schema."""

    def __init__(self, scope: Scope = Scope.FEATURES_READ) -> None:
        key = api_key_create(name="f", scopes=[scope], actor=None).secret_once
        self.headers = {"authorization": f"Bearer {key}"}
        self.client = Client()

    def get(self, path: str, status: int = 200, schema: str = "") -> Json:
        return self._read(self.client.get(ROOT + path, headers=self.headers), status, schema)

    def batch(self, body: object, status: int = 200) -> Json:
        answer = self.client.post(
            f"{ROOT}:batch", body, content_type="application/json", headers=self.headers
        )
        return self._read(answer, status, "FeaturesOfMany")

    def _read(self, answer: Any, status: int, schema: str) -> Json:
        found: Json = answer.json()
        assert answer.status_code == status, found
        if status == 200 and schema:
            whole = {"$ref": f"#/components/schemas/{schema}"}
            Draft202012Validator(
                {**whole, "components": {"schemas": _nullable(components())}}
            ).validate(found)
        return found


def _nullable(schema: Any) -> Any:
    """OpenAPI 3.0 says null in its own way."""
    if isinstance(schema, list):
        return [_nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _nullable(one) for name, one in schema.items() if name != "nullable"}
    return {"anyOf": [found, {"type": "null"}]} if schema.get("nullable") is True else found


@pytest.fixture
def caller() -> Caller:
    shop_create()
    happen(("purchase", "a", 1), ("view", "b", 2), user_id="mara")
    happen(("click", "a", 1), query_id=shown(["b", "a"], 1))
    features_refresh(as_of=NOW, progress=lambda _done, _all, _words: None)
    return Caller()


def test_the_registry_is_discovered(caller: Caller) -> None:
    found = caller.get("", schema="FeatureList")["features"]
    by_name = {each["name"]: each for each in found}
    assert len(found) >= 10
    ctr = by_name["ctr"]
    assert (ctr["version"], ctr["entity"], ctr["status"]) == ("1.0.0", "product", "active")
    assert ctr["depends_on"] == ["query_log", "events", "catalogue"]
    assert ctr["latest"]["values"] == 6
    assert by_name["popularity_score"]["used_by"] == ["cf_score"]
    assert by_name["search_score"]["stored"] is False
    assert by_name["search_score"]["latest"] is None
    (one,) = caller.get("/price_band", schema="FeatureList")["features"]
    assert (one["type"], one["past"]) == ("band", False)


def test_features_of_a_product(caller: Caller) -> None:
    found = caller.get("/products/a", schema="FeaturesOfProduct")
    assert found["id"] == "a"
    assert found["features"]["freshness_score"] == 0.5
    assert found["features"]["price_band"] is None  # too few prices
    assert found["versions"]["ctr"] == "1.0.0"
    assert found["as_of"]["ctr"] == "2026-06-15T12:00:00Z"
    chosen = caller.get("/products/a?names=popularity_score,ctr@1.0.0&version=1.0.0")
    assert list(chosen["features"]) == ["popularity_score", "ctr"]


def test_features_of_a_user(caller: Caller) -> None:
    found = caller.get("/users/mara", schema="FeaturesOfUser")
    assert found["features"] == {
        "user_category_affinity": {"electronics/audio": 1.0},
        "user_brand_affinity": {},
    }
    assert caller.get("/users/mara?names=user_category_affinity", schema="FeaturesOfUser")


def test_a_batch_is_by_columns(caller: Caller) -> None:
    found = caller.batch({"entity": "product", "ids": ["c", "a"], "names": ["freshness_score"]})
    assert found["features"] == {"freshness_score": [0.0, 0.5]}
    found = caller.batch({"entity": "user", "ids": ["mara"]})
    assert found["features"] == {
        "user_category_affinity": [{"electronics/audio": 1.0}],
        "user_brand_affinity": [{}],
    }


def test_a_thousand_are_one_round_trip_and_no_statement(
    caller: Caller,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    kept = redis_client().get("features:product:a")
    assert isinstance(kept, bytes)
    ids = [f"p{number}" for number in range(MOST_ENTITIES)]
    redis_client().mset({f"features:product:{each}": kept for each in ids})
    caller.batch({"entity": "product", "ids": ids[:1]})
    sent = writes_recorded(monkeypatch)
    with django_assert_num_queries(0):
        found = caller.batch({"entity": "product", "ids": ids})
    assert [write.count(b"MGET") for write in sent] == [1]
    assert found["features"]["freshness_score"] == [0.5] * MOST_ENTITIES
    with django_assert_num_queries(0):
        caller.get("/products/p7")
    assert [write.count(b"MGET") for write in sent] == [1, 1]


@pytest.mark.parametrize(
    ("path", "status", "code", "told"),
    [
        ("/products/gone", 404, "unknown_product", {"ids": ["gone"]}),
        ("/users/gone", 404, "unknown_user", {"ids": ["gone"]}),
        ("/products/a?names=dreams", 404, "unknown_feature", {"feature": "dreams"}),
        ("/products/a?version=7.0.0", 404, "unknown_feature", {"field": "names"}),
        ("/products/a?names=search_score", 400, "unsuited_feature", {"feature": "search_score"}),
        ("/users/mara?names=ctr", 400, "unsuited_feature", {"feature": "ctr"}),
        ("/products/a?nmaes=ctr", 400, "unknown_parameter", {"field": "nmaes"}),
        ("/products/a?names=ctr&names=ctr", 400, "invalid", {"field": "names"}),
        ("?names=ctr", 400, "unknown_parameter", {"field": "names"}),
        ("/dreams", 404, "unknown_feature", {"feature": "dreams"}),
        ("/ctr?version=1", 400, "unknown_parameter", {"field": "version"}),
        ("/products/a%00b", 400, "invalid", {"field": "product_id"}),
        ("/users/a%00b", 400, "invalid", {"field": "user_id"}),
        ("/products/" + "p" * 201, 400, "invalid", {"field": "product_id"}),
        ("/users/" + "u" * 201, 400, "invalid", {"field": "user_id"}),
        ("/users/mara?names=a%00b", 404, "unknown_feature", {"field": "names"}),
        ("/products/a?names=ctr,,price_band", 404, "unknown_feature", {"feature": ""}),
    ],
)
def test_what_is_unknown_is_named(
    caller: Caller, path: str, status: int, code: str, told: Json
) -> None:
    found = caller.get(path, status)
    assert found["code"] == code
    assert {name: found["extra"][name] for name in told} == told


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"entity": "shop", "ids": ["a"]}, 400, "entity"),
        ({"entity": "product", "ids": []}, 400, "ids"),
        ({"entity": "product", "ids": ["a"] * 2}, 400, "ids"),
        ({"entity": "product", "ids": [str(n) for n in range(1001)]}, 400, "ids"),
        ({"entity": "product", "ids": ["a", ""]}, 400, "ids[1]"),
        ({"entity": "product", "ids": ["a", 3]}, 400, "ids[1]"),
        ({"entity": "product", "ids": ["a", "b\x00"]}, 400, "ids[1]"),
        ({"entity": "user", "ids": ["a", "b\x00"]}, 400, "ids[1]"),
        ({"entity": "user", "ids": ["u" * 201]}, 400, "ids[0]"),
        ({"entity": "product", "ids": ["a"], "name": "ctr"}, 400, "name"),
        ({"entity": "product"}, 400, "ids"),
        ({"entity": "product", "ids": ["a"], "names": ["dreams"]}, 404, "names"),
        ({"entity": "product", "ids": ["a"], "names": ["ctr"] * 201}, 400, "names"),
        ("[", 400, "body"),
    ],
)
def test_faults_of_a_batch_are_named(
    caller: Caller, body: object, status: int, field: str
) -> None:
    assert caller.batch(body, status)["extra"]["field"] == field


def test_an_empty_catalogue_has_no_products() -> None:
    caller = Caller()
    assert caller.get("/products/a", 404)["code"] == "unknown_product"
    assert caller.batch({"entity": "product", "ids": ["a"]})["unknown"] == ["a"]


def test_a_batch_names_what_is_unknown_and_answers_the_rest(caller: Caller) -> None:
    asked = {"entity": "product", "ids": ["gone", "a"], "names": ["freshness_score"]}
    for redis_forgot in (False, True):
        if redis_forgot:
            redis_client().flushdb()
        found = caller.batch(asked)
        assert found["features"] == {"freshness_score": [None, 0.5]}
        assert found["unknown"] == ["gone"]
    assert redis_client().get("features:product:gone") is None
    affinity = "user_category_affinity"
    found = caller.batch({"entity": "user", "ids": ["gone", "mara"], "names": [affinity]})
    assert found["features"] == {affinity: [{}, {"electronics/audio": 1.0}]}
    assert found["unknown"] == ["gone"]
    assert redis_client().get("features:user:gone") is None


def test_the_scope_is_asked_for() -> None:
    assert Caller(Scope.SEARCH_READ).get("", 403)["extra"]["required_scope"] == "features:read"


def test_with_redis_gone_it_is_said(caller: Caller, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    found = caller.get("/products/a")
    assert found["degraded"] == ["redis"]
    assert found["features"]["freshness_score"] == 0.5
