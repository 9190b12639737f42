"""A search with a storefront's key: the user whom it names counts, and is not followed."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.common.redis import redis_client
from tests.events.sessions import event_of, ingest
from tests.redis_writes import writes_recorded
from tests.search.experimenting import left_behind, running
from tests.search.test_personal import outcome, told
from tests.search.types import Build, Json, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue", "whole")
VICTIM: Json = {"user_id": "victim", "client_id": "theirs", "session_id": "visit-9"}


@pytest.fixture
def whole(lasting_catalogue: None, embedded: Build) -> None:
    """Vectors, and what the victim did while logged in."""
    embedded()
    for number in range(6):
        ingest(event_of("purchase", f"p-3-{number}", **VICTIM))


@pytest.fixture
def public(client: Client) -> Any:
    """The route's answer to a storefront's key."""
    issued = api_key_create(
        name="storefront",
        scopes=[Scope.SEARCH_READ],
        rate_per_minute=100_000,
        public=True,
        allowed_origins=["https://shop.example"],
    )

    def get(**parameters: str | int) -> Any:
        response = client.get(
            "/api/v1/search",
            {"q": "mouse", "explain": "true", **parameters},
            headers={"Authorization": f"Bearer {issued.secret_once}"},
        )
        assert response.status_code == 200, response.content
        return response

    return get


def test_a_named_user_is_nobody_in_particular(
    public: Any, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody, hits = public().json(), outcome("hit")
    sent = writes_recorded(monkeypatch)
    with CaptureQueriesContext(connection) as statements:
        response = public(user_id="victim")

    assert told(response.json()) == told(nobody)
    assert outcome("hit") == hits + 1
    assert not any(b"recs:" in each or b"LRANGE" in each for each in sent)
    assert not [each["sql"] for each in statements if "events_event" in each["sql"]]
    assert response["Cache-Control"] == "private, no-store"
    logged = left_behind()[0][0]
    assert (logged.user_id, logged.cache_hit) == ("victim", True)
    # The shop's server knows who is logged in.
    assert followed(search(q="mouse", explain="true", user_id="victim"))


def test_nor_is_their_visit(public: Any) -> None:
    nobody = public().json()
    assert told(public(user_id="victim", session_id="visit-9").json()) == told(nobody)
    assert not redis_client().exists("recs:user:victim")


def test_a_browser_is_followed_as_whoever_it_is(public: Any) -> None:
    ingest(event_of("view", "p-0-1", client_id="mine", session_id="my-visit"))
    answer = public(user_id="victim", client_id="mine", session_id="my-visit").json()
    assert "session_boost" in answer["weights"]["weights"]
    assert redis_client().exists("recs:client:mine")
    assert not redis_client().exists("recs:user:victim")


def test_pseudonyms_that_nobody_guesses_are_followed(public: Any, settings: Settings) -> None:
    settings.PERSONALISATION_PUBLIC_USER_IDS = True
    assert followed(public(user_id="victim").json())


def test_experiments_still_assign_the_user(public: Any) -> None:
    weights = {"ranking": {"source": "global"}}
    running("tries", None, {**weights, "search": {"semantic": False}}, unit="user")
    answer = public(user_id="victim").json()
    assert [each["key"] for each in answer["experiments"]] == ["tries"]
    assert [each.user_id for each in left_behind()[1]] == ["victim"]


def followed(answer: Json) -> bool:
    return "cf_score" not in answer["weights"]["shared_out"]
