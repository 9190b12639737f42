"""The lane of hot routes with a key: the same answers as by the long way."""

from types import ModuleType
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import path, re_path
from pytest_django import Settings

from apps.access.contracts import Scope
from apps.access.lane import LEFT_OUT, HotLaneMiddleware
from apps.access.models import IpRule
from apps.access.services import ip_rules_publish
from apps.common.observability.metrics import requests_total
from tests.access.conftest import KeyMaker
from tests.access.urls import hot, unguarded

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.access.urls")]
HOT = "/api/test/hot"
LANE = "apps.access.lane.HotLaneMiddleware"
OWN_HEADERS = ("traceparent", "X-Request-Id")


def answer_of(client: Client, path: str, **headers: str) -> tuple[int, dict[str, str], Any]:
    answer = client.get(path, headers=headers)
    told = {name: value for name, value in answer.items() if name not in OWN_HEADERS}
    body = answer.json()
    body.pop("trace_id", None)
    return answer.status_code, told, body


@pytest.fixture
def both_ways(settings: Settings) -> Any:
    """An answer, which has to be the same without the lane."""

    def ask(path: str, **headers: str) -> tuple[int, dict[str, str], Any]:
        middlewares = list(django_settings.MIDDLEWARE)
        assert LANE in middlewares
        short = answer_of(Client(), path, **headers)
        settings.MIDDLEWARE = [each for each in middlewares if each != LANE]
        long = answer_of(Client(), path, **headers)
        settings.MIDDLEWARE = middlewares
        assert short == long
        return short

    return ask


def test_what_it_leaves_out_is_all_that_stands_behind_it() -> None:
    behind = django_settings.MIDDLEWARE[django_settings.MIDDLEWARE.index(LANE) + 1 :]
    assert behind == list(LEFT_OUT)


def test_a_hot_route_answers_the_same_to_the_last_header(both_ways: Any, key_of: KeyMaker) -> None:
    raw = key_of(Scope.SEARCH_READ).secret_once
    status, headers, _ = both_ways(HOT, Authorization=f"Bearer {raw}")
    assert status == 200
    for name in (
        "Content-Length", "X-Frame-Options", "Content-Security-Policy", "Referrer-Policy",
        "X-Content-Type-Options", "Cross-Origin-Opener-Policy", "Vary", "Cache-Control",
    ):  # fmt: skip
        assert name in headers, name


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer nonsense"},
        {"X-API-Key": ""},
        {},
        {"Authorization": "Basic x"},
        {"Authorization": "Bearer nonsense", "Origin": "https://evil.example"},
    ],
)
def test_whom_it_keeps_out_it_keeps_out_as_ever(both_ways: Any, headers: dict[str, str]) -> None:
    assert both_ways(HOT, **headers)[0] == 401


def test_another_host_is_refused_as_ever(key_of: KeyMaker) -> None:
    raw = key_of(Scope.SEARCH_READ).secret_once
    answer = Client().get(HOT, headers={"Authorization": f"Bearer {raw}", "Host": "evil.example"})
    assert answer.status_code == 400


def test_a_scope_that_is_missing_is_missed(both_ways: Any, key_of: KeyMaker) -> None:
    raw = key_of(Scope.OPS).secret_once
    assert both_ways(HOT, Authorization=f"Bearer {raw}")[0] == 403


def test_the_installations_lists_hold_here_too(both_ways: Any, key_of: KeyMaker) -> None:
    raw = key_of(Scope.SEARCH_READ).secret_once
    IpRule.objects.create(network="127.0.0.0/8", verdict="deny", area="api")
    ip_rules_publish()
    status, _, body = both_ways(HOT, Authorization=f"Bearer {raw}")
    assert (status, body["code"]) == (403, "address_refused")


def test_paths_with_parts_take_the_long_way(client: Client, key_of: KeyMaker) -> None:
    raw = key_of(Scope.SEARCH_READ).secret_once
    answer = client.get("/api/test/lost/7", headers={"Authorization": f"Bearer {raw}"})
    assert answer.status_code == 404
    lane = HotLaneMiddleware(lambda _request: pytest.fail("unused"))
    assert HOT in lane._table()
    assert not any("lost" in path or "cold" in path for path in lane._table())


def test_it_is_counted_under_its_route(client: Client, key_of: KeyMaker) -> None:
    raw = key_of(Scope.SEARCH_READ).secret_once
    counted = requests_total.labels("api/test/hot", "GET", "200")
    before = counted._value.get()
    client.get(HOT, headers={"Authorization": f"Bearer {raw}"})
    assert counted._value.get() == before + 1


def test_what_stands_before_a_hot_route_is_not_taken_for_one(settings: Settings) -> None:
    urls = ModuleType("urls_of_this_test")
    hidden, open_to_all = path("hidden", hot), path("open", hot)
    urls.urlpatterns = [re_path("^hidden$", unguarded), hidden, open_to_all]  # type: ignore[attr-defined]  # as Django reads a module of routes
    settings.ROOT_URLCONF = urls
    lane = HotLaneMiddleware(lambda _request: HttpResponse("the long way"))
    asked = RequestFactory().get("/hidden", headers={"X-API-Key": "anything"})
    assert lane(asked).content == b"the long way"
    asked = RequestFactory().get("/open", headers={"X-API-Key": "anything"})
    assert asked.path_info in lane._table()
    assert "/hidden" not in lane._table()
