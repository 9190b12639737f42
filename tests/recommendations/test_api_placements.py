"""Placements over HTTP: the services, rights and second person of admin."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.access.contracts import Scope
from apps.access.models import AuditEntry, User
from apps.publishing.api.schema import components_of
from apps.publishing.services import version_approve, version_publish
from apps.recommendations.api.placement_schema import ROWS, TYPES
from apps.recommendations.api.placement_urls import urlpatterns
from apps.recommendations.contracts import PlacementName
from apps.recommendations.domain.placements import (
    CONTENT_FIELDS,
    DEFAULT_PLACEMENTS,
    placement_content,
)
from apps.recommendations.models import PlacementVersion
from apps.recommendations.selectors.placements import PLACEMENTS, placement_named
from tests.experiments.api.conftest import Send, key_client, person_client, sender
from tests.search.catalogue import catalogue_create

pytestmark = pytest.mark.django_db
ALL = "/api/v1/placements"
HOME = f"{ALL}/home"
CONTENT: dict[str, Any] = {"title": "For you", "strategies": [{"name": "popular"}], "k": 4}
READY: dict[str, Any] = {"content": CONTENT, "reason": "a test", "acknowledge_warnings": True}


@pytest.fixture
def maker_person() -> User:
    catalogue_create()
    person_client("mara", "merchandiser")
    return User.objects.get(username="mara")


@pytest.fixture
def key(maker_person: User) -> Send:
    """Of a merchandiser; only a superuser may make one that writes rankings."""
    User.objects.filter(pk=maker_person.pk).update(is_superuser=True)
    maker_person.refresh_from_db()
    scopes = (Scope.RANKING_READ, Scope.RANKING_WRITE)
    return sender(key_client(*scopes, made_by=maker_person))


def test_what_is_shipped_is_live_until_something_is_published(key: Send) -> None:
    listed = key("get", ALL).json()["results"]
    assert [(one["name"], one["version"]) for one in listed] == [
        (name.value, 0) for name in PlacementName
    ]
    assert listed[0]["content"] == placement_content(DEFAULT_PLACEMENTS[PlacementName.HOME])
    one = key("get", HOME).json()
    assert (one["published"], one["waiting"]) == (None, [])
    assert one["live"] == listed[0]


def test_a_key_publishes_where_no_second_person_is_asked_for(key: Send) -> None:
    live = key("put", HOME, READY)
    assert live.status_code == 200, live.content
    body = live.json()
    assert (body["version"], body["status"], body["created_by"]) == (1, "published", "mara")
    assert tuple(body["content"]) == CONTENT_FIELDS
    assert body["content"]["strategies"] == [{"name": "popular", "weight": 1.0}]
    assert placement_named(PlacementName.HOME).title == "For you"
    found = key("get", HOME).json()
    assert found["published"] == body
    assert found["live"] == {"name": "home", "version": 1, "content": body["content"]}
    assert AuditEntry.objects.filter(action="version.publish").count() == 1
    # What was read can be sent again.
    again = key("put", HOME, {**READY, "content": body["content"], "based_on": 1})
    assert (again.status_code, again.json()["version"]) == (200, 2)


def test_a_draft_is_all_that_is_asked_for(key: Send) -> None:
    made = key("put", HOME, {**READY, "publish": False})
    assert (made.status_code, made.json()["status"]) == (202, "draft")
    (waiting,) = key("get", HOME).json()["waiting"]
    assert waiting == made.json()
    assert placement_named(PlacementName.HOME).number == 0


def test_where_two_must_agree_it_waits_for_the_second(
    key: Send, maker_person: User, settings: Settings
) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = True
    waiting = key("put", HOME, READY)
    assert (waiting.status_code, waiting.json()["status"]) == (202, "in_review")
    row = PlacementVersion.objects.get()
    chris = User.objects.create_user("chris")
    version_approve(kind=PLACEMENTS, version_id=row.pk, actor=chris)
    assert key("get", HOME).json()["waiting"][0]["approved"]
    version_publish(
        kind=PLACEMENTS, version_id=row.pk, actor=maker_person, reason="agreed",
        acknowledge_warnings=True,
    )  # fmt: skip
    assert key("get", HOME).json()["published"]["reviewed_by"] == "chris"


def test_a_former_version_comes_back(key: Send) -> None:
    key("put", HOME, READY)
    key("put", HOME, {**READY, "content": {**CONTENT, "title": "Other"}})
    back = key("post", f"{HOME}/rollback", {"version": 1, "reason": "worse"})
    assert (back.status_code, back.json()["version"]) == (200, 3)
    assert placement_named(PlacementName.HOME).title == "For you"
    versions = key("get", f"{HOME}/versions").json()["results"]
    assert [one["version"] for one in versions] == [3, 2, 1]
    assert len(key("get", f"{HOME}/versions?limit=2").json()["results"]) == 2
    assert key("post", f"{HOME}/rollback", {"version": 3, "reason": "x"}).status_code == 409
    assert key("post", f"{HOME}/rollback", {"version": 9, "reason": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"content": {**CONTENT, "k": 0}}, "content.k"),
        ({"content": {"title": "x"}}, "content.strategies"),
        ({"content": {**CONTENT, "strategies": [{"name": "luck"}]}}, "content.strategies.1.name"),
        (
            {"content": {**CONTENT, "constraints": {"price_to": -1}}},
            "content.constraints.price_to",
        ),
        ({"content": {**CONTENT, "weights": {"luck": 1.0}}}, "content.weights.luck"),
        ({"content": []}, "content"),
        ({}, "content"),
        ({"content": CONTENT, "shelf": 1}, "shelf"),
        ({"content": CONTENT, "based_on": "x"}, "based_on"),
        ({"content": CONTENT, "acknowledge_warnings": True}, "reason"),
        ({"content": {**CONTENT, "title": "a\x00b"}}, "content.title"),
        ({**READY, "reason": "a\x00b"}, "reason"),
        ({**READY, "reason": "half a pair \udc00"}, "reason"),
    ],
)
def test_a_refusal_names_its_field(key: Send, body: dict[str, Any], field: str) -> None:
    refused = key("put", HOME, body)
    assert refused.status_code == 400, refused.content
    assert refused.json()["extra"]["field"] == field
    assert not PlacementVersion.objects.exists()


def test_what_else_is_refused(key: Send) -> None:
    assert key("get", f"{ALL}/attic").status_code == 404
    assert key("put", f"{ALL}/attic", READY).status_code == 404
    assert key("get", f"{ALL}?x=1").json()["extra"]["field"] == "x"
    assert key("get", f"{HOME}/versions?limit=0").status_code == 400
    key("put", HOME, READY)
    moved = key("put", HOME, {**READY, "based_on": 0})
    assert (moved.status_code, moved.json()["code"]) == (409, "base_moved")


def test_scopes_and_permissions(maker_person: User) -> None:
    # A public key may hold it: drafts and names of staff are not for everybody.
    shopper = sender(key_client(Scope.RECOMMENDATIONS_READ))
    for path in (ALL, HOME, f"{HOME}/versions"):
        assert shopper("get", path).json()["extra"]["required_scope"] == "ranking:read"
    reader = sender(key_client(Scope.RANKING_READ))
    assert reader("get", ALL).status_code == 200
    assert reader("put", HOME, READY).status_code == 403
    writer = sender(key_client(Scope.RANKING_WRITE))
    assert writer("get", ALL).status_code == 403
    analyst = sender(person_client("ann", "analyst"))
    assert analyst("get", HOME).status_code == 200
    assert analyst("put", HOME, READY).status_code == 403
    maker = sender(person_client("mara", "merchandiser"))
    assert maker("put", HOME, READY).status_code == 200


def test_warnings_want_to_be_acknowledged(key: Send) -> None:
    content = {**CONTENT, "k": 100}
    refused = key("put", HOME, {**READY, "content": content, "acknowledge_warnings": False})
    assert (refused.status_code, refused.json()["code"]) == (409, "publish_warnings")
    codes = [each["code"] for each in refused.json()["extra"]["findings"]]
    assert "shelf_short" in codes
    assert not PlacementVersion.objects.exists()


def test_reading_costs_few_statements(
    key: Send, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        key("put", HOME, READY)
    key("get", ALL)
    with django_assert_max_num_queries(4):
        key("get", ALL)
    with django_assert_max_num_queries(6):
        key("get", HOME)
    with django_assert_max_num_queries(5):
        key("get", f"{HOME}/versions")


def test_every_route_is_described_and_answers_what_is_described(key: Send) -> None:
    routed = {str(one.pattern).replace("<str:name>", "{name}") for one in urlpatterns}
    assert {row.path.removeprefix("/api/v1/") for row in ROWS} == routed
    described = components_of(TYPES)
    assert {row.answer for row in ROWS} | {"PlacementBody"} <= described.keys()
    key("put", HOME, READY)
    for path, name in (
        ("", "PlacementsList"), ("/home", "PlacementAnswer"), ("/home/versions", "PlacementVersions"),
    ):  # fmt: skip
        assert set(key("get", ALL + path).json()) == set(described[name]["properties"])
    told = key("get", f"{HOME}/versions").json()["results"][0]
    assert set(told) == set(described["PlacementVersionDocument"]["properties"])
    assert set(told["content"]) == set(described["PlacementContent"]["properties"])
