"""A storefront's key stands in its page: whoever sends it may name any user, and learns nothing."""

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
from tests.recommendations.shelves.conftest import Json, Shelf
from tests.recommendations.shelves.test_serving import exposures, shelves
from tests.redis_writes import writes_recorded

pytestmark = pytest.mark.usefixtures("catalogue", "bought")


@pytest.fixture
def bought(db: None) -> None:
    """What the victim did while logged in, on a client of their own."""
    for number in range(4):
        ingest(
            event_of(
                "purchase", f"p-3-{number}",
                user_id="victim", client_id="theirs", session_id="visit-9",
            )
        )  # fmt: skip


@pytest.fixture
def public(client: Client) -> Any:
    """The route's answer to a storefront's key."""
    issued = api_key_create(
        name="storefront",
        scopes=[Scope.RECOMMENDATIONS_READ],
        rate_per_minute=100_000,
        public=True,
        allowed_origins=["https://shop.example"],
    )

    def get(**parameters: str | int) -> Any:
        return client.get(
            "/api/v1/recommendations",
            {"placement": "home", "k": 40, **parameters},
            headers={"Authorization": f"Bearer {issued.secret_once}"},
        )

    return get


def speakers(answer: Json) -> set[str]:
    return {each for item in answer["items"] for each in item["reason"]["product_ids"]}


def told(answer: Json) -> list[tuple[str, str]]:
    return [(item["product_id"], item["reason"]["words"]) for item in answer["items"]]


def test_a_named_user_is_not_followed(
    public: Any, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody, sent = public().json(), writes_recorded(monkeypatch)
    with CaptureQueriesContext(connection) as statements:
        response = public(user_id="victim")
    answer = response.json()

    assert answer["personalised"] is False
    assert speakers(answer) == set()
    assert told(answer) == told(nobody)
    assert not any(b"recs:" in each or b"LRANGE" in each for each in sent)
    assert not [each["sql"] for each in statements if "events_event" in each["sql"]]
    assert response["Cache-Control"] == "private, no-store"
    # Their own shop's server knows who is logged in.
    assert shelf(user_id="victim", session_id="visit-9", k=40)["personalised"] is True


def test_nor_is_their_visit_nor_what_they_did_on_their_client(public: Any) -> None:
    answer = public(user_id="victim", session_id="visit-9").json()
    assert answer["personalised"] is False
    answer = public(user_id="victim", client_id="theirs").json()
    assert speakers(answer) == set()
    assert not redis_client().exists("recs:user:victim")


def test_a_browser_is_followed_as_whoever_it_is_and_writes_nothing_into_users(
    public: Any,
) -> None:
    ingest(event_of("view", "p-2-0", client_id="mine", session_id="my-visit"))
    answer = public(user_id="victim", client_id="mine", session_id="my-visit").json()
    assert answer["personalised"] is True
    assert speakers(answer) == {"p-2-0"}
    assert redis_client().exists("recs:client:mine")
    assert not redis_client().exists("recs:user:victim")


def test_pseudonyms_that_nobody_guesses_are_followed(public: Any, settings: Settings) -> None:
    settings.PERSONALISATION_PUBLIC_USER_IDS = True
    assert public(user_id="victim", session_id="visit-9").json()["personalised"] is True
    assert redis_client().exists("recs:user:victim")


def test_experiments_still_assign_the_user(public: Any) -> None:
    shelves("mixes", None, {"recommendations": {"mix": "blend"}}, unit="user")
    answer = public(user_id="victim").json()
    assert [each["key"] for each in answer["experiments"]] == ["mixes"]
    assert [each.user_id for each in exposures()] == ["victim"]
