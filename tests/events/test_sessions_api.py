"""Sessions over HTTP: read, forgotten, and read at once after the event that made them."""

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.catalog.models import Category, Product
from apps.common.redis import redis_forget_connections
from apps.events.api.session_schema import json_schemas
from apps.events.models import Event
from tests.events.conftest import Post
from tests.events.sessions import VISIT, event_of, ingest
from tests.redis_writes import writes_recorded

pytestmark = pytest.mark.django_db
PATH = f"/api/v1/sessions/{VISIT}"
Ask = Callable[..., Any]


def _headers(*scopes: Scope) -> dict[str, str]:
    key = api_key_create(
        name="sessions test", scopes=list(scopes), public=False, allowed_origins=(),
        rate_per_minute=100_000, expires_at=None, actor=None,
    )  # fmt: skip
    return {"X-API-Key": key.secret_once}


def product_put(product_id: str, brand: str, shelf: str) -> None:
    category = Category.objects.create(name=shelf, path=shelf.lower())
    Product.objects.create(
        product_id=product_id, title="A", brand=brand, category=category, price=1,
        availability="in_stock",
    )  # fmt: skip


@pytest.fixture
def get(client: Client) -> Ask:
    headers = _headers(Scope.SESSIONS_READ)
    return lambda path=PATH, **asked: client.get(path, asked, headers=headers)


@pytest.fixture
def delete(client: Client) -> Ask:
    headers = _headers(Scope.SESSIONS_WRITE)
    return lambda path=PATH: client.delete(path, headers=headers)


@pytest.mark.django_db(transaction=True)
def test_the_very_next_read_sees_an_acknowledged_event(post: Post, get: Ask) -> None:
    for number in range(20):
        item = event_of("view", f"p{number}")
        assert post(item).status_code == 200
        assert get().json()["entries"][0]["product_id"] == f"p{number}"
    assert get()["Cache-Control"] == "private, no-store"


def test_what_is_told_of_a_visit(get: Ask) -> None:
    product_put("a", brand="HP", shelf="Mice")
    product_put("b", brand="Dell", shelf="Keyboards")
    ingest(
        event_of("search", ago_s=5, attributes={"query": "Mouse"}),
        event_of("view", "a", ago_s=4),
        event_of("view", "gone", ago_s=3),
        event_of("add_to_cart", "b", ago_s=2, quantity=3, user_id="u"),
    )
    answer = get()
    assert answer.status_code == 200
    found = answer.json()
    jsonschema.validate(
        found,
        {"$ref": "#/components/schemas/SessionAnswer", "components": {"schemas": json_schemas()}},
    )
    assert found["counts"] == {"add_to_cart": 1, "view": 2, "search": 1}
    assert (found["user_ids"], found["client_ids"]) == (["u"], ["browser-1"])
    assert found["entries"][-1]["query"] == "mouse"
    assert found["entries"][0]["quantity"] == 3
    assert found["started_at"] == found["entries"][-1]["occurred_at"]
    assert found["last_seen_at"] == found["entries"][0]["occurred_at"]
    brands = {one["name"]: one["share"] for one in found["affinities"]["brands"]}
    # In the cart and newest: 2; looked at two products before: 0.85².
    assert brands == {"Dell": round(2 / 2.7225, 4), "HP": round(0.7225 / 2.7225, 4)}
    shelves = [one["name"] for one in found["affinities"]["categories"]]
    assert shelves == ["keyboards", "mice"]


def test_a_visit_of_searches_points_nowhere(get: Ask) -> None:
    ingest(event_of("search", attributes={"query": "mouse"}))
    assert get().json()["affinities"] == {"categories": [], "brands": []}


def test_by_the_identity_rule_when_somebody_is_named(get: Ask) -> None:
    ingest(event_of("view", "a", ago_s=2), event_of("view", "b", user_id="u", ago_s=1))
    assert len(get(user_id="u").json()["entries"]) == 2
    assert get(user_id="x", client_id="browser-2").status_code == 404


def test_what_nobody_knows_is_not_found(get: Ask, delete: Ask) -> None:
    for answer in (get(), delete()):
        assert answer.status_code == 404
        assert answer.json()["extra"]["field"] == "session_id"


@pytest.mark.parametrize("name", ["x" * 201, "a%00b"])
def test_a_name_that_no_event_can_carry_is_refused(get: Ask, delete: Ask, name: str) -> None:
    for ask in (get, delete):
        answer = ask(f"/api/v1/sessions/{name}")
        assert answer.status_code == 400
        assert answer.json()["extra"]["field"] == "session_id"


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"user": "u"}, "unknown_parameter"), ({"user_id": ""}, "invalid"),
     ({"client_id": "c" * 201}, "invalid"), ({"client_id": "a\x00b"}, "invalid"),
     ({"user_id": "a\x00b"}, "invalid"), ({"user_id": ["u", "v"]}, "invalid")],
)  # fmt: skip
def test_a_wrong_parameter_is_named(get: Ask, asked: dict[str, object], code: str) -> None:
    answer = get(**asked)
    assert answer.status_code == 400
    assert answer.json()["extra"]["field"] == next(iter(asked))
    assert answer.json()["code"].startswith(code)


def test_each_verb_wants_its_scope(client: Client) -> None:
    ingest(event_of())
    reads, writes = _headers(Scope.SESSIONS_READ), _headers(Scope.SESSIONS_WRITE)
    assert client.get(PATH).status_code == 401
    assert client.get(PATH, headers=writes).status_code == 403
    assert client.delete(PATH, headers=reads).status_code == 403


def test_what_is_forgotten_stays_forgotten(get: Ask, delete: Ask) -> None:
    first, late = event_of("view", "a", ago_s=5), event_of("view", "b", ago_s=4)
    ingest(first)
    assert delete().status_code == 204
    assert get().status_code == 404
    ingest(late, first)
    assert get().status_code == 404
    assert Event.objects.count() == 2, "events stay stored"
    ingest(event_of("view", "new"))
    assert len(get().json()["entries"]) == 1


def test_a_name_may_hold_anything(get: Ask, delete: Ask) -> None:
    ingest(event_of(session_id="a/b ü?"), event_of(session_id="y" * 200))
    path = "/api/v1/sessions/a/b%20%C3%BC%3F"
    assert get(path).json()["session_id"] == "a/b ü?"
    assert delete(path).status_code == 204
    assert get(f"/api/v1/sessions/{'y' * 200}").status_code == 200


def test_without_redis_it_is_said(get: Ask, delete: Ask, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    assert get().status_code == 503
    assert delete().status_code == 503
    redis_forget_connections()


def test_it_costs_two_round_trips_and_no_statement(
    get: Ask, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(*(event_of("view", f"p{n}") for n in range(30)))
    get()
    sent = writes_recorded(monkeypatch)
    with django_assert_num_queries(0):
        assert get().status_code == 200
    assert len(sent) == 2, "the rate limit's, and the session's"
