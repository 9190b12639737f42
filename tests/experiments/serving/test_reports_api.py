from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_new
from apps.events.models import Event
from apps.experiments.domain.assignment.hashing import bucket
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services import exposure_reports
from apps.experiments.services.design import (
    experiment_approve,
    experiment_edit,
    experiment_submit,
)
from apps.experiments.services.forced import forced_units_set
from apps.experiments.services.layers import holdout_draft, holdout_publish, layer_create
from apps.experiments.services.lifecycle import (
    experiment_complete,
    experiment_kill,
    experiment_pause,
    experiment_resume,
    experiment_start,
)
from apps.publishing.services import draft_create, version_publish
from tests.experiments.factories import (
    design_make,
    experiment_make,
    experiment_running,
    people,
)
from tests.experiments.serving.conftest import Call

pytestmark = pytest.mark.django_db
URL = "/api/v1/experiments/weights-test/exposures"
CONVERSIONS = "/api/v1/experiments/conversions"


def assigned(post: Call, unit: str, key: str = "weights-test") -> dict[str, Any]:
    found: dict[str, Any] = post(f"/api/v1/experiments/{key}/assign", {"unit": unit}).json()
    return found


def test_one_exposure_is_durable(post: Call) -> None:
    experiment_running(now=timezone.now())
    given = assigned(post, "c1")
    event_id = str(uuid7_new(timezone.now()))
    report = {
        "variant": given["variant"],
        "phase": given["phase"],
        "client_id": "c1",
        "user_id": "u1",
        "event_id": event_id,
        "attributes": {"category": "audio"},
    }
    answer = post(URL, report)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "accepted": 1,
        "receipts": [
            {
                "event_id": event_id,
                "counted": True,
                "reason": "counted",
                "phase": 1,
                "expected": given["variant"],
            }
        ],
        "errors": [],
    }
    stored = Event.objects.get()
    assert (stored.type, stored.experiment, stored.variant) == (
        "exposure",
        "weights-test",
        given["variant"],
    )
    assert (stored.client_id, stored.user_id) == ("c1", "u1")
    assert stored.attributes == {"phase": 1, "category": "audio"}
    assert post(URL, report).json() == answer.json()
    assert Event.objects.count() == 1


def test_a_batch_stores_the_good_and_names_the_bad(post: Call) -> None:
    experiment_running(now=timezone.now())
    reports = [
        {"variant": "control", "client_id": "c1"},
        {"variant": "nobody", "client_id": "c1"},
        {"variant": "control", "user_id": "u1"},
        {"variant": "control", "client_id": "c1", "phase": 9},
        {"variant": "control", "client_id": "c1", "occurred_at": "2026-01-01T00:00:00Z"},
        {"variant": "control", "client_id": "c1", "phase": 0},
        {"variant": "control", "client_id": "c1", "phase": 1, "occurred_at": "2099-01-01T00:00Z"},
        7,
        {"variant": "treatment", "client_id": "c2"},
    ]
    for body in (reports, {"exposures": reports}):
        answer = post(URL, body)
        assert answer.status_code == 207, answer.content
        found = answer.json()
        assert [(one["index"], one["field"]) for one in found["errors"]] == [
            (1, "variant"),
            (2, "client_id"),
            (3, "phase"),
            (4, "occurred_at"),
            (5, "phase"),
            (6, "occurred_at"),
            (7, "item"),
        ]
        assert found["accepted"] == 2
        assert [one is not None for one in found["receipts"]] == [
            True, False, False, False, False, False, False, False, True,
        ]  # fmt: skip


def test_who_is_forced_held_out_or_in_another_layer_is_not_counted(post: Call) -> None:
    maker, _ = people()
    holdout_draft(share=0.3, actor=maker)
    holdout_publish(actor=maker, reason="a test")
    layer_create(name="ranking", actor=maker)
    experiment_running(now=timezone.now(), layer={"name": "ranking", "low": 0.0, "high": 0.5})
    forced_units_set(key="weights-test", units={"qa": "treatment"}, actor=maker)
    units = ["qa", *(f"c{number}" for number in range(200))]
    path = "/api/v1/experiments/weights-test/assign"
    reasons = [one["reason"] for one in post(path, {"units": units}).json()["assignments"]]
    body = [{"variant": "treatment", "client_id": unit} for unit in units]
    found = post(URL, body).json()
    told = [one["reason"] for one in found["receipts"]]
    assert told == [{"split": "counted"}.get(reason, reason) for reason in reasons]
    assert set(told) == {"counted", "forced_unit", "holdout", "layer"}
    counted = [one for one in found["receipts"] if one["counted"]]
    assert found["accepted"] == len(counted) == Event.objects.count()
    assert {one["event_id"] for one in found["receipts"] if not one["counted"]} == {None}
    # What we would have assigned stands beside what was reported.
    assert {one["expected"] for one in counted} == {"control", "treatment"}


def test_a_refused_single_report_is_a_refused_request(post: Call) -> None:
    experiment_running(now=timezone.now())
    answer = post(URL, {"variant": "nobody", "client_id": "c1"})
    assert (answer.status_code, answer.json()["extra"]["field"]) == (400, "variant")
    assert post(URL, {"variant": "control", "colour": 1}).json()["extra"]["field"] == "colour"
    assert post(URL, b"7").status_code == 400
    assert post(URL, {"exposures": 7}).status_code == 400
    assert post(URL, {"exposures": [], "x": 1}).status_code == 400
    assert post(URL, [{}] * 1001).json()["code"] == "too_many_items"
    assert not Event.objects.exists()


def test_an_experiment_that_never_ran_takes_none(post: Call) -> None:
    experiment_make()
    answer = post(URL, {"variant": "control", "client_id": "c1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_started")
    assert post("/api/v1/experiments/no/exposures", {}).status_code in {400, 404}


def test_without_a_database_nothing_is_accepted(
    post: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment_running(now=timezone.now())

    def gone(**_arguments: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(exposure_reports, "events_ingest", gone)
    answer = post(URL, {"variant": "control", "client_id": "c1"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_idempotency_keys_make_two_posts_one(post: Call) -> None:
    experiment_running(now=timezone.now())
    report = {"variant": "control", "client_id": "c1"}
    first = post(URL, report, **{"Idempotency-Key": "k"})
    again = post(URL, report, **{"Idempotency-Key": "k"})
    assert first.content == again.content
    assert again["Idempotency-Replayed"] == "true"
    other = post(URL, {**report, "client_id": "c2"}, **{"Idempotency-Key": "k"})
    assert other.status_code == 422
    assert Event.objects.count() == 1


def conversion_metric(key: str, *names: str) -> None:
    """A published metric over conversions of these names; of any without one."""
    filters = [{"field": "name", "operator": "in", "value": list(names)}] if names else []
    definition: Any = {
        "title": key,
        "kind": "mean",
        "numerator": {"source": "conversions", "value": "value", "filters": filters},
    }
    draft = draft_create(
        kind="experiment_metric", subject=key, content={"definition": definition}, actor=None
    )
    version_publish(
        kind="experiment_metric",
        version_id=draft.id,
        actor=None,
        reason="a test",
        acknowledge_warnings=True,
    )


def test_conversions_are_events_of_the_experiments_unit(post: Call) -> None:
    conversion_metric("posted", "leads", "margin")
    experiment_running(now=timezone.now())
    experiment_running("by-user", now=timezone.now(), unit="user")
    moment = (timezone.now() - timedelta(minutes=1)).isoformat()
    body = {
        "conversions": [
            {"experiment": "weights-test", "unit": "c1", "metric": "leads"},
            {
                "experiment": "by-user", "unit": "u1", "metric": "margin", "value": 12.5,
                "occurred_at": moment, "event_id": "order-1", "attributes": {"shop": "de"},
            },
            {"experiment": "no", "unit": "u1", "metric": "margin"},
            {"experiment": "by-user", "unit": "u1", "metric": "margin", "value": -1},
            {"experiment": "by-user", "unit": "u1"},
        ]
    }  # fmt: skip
    answer = post(CONVERSIONS, body)
    assert answer.status_code == 207, answer.content
    found = answer.json()
    assert found["accepted"] == 2
    assert [one is None for one in found["event_ids"]] == [False, False, True, True, True]
    assert [(one["index"], one["field"], one["code"]) for one in found["errors"]] == [
        (2, "experiment", "not_found"),
        (3, "value", "out_of_range"),
        (4, "metric", "required"),
    ]
    by_client, by_user = Event.objects.order_by("-client_id").order_by("experiment").reverse()
    assert (by_client.client_id, by_client.user_id, str(by_client.value)) == ("c1", None, "1.0000")
    assert (by_user.user_id, str(by_user.value)) == ("u1", "12.5000")
    assert by_user.type == "conversion"
    assert by_user.attributes == {
        "metric": "margin", "experiment": "by-user", "unit": "u1", "shop": "de",
    }  # fmt: skip
    single = {"experiment": "weights-test", "unit": "c1", "metric": "leads"}
    assert post(CONVERSIONS, single).json()["accepted"] == 1
    assert post(CONVERSIONS, {**single, "experiment": "no"}).status_code == 400


def test_sdks_report_exposures_as_events(post: Call) -> None:
    """What a GrowthBook tracking callback or an OpenFeature hook sends."""
    experiment_running(now=timezone.now())
    event = {
        "type": "exposure",
        "experiment": "weights-test",
        "variant": "treatment",
        "client_id": "c1",
        "occurred_at": timezone.now().isoformat(),
        "attributes": {"phase": 1, "category": "audio"},
    }
    assert post("/api/v1/events", event).status_code == 200
    stored = Event.objects.get()
    assert (stored.experiment, stored.variant) == ("weights-test", "treatment")
    assert stored.attributes == {"phase": 1, "category": "audio"}


def test_what_is_seen_while_nobody_is_assigned_is_not_counted(post: Call) -> None:
    maker, _ = people()
    now = timezone.now()
    experiment_running(now=now - timedelta(hours=9))
    experiment_pause(
        key="weights-test", actor=maker, reason="a test", now=now - timedelta(hours=6)
    )

    def told(hours: float, **more: Any) -> str:
        at = (now - timedelta(hours=hours)).isoformat()
        answer = post(URL, {"variant": "control", "client_id": "c1", "occurred_at": at, **more})
        assert answer.status_code == 200, answer.content
        (receipt,) = answer.json()["receipts"]
        assert receipt["counted"] is (receipt["reason"] == "counted")
        assert (receipt["event_id"] is not None) is receipt["counted"]
        reason: str = receipt["reason"]
        return reason

    # What was seen before counts, however late it is told.
    assert told(7) == "counted"
    assert told(5) == told(0, phase=1) == "not_running"
    experiment_resume(
        key="weights-test", actor=maker, reason="a test", now=now - timedelta(hours=4)
    )
    assert told(5) == "not_running"
    assert told(3) == "counted"
    experiment_kill(key="weights-test", actor=maker, now=now - timedelta(hours=2))
    assert told(1) == "not_running"
    experiment_complete(
        key="weights-test", actor=maker, reason="a test", now=now - timedelta(minutes=30)
    )
    assert told(0.1) == told(0.1, phase=1) == "not_running"
    assert told(3) == "counted"
    assert Event.objects.count() == 2


def test_a_page_counts_in_its_phase_while_the_allocation_goes_on(post: Call) -> None:
    maker, _ = people()
    now = timezone.now()
    experiment_running(now=now - timedelta(hours=9), coverage=0.5)
    for coverage, hours in ((0.8, 6), (0.2, 3)):
        at = now - timedelta(hours=hours)
        design = design_make(coverage=coverage)
        experiment_edit(key="weights-test", design=design, actor=maker, now=at)
        experiment_submit(key="weights-test", actor=maker, now=at)
        experiment_approve(key="weights-test", actor=people()[1], now=at)
        experiment_start(key="weights-test", actor=maker, reason="a test", now=at)
    salts = [each.salt_version for each in experiment_view("weights-test").phases]
    assert salts == [1, 1, 2]

    def told(hours: float) -> str:
        at = (now - timedelta(hours=hours)).isoformat()
        body = {"variant": "control", "client_id": "c1", "phase": 1, "occurred_at": at}
        reason: str = post(URL, body).json()["receipts"][0]["reason"]
        return reason

    assert told(5) == "counted"
    assert told(2) == "not_running"


def test_conversions_that_nothing_counts_are_refused(post: Call) -> None:
    experiment_running(now=timezone.now())
    experiment_make("draft")
    conversion_metric("leads_per_visitor", "leads")
    for experiment, metric, field in (
        ("weights-test", "nothing", "metric"),
        ("draft", "leads", "experiment"),
    ):
        found = post(CONVERSIONS, {"experiment": experiment, "unit": "c1", "metric": metric})
        assert (found.status_code, found.json()["extra"]["field"]) == (400, field)
    assert not Event.objects.exists()
    # The name that a metric filters by, and the key of any.
    for metric in ("leads", "cvr"):
        found = post(CONVERSIONS, {"experiment": "weights-test", "unit": "c1", "metric": metric})
        assert found.json()["accepted"] == 1, found.content


def test_expected_follows_the_reported_phase(post: Call) -> None:
    experiment_running(now=timezone.now(), coverage=0.2)
    phase = experiment_view("weights-test").phase
    assert phase is not None
    found = post(URL, [{"variant": "control", "client_id": f"c{n}"} for n in range(50)]).json()
    for number, receipt in enumerate(found["receipts"]):
        position = bucket(phase.salt, f"c{number}", 2)
        assert position is not None
        own = "control" if position < 0.1 else "treatment" if 0.5 <= position < 0.6 else None
        assert receipt["expected"] == own
