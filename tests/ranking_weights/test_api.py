"""Weights over HTTP: the services, rights and second person of admin."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.access.contracts import Scope
from apps.access.models import AuditEntry, User
from apps.common.errors import Forbidden
from apps.publishing.api.schema import components_of
from apps.publishing.services import version_approve, version_publish
from apps.ranking_weights.api.schema import ROWS, TYPES
from apps.ranking_weights.api.urls import urlpatterns
from apps.ranking_weights.contracts import DEFAULT_WEIGHTS
from apps.ranking_weights.models import LearnedEvidence, WeightSetVersion
from apps.ranking_weights.selectors import weights_resolve
from apps.ranking_weights.services import KIND, weights_draft_create
from tests.experiments.api.conftest import Send, key_client, person_client, sender
from tests.features.catalogue import categories_create

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/ranking"
ALL, ONE = f"{ROOT}/weights", f"{ROOT}/weights/electronics"
FRESH: dict[str, Any] = {"weights": {"search_score": 0.5, "freshness_score": 0.5}}


@pytest.fixture
def maker_person() -> User:
    categories_create()
    person_client("mara", "merchandiser")
    return User.objects.get(username="mara")


@pytest.fixture
def key(maker_person: User) -> Send:
    """Of a merchandiser; only a superuser may make one that writes rankings."""
    User.objects.filter(pk=maker_person.pk).update(is_superuser=True)
    maker_person.refresh_from_db()
    return sender(key_client(Scope.RANKING_READ, Scope.RANKING_WRITE, made_by=maker_person))


@pytest.fixture
def maker(maker_person: User) -> Send:
    return sender(person_client("mara", "merchandiser"))


@pytest.fixture
def analyst(maker_person: User) -> Send:
    return sender(person_client("ann", "analyst"))


def test_nothing_published_is_ranked_by_the_default(key: Send) -> None:
    found = key("get", ALL).json()
    assert found["results"] == []
    assert found["in_force"]["source"] == "default"
    assert found["in_force"]["weights"] == DEFAULT_WEIGHTS
    one = key("get", f"{ROOT}/weights/electronics/audio").json()
    assert (one["published"], one["waiting"], one["in_force"]["version"]) == (None, [], 0)
    assert one["in_force"]["chain"][0] == "electronics/audio: no set"


def test_a_key_publishes_where_no_second_person_is_asked_for(key: Send) -> None:
    live = key("put", ONE, {**FRESH, "reason": "a new season"})
    assert live.status_code == 200, live.content
    body = live.json()
    assert (body["version"], body["status"], body["reason"]) == (1, "published", "a new season")
    assert body["created_by"] == "mara"
    assert weights_resolve(
        category_path="electronics/audio", available=frozenset(DEFAULT_WEIGHTS)
    ).subject == "electronics"  # fmt: skip
    below = key("get", f"{ROOT}/weights/electronics/audio").json()["in_force"]
    assert (below["source"], below["subject"], below["version"]) == ("parent", "electronics", 1)
    assert key("get", ALL).json()["results"] == [body]
    assert key("get", ONE).json()["published"] == body
    assert AuditEntry.objects.filter(action="version.publish").count() == 1


def test_global_is_a_subject_like_any_other(key: Send) -> None:
    key("put", ONE, {**FRESH, "reason": "x"})
    key("put", f"{ALL}/global", {**FRESH, "reason": "x"})
    listed = [one["subject"] for one in key("get", ALL).json()["results"]]
    assert listed == ["global", "electronics"]


def test_a_draft_is_all_that_is_asked_for(key: Send) -> None:
    made = key("put", ONE, {**FRESH, "publish": False})
    assert (made.status_code, made.json()["status"]) == (202, "draft")
    (waiting,) = key("get", ONE).json()["waiting"]
    assert (waiting["version"], waiting["evidence"]) == (1, "")


def test_where_two_must_agree_a_key_stands_for_the_person_who_made_it(
    key: Send, maker_person: User, settings: Settings
) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = True
    waiting = key("put", ONE, {**FRESH, "reason": "quick"})
    assert (waiting.status_code, waiting.json()["status"]) == (202, "in_review")
    row = WeightSetVersion.objects.get()
    assert row.created_by == maker_person
    with pytest.raises(Forbidden):
        version_approve(kind=KIND, version_id=row.pk, actor=maker_person)
    chris = User.objects.create_user("chris")
    version_approve(kind=KIND, version_id=row.pk, actor=chris)
    assert key("get", ONE).json()["waiting"][0]["approved"]
    version_publish(kind=KIND, version_id=row.pk, actor=maker_person, reason="agreed")
    assert key("get", ONE).json()["published"]["reviewed_by"] == "chris"


def test_a_person_goes_as_far_as_their_permissions(
    maker: Send, analyst: Send, maker_person: User
) -> None:
    assert maker("put", ONE, {**FRESH, "reason": "x"}).status_code == 200
    assert analyst("get", ONE).status_code == 200
    refused = analyst("put", ONE, {**FRESH, "reason": "x"})
    # An analyst's session has no scope to write with: let in or not is said before anything else.
    assert refused.status_code == 403
    assert WeightSetVersion.objects.count() == 1


def test_a_person_who_may_not_publish_leaves_a_draft(maker_person: User) -> None:
    from django.contrib.auth.models import Permission

    people = person_client("dora", "analyst")
    dora = User.objects.get(username="dora")
    wanted = ("scope_ranking_write", "add_weightsetversion")
    dora.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    made = sender(people)("put", ONE, {**FRESH, "reason": "x"})
    assert (made.status_code, made.json()["status"]) == (202, "draft")
    rolled = sender(people)("post", f"{ROOT}/weight-rollbacks/electronics",
                            {"version": 1, "reason": "x"})  # fmt: skip
    assert (rolled.status_code, rolled.json()["code"]) == (403, "permission_missing")


def test_versions_and_back_to_one(key: Send) -> None:
    key("put", ONE, {**FRESH, "reason": "first"})
    key("put", ONE, {"weights": {"search_score": 1.0}, "reason": "second"})
    back = key("post", f"{ROOT}/weight-rollbacks/electronics", {"version": 1, "reason": "worse"})
    assert back.status_code == 200, back.content
    assert (back.json()["version"], back.json()["weights"]) == (3, FRESH["weights"])
    versions = f"{ROOT}/weight-versions/electronics"
    found = key("get", versions).json()["results"]
    assert [(one["version"], one["status"]) for one in found] == [
        (3, "published"),
        (2, "superseded"),
        (1, "superseded"),
    ]
    assert len(key("get", f"{versions}?limit=1").json()["results"]) == 1
    live = key("post", f"{ROOT}/weight-rollbacks/electronics", {"version": 3, "reason": "x"})
    assert (live.status_code, live.json()["code"]) == (409, "not_a_former_version")
    none = key("post", f"{ROOT}/weight-rollbacks/electronics", {"version": 9, "reason": "x"})
    assert none.status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "weights"),
        ({"weights": {"search_score": 0.7}}, "weights"),
        ({"weights": {"magic": 1.0}}, "weights.magic"),
        ({"weights": {"search_score": 2.0, "cf_score": -1.0}}, "weights.cf_score"),
        ({"weights": {"search_score": "1"}}, "weights"),
        ({"weights": [1.0]}, "weights"),
        ({**FRESH, "publsh": True}, "publsh"),
        (FRESH, "reason"),
        ([], "body"),
    ],
)
def test_what_is_wrong_is_named_and_leaves_nothing(key: Send, body: Any, field: str) -> None:
    refused = key("put", ONE, body)
    assert refused.status_code == 400, refused.content
    assert refused.json()["extra"]["field"].split("[")[0] == field
    assert not WeightSetVersion.objects.exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "weights/no/such"),
        ("put", "weights/no/such"),
        ("get", "weight-versions/no/such"),
        ("post", "weight-rollbacks/no/such"),
    ],
)
def test_an_unknown_category_is_not_found_and_named(key: Send, method: str, path: str) -> None:
    refused = key(method, f"{ROOT}/{path}", None if method == "get" else FRESH)
    assert (refused.status_code, refused.json()["extra"]["field"]) == (404, "category")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("weights?x=1", "x"),
        ("weights/global?x=1", "x"),
        ("weight-versions/global?limit=0", "limit"),
        ("weight-versions/global?limit=many", "limit"),
        ("weight-versions/global?x=1", "x"),
    ],
)
def test_unknown_parameters_are_errors(key: Send, path: str, field: str) -> None:
    refused = key("get", f"{ROOT}/{path}")
    assert (refused.status_code, refused.json()["extra"]["field"]) == (400, field)


def test_what_was_made_from_another_version_conflicts(key: Send) -> None:
    assert key("put", ONE, {**FRESH, "reason": "x", "based_on": 0}).status_code == 200
    late = key("put", ONE, {**FRESH, "reason": "x", "based_on": 0})
    assert (late.status_code, late.json()["code"]) == (409, "base_moved")
    assert late.json()["extra"] == {"field": "based_on", "live": 1}
    assert WeightSetVersion.objects.count() == 1
    assert key("put", ONE, {**FRESH, "reason": "x", "based_on": 1}).status_code == 200


def test_warnings_conflict_until_they_are_acknowledged(
    key: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.publishing.contracts import Finding, FindingLevel

    def warned(*_: object) -> tuple[Finding, ...]:
        return (Finding(FindingLevel.WARNING, "lower", "NDCG falls."),)

    monkeypatch.setattr("apps.publishing.services.findings_of", warned)
    refused = key("put", ONE, {**FRESH, "reason": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "publish_warnings")
    assert not WeightSetVersion.objects.exists()
    taken = key("put", ONE, {**FRESH, "reason": "x", "acknowledge_warnings": True})
    assert taken.status_code == 200


def test_scopes_say_who_may(maker_person: User) -> None:
    reader = sender(key_client(Scope.RANKING_READ))
    assert reader("get", ALL).status_code == 200
    assert reader("put", ONE, {**FRESH, "reason": "x"}).status_code == 403
    assert reader("post", f"{ROOT}/weight-rollbacks/global", {}).status_code == 403
    stranger = sender(key_client(Scope.SEARCH_READ))
    for path in ("weights", "weights/global", "weight-versions/global"):
        assert stranger("get", f"{ROOT}/{path}").status_code == 403


def test_a_learned_draft_says_what_speaks_for_it(key: Send) -> None:
    draft = weights_draft_create(subject="global", weights=FRESH["weights"], actor=None)
    LearnedEvidence.objects.create(
        version_id=draft.id, weights=FRESH["weights"], note="Learnt from 9 clicks.", evidence={}
    )
    (waiting,) = key("get", f"{ALL}/global").json()["waiting"]
    assert (waiting["evidence"], waiting["created_by"]) == ("Learnt from 9 clicks.", "")


def test_reading_costs_the_same_however_much_there_is(
    key: Send, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        key("put", ONE, {**FRESH, "reason": f"version {number}"})
    key("get", ALL)
    with django_assert_max_num_queries(6):
        assert len(key("get", f"{ROOT}/weight-versions/electronics").json()["results"]) == 5
    with django_assert_max_num_queries(6):
        key("get", ALL)


def test_every_route_is_described_and_answers_what_is_described(key: Send) -> None:
    routed = {str(one.pattern).replace("<path:category>", "{category}") for one in urlpatterns}
    assert {row.path.removeprefix("/api/v1/") for row in ROWS} == routed
    described = components_of(TYPES)
    assert {row.answer for row in ROWS} | {"WeightsBody", "RollbackBody"} == described.keys() - {
        "WeightsInForce"
    }
    key("put", ONE, {**FRESH, "reason": "first"})
    key("put", ONE, {**FRESH, "publish": False})
    for path, name in (("weights", "WeightsList"), ("weights/electronics", "WeightsAnswer"),
                       ("weight-versions/electronics", "WeightsVersions")):  # fmt: skip
        told = key("get", f"{ROOT}/{path}").json()
        assert set(told) == set(described[name]["properties"])
    assert set(told["results"][0]) == set(described["WeightsVersion"]["properties"])
