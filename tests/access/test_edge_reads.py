"""Hashes that come with the rate limit, and a key inside an address. Its own URLconf."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import redis
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from apps.access.contracts import EdgeAsk, Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.access.services import api_key_create
from apps.common.contracts import RedisCommand
from apps.common.redis import redis_client
from tests.redis_writes import writes_recorded

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
Ask = Callable[..., Any]


@hot_route(scope=Scope.SEARCH_READ, reads=lambda request: request.GET.getlist("hash"))
def reading(request: EdgeRequest) -> HttpResponse:
    said = msgspec.json.encode([request.edge.hashes, request.edge.degraded])
    return HttpResponse(said, content_type="application/json")


@hot_route(scope=Scope.SEARCH_READ, key_in_path="client_key")
def keyed(request: EdgeRequest, client_key: str) -> HttpResponse:
    return HttpResponse(request.edge.principal.prefix + client_key[:0])


def _asks(request: HttpRequest) -> EdgeAsk:
    return EdgeAsk(("h:1",), RedisCommand(("GET", request.GET["key"])))


@hot_route(scope=Scope.SEARCH_READ, reads=_asks)
def commanding(request: EdgeRequest) -> HttpResponse:
    found = request.edge.answer
    told = found.decode() if isinstance(found, bytes) else None
    said = msgspec.json.encode([request.edge.hashes, told])
    return HttpResponse(said, content_type="application/json")


def _asks_beside(request: HttpRequest) -> EdgeAsk:
    keys = request.GET.getlist("key")
    command = RedisCommand(("GET", keys[0])) if "command" in request.GET else None
    beside = tuple(RedisCommand(("LRANGE", key, 0, -1)) for key in keys[1:])
    return EdgeAsk(("h:1",), command, beside=beside)


@hot_route(scope=Scope.SEARCH_READ, reads=_asks_beside)
def beside(request: EdgeRequest) -> HttpResponse:
    edge = request.edge
    said = msgspec.json.encode([edge.hashes, edge.answer, edge.beside])
    return HttpResponse(said, content_type="application/json")


def as_sent(text: str) -> str:
    """Bytes in msgspec's JSON."""
    return b64encode(text.encode()).decode()


urlpatterns = [
    path("reading", reading),
    path("beside", beside),
    path("commanding", commanding),
    path("keyed/<str:client_key>", keyed),
]


def key_make(*, public: bool, scope: Scope = Scope.SEARCH_READ) -> str:
    return api_key_create(
        name="edge",
        scopes=[scope],
        public=public,
        allowed_origins=("https://shop.example",) if public else (),
        rate_per_minute=1000,
        expires_at=None,
        actor=None,
    ).secret_once


@pytest.fixture
def ask(client: Client) -> Ask:
    headers = {"X-API-Key": key_make(public=False)}

    def call(*hashes: str) -> Any:
        return client.get("/reading", {"hash": list(hashes)}, headers=headers).json()

    return call


def test_hashes_come_with_the_limit(ask: Ask) -> None:
    redis_client().hset("h:1", mapping={"a": "ü", "b": "2"})
    assert ask("h:1", "h:2") == [{"h:1": {"a": "ü", "b": "2"}, "h:2": {}}, []]
    assert ask() == [{}, []]


def test_they_cost_no_round_trip_of_their_own(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    ask("h:1")
    sent = writes_recorded(monkeypatch)
    ask("h:1", "h:2")
    assert len(sent) == 1
    assert sent[0].count(b"HGETALL") == 2
    assert b"EVALSHA" in sent[0]


def test_a_redis_that_forgot_the_script_is_told_again(ask: Ask) -> None:
    redis_client().script_flush()
    redis_client().hset("h:1", "a", "1")
    assert ask("h:1") == [{"h:1": {"a": "1"}}, []]


@pytest.mark.usefixtures("redis_gone")
def test_without_redis_there_are_no_hashes(ask: Ask) -> None:
    assert ask("h:1") == [None, ["redis"]]


def test_what_is_no_hash_is_our_bug(ask: Ask) -> None:
    redis_client().set("h:1", "text")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        ask("h:1")


def test_a_storefront_key_may_stand_in_an_address(client: Client) -> None:
    key = key_make(public=True)
    assert client.get(f"/keyed/{key}").content.decode() == key.split(".")[0]
    assert client.get(f"/keyed/{key}", headers={"Origin": "https://else"}).status_code == 403
    assert client.get(f"/keyed/{key}x").status_code == 401


def test_no_other_key_may(client: Client) -> None:
    assert client.get(f"/keyed/{key_make(public=False)}").status_code == 401
    other = key_make(public=True, scope=Scope.EVENTS_WRITE)
    assert client.get(f"/keyed/{other}").status_code == 403


def test_a_command_comes_with_them(client: Client) -> None:
    headers = {"X-API-Key": key_make(public=False)}
    redis_client().set("text:1", "kept")
    redis_client().hset("h:1", "a", "1")
    answer = client.get("/commanding", {"key": "text:1"}, headers=headers).json()
    assert answer == [{"h:1": {"a": "1"}}, "kept"]
    assert client.get("/commanding", {"key": "text:2"}, headers=headers).json()[1] is None


@pytest.fixture
def ask_beside(client: Client) -> Ask:
    headers = {"X-API-Key": key_make(public=False)}

    def call(*keys: str, **more: str) -> Any:
        return client.get("/beside", {"key": list(keys), **more}, headers=headers).json()

    return call


def test_commands_beside_come_in_their_order(
    ask_beside: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = redis_client()
    client.set("text:1", "kept")
    client.hset("h:1", "a", "1")
    client.rpush("list:1", "x", "y")
    ask_beside("text:1")
    sent = writes_recorded(monkeypatch)
    found = ask_beside("text:1", "list:0", "list:1", command="")
    assert found == [{"h:1": {"a": "1"}}, as_sent("kept"), [[], [as_sent("x"), as_sent("y")]]]
    assert ask_beside("text:1", "list:1") == [{"h:1": {"a": "1"}}, None, [found[2][1]]]
    assert [each.count(b"LRANGE") for each in sent] == [2, 1], "one round trip a request"


@pytest.mark.usefixtures("redis_gone")
def test_without_redis_nothing_beside_is_answered(ask_beside: Ask) -> None:
    assert ask_beside("text:1", "list:1", command="") == [None, None, []]


def test_what_cannot_be_read_beside_is_our_bug(ask_beside: Ask) -> None:
    redis_client().set("list:1", "text")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        ask_beside("text:1", "list:1")
