from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.access.contracts import Scope
from apps.events.models import Event
from apps.experiments.domain.assignment.hashing import bucket
from apps.experiments.selectors import serving
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.forced import forced_units_set
from apps.experiments.services.lifecycle import experiment_kill, experiment_pause
from apps.experiments.services.qa_tokens import qa_link_make
from tests.experiments.factories import experiment_make, experiment_running, people
from tests.experiments.serving.conftest import Call, key_make

pytestmark = pytest.mark.django_db
URL = "/api/v1/experiments/weights-test/assign"


def expected(unit: str, key: str = "weights-test") -> str:
    phase = experiment_view(key).phase
    assert phase is not None
    position = bucket(phase.salt, unit, 2)
    assert position is not None
    return "control" if position < 0.5 else "treatment"


def counter(variant: str, key: str = "weights-test") -> float:
    labels = {"experiment_id": key, "variant": variant}
    return REGISTRY.get_sample_value("experiment_assignments_total", labels) or 0.0


def test_one_unit_gets_its_variant(post: Call) -> None:
    experiment_running(now=timezone.now())
    variant = expected("c1")
    before = counter(variant)
    answer = post(URL, {"unit": "c1", "attributes": {"country": "DE"}})
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "experiment": "weights-test",
        "unit": "c1",
        "variant": variant,
        "value": {"control": "control", "treatment": {"a": 1}}[variant],
        "payload": {"control": None, "treatment": {"a": 1}}[variant],
        "phase": 1,
        "in_experiment": True,
        "counted": True,
        "reason": "split",
        "sticky_token": "",
        "degraded": [],
    }
    assert counter(variant) == before + 1
    assert not Event.objects.exists()


def test_many_units_are_answered_in_order(post: Call) -> None:
    experiment_running(now=timezone.now(), targeting={"country": "DE"})
    units = [f"c{number}" for number in range(998)]
    listed = [*units, {"unit": "c7", "attributes": {"country": "FR"}}, {"attributes": {}}]
    answer = post(URL, {"units": listed, "attributes": {"country": "DE"}}).json()
    got = answer["assignments"]
    assert [one["variant"] for one in got[:998]] == [expected(unit) for unit in units]
    assert {one["variant"] for one in got} == {"control", "treatment"}
    assert [(one["unit"], one["reason"]) for one in got[998:]] == [
        ("c7", "targeting"),
        (None, "unit_missing"),
    ]


def test_a_warm_assignment_asks_no_database_and_redis_once(
    post: Call, round_trips: list[bytes]
) -> None:
    experiment_running(now=timezone.now())
    post(URL, {"unit": "c1"})
    round_trips.clear()
    with CaptureQueriesContext(connection) as statements:
        answer = post(URL, {"units": ["c1", "c2"]})
    assert answer.json()["degraded"] == []
    assert [each["sql"] for each in statements] == []
    assert len(round_trips) == 1


def test_who_is_not_in_gets_control(post: Call) -> None:
    maker, _ = people()
    experiment_running("second", now=timezone.now())
    forced_units_set(key="second", units={"qa-1": "treatment"}, actor=maker)
    forced = post("/api/v1/experiments/second/assign", {"unit": "qa-1"}).json()
    assert (forced["variant"], forced["reason"]) == ("treatment", "forced_unit")
    assert (forced["in_experiment"], forced["counted"]) == (True, False)
    experiment_pause(key="second", actor=maker, reason="a test")
    assert post("/api/v1/experiments/second/assign", {"unit": "c1"}).json()["reason"] == (
        "not_running"
    )


def test_the_kill_switch_is_served_at_once(post: Call) -> None:
    maker, _ = people()
    experiment_running(now=timezone.now())
    assert post(URL, {"unit": "c1"}).json()["in_experiment"]
    experiment_kill(key="weights-test", actor=maker, reason="it breaks the shop")
    assert not post(URL, {"unit": "c1"}).json()["in_experiment"]


def test_a_draft_is_told_to_qa_alone(post: Call) -> None:
    experiment_make()
    experiment_make("other")
    token = qa_link_make(key="other", variant="treatment", actor=None).token
    for path in (URL, f"{URL}?qa={token}"):
        refused = post(path, {"unit": "c1"})
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    token = qa_link_make(key="weights-test", variant="treatment", actor=None).token
    assert post(f"{URL}?qa={token}", {"unit": "c1"}).json()["variant"] == "treatment"


@pytest.mark.parametrize("place", ["query", "header"])
def test_a_qa_token_shows_its_variant(post: Call, place: str) -> None:
    experiment_make()
    for variant in ("control", "treatment"):
        token = qa_link_make(key="weights-test", variant=variant, actor=None).token
        if place == "query":
            answer = post(f"{URL}?qa={token}", {"unit": "c1"}).json()
        else:
            answer = post(URL, {"unit": "c1"}, qa=token).json()
        assert (answer["variant"], answer["reason"]) == (variant, "override")
        assert not answer["counted"]


def test_a_bad_qa_token_is_refused(post: Call) -> None:
    experiment_running(now=timezone.now())
    token = qa_link_make(
        key="weights-test",
        variant="control",
        hours=1,
        actor=None,
        now=timezone.now() - timedelta(hours=2),
    ).token
    for bad in (token, token[:-3] + "abc", "x", "a.b", "é"):
        answer = post(f"{URL}?qa={bad}", {"unit": "c1"})
        assert (answer.status_code, answer.json()["code"]) == (400, "qa_token_invalid"), bad


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b"[]", "item"),
        ({"unit": 7}, "unit"),
        ({"unit": "x" * 201}, "unit"),
        ({"colour": "red"}, "colour"),
        ({"units": ["a"] * 1001}, "units"),
        ({"units": [{"unit": "a", "x": 1}]}, "units[0].x"),
        ({"attributes": 3}, "attributes"),
    ],
)
def test_a_bad_body_names_its_field(post: Call, body: object, field: str) -> None:
    experiment_running(now=timezone.now())
    answer = post(URL, body)
    assert answer.status_code == 400
    assert answer.json()["extra"]["field"] == field


def test_too_large_a_body_is_refused(post: Call) -> None:
    experiment_running(now=timezone.now())
    assert post(URL, {"unit": "u", "attributes": {"x": "y" * 2_200_000}}).status_code == 413


def test_an_unknown_experiment_is_not_found(post: Call) -> None:
    answer = post("/api/v1/experiments/nothing/assign", {"unit": "u"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_scope_is_asked_for(client: Client) -> None:
    key = key_make(Scope.EVENTS_WRITE)
    answer = client.post(URL, "{}", content_type="application/json", headers={"X-API-Key": key})
    assert answer.status_code == 403
    assert client.post(URL, "{}", content_type="application/json").status_code == 401


def test_a_public_key_may_assign(client: Client) -> None:
    experiment_running(now=timezone.now())
    key = key_make(Scope.EXPERIMENTS_ASSIGN, public=True)
    answer = client.post(
        URL, '{"unit":"c1"}', content_type="application/json", headers={"X-API-Key": key}
    )
    assert answer.status_code == 200


def test_without_postgresql_at_the_start_nothing_is_pretended(
    post: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment_running(now=timezone.now())
    serving._snapshot.forget()

    def gone() -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(serving, "serving_rows", gone)
        answer = post(URL, {"unit": "c1"})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert post(URL, {"unit": "c1"}).status_code == 200
    with monkeypatch.context() as patch:
        patch.setattr(serving, "serving_rows", gone)
        serving._snapshot.mark_stale()
        assert post(URL, {"unit": "c1"}).status_code == 200  # what was held


def test_an_experiment_that_cannot_be_served_breaks_no_other(
    post: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = experiment_running(now=timezone.now())
    (phase,) = good.phases
    bad = replace(good, key="bad", phases=(replace(phase, weights=(1.0,)),))
    worse = replace(good, key="worse", phases=(replace(phase, targeting={"$x": 1}),))
    monkeypatch.setattr(serving, "serving_rows", lambda: (bad, good, worse))
    serving._snapshot.forget()
    assert post(URL, {"unit": "c1"}).status_code == 200
    for key in ("bad", "worse"):
        assert post(f"/api/v1/experiments/{key}/assign", {"unit": "c1"}).status_code == 404
    assert set(serving.serving_plans().broken) == {"worse"}
