"""The same request twice acts once; this module is its own URLconf."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.contracts import Scope
from apps.access.edge import EdgeRequest, hot_route
from apps.access.idempotency import idempotency_prune, idempotent_method, idempotent_route
from apps.access.models import IdempotentReply
from apps.access.services import api_key_create
from apps.common.errors import Conflict

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
acts: list[bytes] = []


def act(body: bytes) -> int:
    if body == b'"refuse"':
        raise Conflict("Not now.")
    acts.append(body)
    return len(acts)


@hot_route(scope=Scope.EVENTS_WRITE, methods=("POST",))
@idempotent_route
def hot(request: EdgeRequest) -> HttpResponse:
    number = act(request.body)
    return HttpResponse(f'{{"n":{number}}}', content_type="application/json", status=201)


class Slow(APIView):
    required_scope = Scope.EVENTS_WRITE

    @idempotent_method
    def post(self, request: Request) -> Response:
        said = str(request.data)
        return Response({"n": act(said.encode())}, status=400 if said == "bad" else 201)


urlpatterns = [path("hot", hot), path("drf", Slow.as_view())]
Send = Callable[..., Any]


@pytest.fixture
def send(client: Client) -> Send:
    acts.clear()
    keys = [
        api_key_create(
            name=name,
            scopes=[Scope.EVENTS_WRITE],
            public=False,
            allowed_origins=(),
            rate_per_minute=10_000,
            expires_at=None,
            actor=None,
        ).secret_once
        for name in ("one", "other")
    ]

    def call(
        where: str, body: str = '"a"', key: str | None = "k1", caller: int = 0, query: str = ""
    ) -> Any:
        headers = {"X-API-Key": keys[caller]}
        if key is not None:
            headers["Idempotency-Key"] = key
        return client.post(
            f"/{where}{query}", body, content_type="application/json", headers=headers
        )

    return call


@pytest.mark.parametrize("where", ["hot", "drf"])
def test_the_same_request_acts_once_and_is_answered_the_same(send: Send, where: str) -> None:
    first, again = send(where), send(where)
    assert (first.status_code, first.json()) == (201, {"n": 1})
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Content-Type"] == first["Content-Type"]
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert len(acts) == 1


@pytest.mark.parametrize("where", ["hot", "drf"])
def test_a_key_is_for_one_request_only(send: Send, where: str) -> None:
    send(where)
    for other in (send(where, '"b"'), send(where, query="?a=1")):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(acts) == 1


@pytest.mark.parametrize("where", ["hot", "drf"])
def test_without_a_key_every_request_acts(send: Send, where: str) -> None:
    send(where, key=None)
    send(where, key=None)
    assert len(acts) == 2
    assert not IdempotentReply.objects.exists()


def test_callers_have_keys_of_their_own(send: Send) -> None:
    assert send("hot").json() == {"n": 1}
    assert send("hot", caller=1).json() == {"n": 2}


@pytest.mark.parametrize("where", ["hot", "drf"])
def test_a_refusal_is_not_kept(send: Send, where: str) -> None:
    body = '"refuse"' if where == "hot" else '"bad"'
    assert send(where, body).status_code in {400, 409}
    assert not IdempotentReply.objects.exists()
    assert send(where).status_code == 201


@pytest.mark.parametrize("key", ["x" * 256, "naïve", "a\tb"])
def test_a_key_is_short_and_printable(send: Send, key: str) -> None:
    answer = send("hot", key=key)
    assert (answer.status_code, answer.json()["extra"]["field"]) == (400, "Idempotency-Key")


def test_old_replies_are_forgotten(send: Send) -> None:
    send("hot")
    IdempotentReply.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert send("hot").json() == {"n": 2}
    IdempotentReply.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert idempotency_prune() == 1
    assert str(IdempotentReply(caller="k1", key="x")) == "k1 x"


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_waits_for_the_other(send: Send) -> None:
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(send("hot"))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.content for answer in answers} == {b'{"n":1}'}
    assert len(acts) == 1
