from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.access.contracts import Scope
from apps.access.models import AuditEntry, User
from apps.experiments.models import Analysis, Experiment, ExperimentVersion
from apps.experiments.selectors.experiments import experiment_view
from tests.experiments.api.conftest import ROOT, Send, key_client, person_client, sender
from tests.experiments.factories import (
    design_make,
    experiment_make,
    experiment_running,
    metrics_make,
)

pytestmark = pytest.mark.django_db
KEY = "weights-test"
ONE = f"/{KEY}"


def new(**changes: Any) -> dict[str, Any]:
    metrics_make("cvr")
    return {"key": KEY, **design_make(**changes)}


def test_create_read_and_list(api: Send) -> None:
    made = api("post", "", new())
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["key"], body["status"], body["owner"]) == (KEY, "draft", "")
    assert body["design"]["variants"][1]["payload"] == {"a": 1}
    assert body["proposal"]["status"] == "draft"
    assert api("get", ONE).json() == body
    listed = api("get").json()
    assert (listed["count"], listed["limit"], listed["offset"]) == (1, 100, 0)
    assert listed["results"][0]["variants"] == ["control", "treatment"]
    assert api("get", "?status=running,paused").json()["count"] == 0
    assert AuditEntry.objects.filter(action="experiment.created", actor_name="key:tests").exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "key"),
        ({"key": 3}, "key"),
        ({"key": "plan", "name": "x"}, "name"),
        ({"x": 1}, "x"),
        ({"variants": [{"key": "a"}]}, "variants"),
        ({"coverage": 1.01}, "coverage"),
        ({"metrics": [{"key": "nope", "role": "primary"}]}, "metrics[0].key"),
    ],
)
def test_bad_input_names_the_field_and_stores_nothing(api: Send, body: Any, field: str) -> None:
    if isinstance(body, dict) and body and "key" not in body:
        body = {**new(), **body}
    elif body == {"key": "plan", "name": "x"}:
        body = {**new(name=""), "key": "plan"}
    answer = api("post", "", body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert answer.json()["extra"]["field"] == field
    assert Experiment.objects.count() == 0


@pytest.mark.parametrize("key", ["plan", "conversions", "flags", "a b", "", "ä" * 3])
def test_bad_keys(api: Send, key: str) -> None:
    answer = api("post", "", {**new(), "key": key})
    assert (answer.status_code, answer.json()["extra"]["field"]) == (400, "key")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("?limit=x", "limit"),
        ("?limit=1001", "limit"),
        ("?offset=-1", "offset"),
        ("?status=x", "status"),
        ("?colour=red", "colour"),
        (f"{ONE}?x=1", "x"),
        (f"{ONE}/requirements?action=dance", "action"),
    ],
)
def test_bad_parameters(api: Send, path: str, field: str) -> None:
    experiment_make()
    answer = api("get", path)
    assert (answer.status_code, answer.json()["extra"]["field"]) == (400, field)


def test_from_idea_to_decision_by_people(maker: Send, checker: Send) -> None:
    assert maker("post", "", new()).status_code == 201
    assert maker("put", f"{ONE}/status", {"status": "in_review"}).json()["status"] == "in_review"
    refused = maker("post", f"{ONE}/approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "maker_is_checker")
    early = maker("put", f"{ONE}/status", {"status": "running"})
    assert (early.status_code, early.json()["code"]) == (409, "requirements_missing")
    assert [each["code"] for each in early.json()["extra"]["requirements"]] == ["approved"]
    checklist = maker("get", f"{ONE}/requirements").json()
    assert (checklist["action"], checklist["ready"]) == ("start", False)
    assert checker("post", f"{ONE}/approve", {"reason": "Good."}).json()["proposal"]["approved"]
    running = maker("put", f"{ONE}/status", {"status": "running", "reason": "Monday"}).json()
    assert (running["status"], running["proposal"]) == ("running", None)
    (phase,) = running["phases"]
    assert (phase["number"], phase["weights"], phase["reason"]) == (
        1,
        {"control": 0.5, "treatment": 0.5},
        "Monday",
    )
    for status in ("paused", "running"):
        assert maker("put", f"{ONE}/status", {"status": status}).status_code == 200
    nothing = maker("post", f"{ONE}/decision", {"outcome": "ship", "variant": "treatment",
                                                "text": "x"})  # fmt: skip
    assert nothing.status_code == 409
    assert maker("get", f"{ONE}/decision").json()["code"] == "undecided"
    Analysis.objects.create(
        experiment_id=experiment_view(KEY).id, as_of="2026-11-20T00:00:00Z",
        computed_at="2026-11-20T00:00:00Z", action="ship", health="ok", document={},
    )  # fmt: skip
    decided = maker("post", f"{ONE}/decision", {"outcome": "ship", "variant": "treatment",
                                                "text": "It sells.", "ship": True})  # fmt: skip
    assert decided.status_code == 201, decided.content
    decision = decided.json()["decision"]
    assert (decision["outcome"], decision["shipped"]["served_as"]) == ("ship", "flag")
    assert maker("get", f"{ONE}/decision").json() == decision
    lines = maker("get", f"{ONE}/activity").json()["results"]
    assert [line["action"] for line in lines] == [
        "created", "submitted", "approved", "started", "paused", "resumed", "decided", "shipped",
    ]  # fmt: skip
    assert (lines[2]["actor"], lines[2]["reason"]) == ("chris", "Good.")
    assert maker("post", f"{ONE}/ship").json()["code"] == "shipped_already"


def test_a_change_is_proposed_and_applied(maker: Send, checker: Send) -> None:
    maker("post", "", new(coverage=0.1))
    maker("post", f"{ONE}/submit")
    checker("post", f"{ONE}/approve")
    maker("post", f"{ONE}/start", {"reason": "go"})
    proposed = maker("patch", ONE, {"coverage": 0.5}).json()
    assert (proposed["design"]["coverage"], proposed["proposal"]["design"]["coverage"]) == (
        0.1,
        0.5,
    )
    assert len(proposed["phases"]) == 1
    maker("post", f"{ONE}/submit")
    assert checker("post", f"{ONE}/reject").json()["extra"]["field"] == "reason"
    checker("post", f"{ONE}/reject", {"reason": "Not yet."})
    maker("post", f"{ONE}/submit")
    maker("post", f"{ONE}/withdraw")
    whole = maker("put", ONE, design_make(coverage=0.6)).json()
    assert whole["proposal"]["design"]["coverage"] == 0.6
    maker("post", f"{ONE}/submit")
    checker("post", f"{ONE}/approve")
    assert maker("post", f"{ONE}/start").json()["extra"]["field"] == "reason"
    applied = maker("post", f"{ONE}/start", {"reason": "wider"}).json()
    assert [phase["coverage"] for phase in applied["phases"]] == [0.1, 0.6]
    assert applied["phases"][0]["ends_at"] == applied["phases"][1]["starts_at"]
    frozen = maker("patch", ONE, {"unit": "user"})
    assert (frozen.status_code, frozen.json()["extra"]["field"]) == (400, "unit")
    changed = maker("get", f"{ONE}/activity").json()["results"][-1]["changes"]
    assert {"path": "phase.coverage", "before": 0.1, "after": 0.6} in changed


def test_the_kill_switch_asks_nobody(api: Send) -> None:
    experiment_running()
    killed = api("post", f"{ONE}/kill")
    assert (killed.status_code, killed.json()["status"]) == (200, "paused")
    again = api("post", f"{ONE}/kill")
    assert (again.status_code, again.json()["code"]) == (409, "status_refused")


def test_a_planned_step_before_its_time(api: Send) -> None:
    ramp = {"ramp": [{"coverage": 0.5, "after_hours": 24}]}
    experiment_running(coverage=0.1, schedule=ramp, now=None)
    wider = api("post", f"{ONE}/phases", {"coverage": 0.5, "reason": "calm"}).json()
    assert [phase["coverage"] for phase in wider["phases"]] == [0.1, 0.5]
    refused = api("post", f"{ONE}/phases", {"coverage": 0.7, "reason": "x"})
    assert (refused.status_code, refused.json()["extra"]["field"]) == (400, "coverage")
    unsaid = api("post", f"{ONE}/phases", {"reason": "x"})
    assert unsaid.json()["extra"]["field"] == "coverage"


def test_forced_units(api: Send) -> None:
    experiment_running()
    units = {"units": {"c-1": "treatment"}}
    assert api("put", f"{ONE}/forced-units", units).json() == units
    assert api("get", f"{ONE}/forced-units").json() == units
    for body, field in (
        ({}, "units"),
        ({"units": {"c": "nobody"}}, "units.c"),
        ({"units": {"c": 3}}, "units.c"),
        ({**units, "x": 1}, "x"),
    ):
        answer = api("put", f"{ONE}/forced-units", body)
        assert (answer.status_code, answer.json()["extra"]["field"]) == (400, field)
    assert api("get", f"{ONE}/forced-units").json() == units


def test_an_unknown_field_takes_no_step(api: Send) -> None:
    experiment_running()
    for step in ("kill", "start", "submit"):
        answer = api("post", f"{ONE}/{step}", {"raeson": "x"})
        assert (answer.status_code, answer.json()["extra"]["field"]) == (400, "raeson")
    wrong = api("put", f"{ONE}/status", {"status": "gone"})
    assert (wrong.status_code, wrong.json()["extra"]["field"]) == (400, "status")
    assert api("put", f"{ONE}/status", {}).json()["extra"]["field"] == "status"
    assert experiment_view(KEY).status.value == "running"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/none"),
        ("patch", "/none"),
        ("put", "/none/status"),
        ("post", "/none/kill"),
        ("get", "/none/activity"),
        ("get", "/none/requirements"),
        ("get", "/none/forced-units"),
        ("get", "/none/decision"),
    ],
)
def test_what_is_not_there(api: Send, method: str, path: str) -> None:
    body = {"status": "paused"} if path.endswith("status") else None
    answer = api(method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_analysts_read_and_do_not_write(analyst: Send) -> None:
    experiment_running()
    for path in ("", ONE, f"{ONE}/activity", f"{ONE}/requirements", f"{ONE}/forced-units"):
        assert analyst("get", path).status_code == 200
    for method, path in (("post", ""), ("patch", ONE), ("put", f"{ONE}/status"),
                         ("post", f"{ONE}/kill")):  # fmt: skip
        answer = analyst(method, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_a_scope_does_not_outweigh_a_permission() -> None:
    from django.contrib.auth.models import Permission

    from apps.access.models import User

    client = person_client("pim")
    pim = User.objects.get(username="pim")
    for codename in ("scope_experiments_write", "change_experiment"):
        pim.user_permissions.add(Permission.objects.get(codename=codename))
    client.force_login(User.objects.get(pk=pim.pk))
    experiment_running()
    send = sender(client)
    for path in (f"{ONE}/kill", f"{ONE}/approve"):
        answer = send("post", path)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
    refused = send("put", f"{ONE}/status", {"status": "paused"})
    assert refused.json()["extra"] == {"required_permission": "experiments.start_experiment"}


def test_keys_need_the_scope(client: Client) -> None:
    assert client.get("/api/v1/experiments").status_code == 401
    send = sender(key_client(Scope.EXPERIMENTS_ASSIGN))
    assert send("get").json()["code"] == "scope_missing"
    reader = sender(key_client(Scope.EXPERIMENTS_READ))
    assert reader("get").status_code == 200
    assert reader("post", "", new()).status_code == 403


def test_a_key_is_no_second_person(api: Send) -> None:
    api("post", "", new())
    api("post", f"{ONE}/submit")
    answer = api("post", f"{ONE}/approve")
    assert (answer.status_code, answer.json()["code"]) == (403, "maker_is_checker")


def _drafted_by() -> str:
    entry = AuditEntry.objects.get(action="version.draft_create", subject_type="experiment")
    return entry.actor_name


def test_who_made_a_key_does_not_review_what_it_wrote(checker: Send) -> None:
    """Else a key drafts, and the person who holds it approves: one person decides."""
    root, _ = User.objects.get_or_create(username="root", is_superuser=True, is_staff=True)
    admin = Client()
    admin.force_login(root)
    holder = sender(admin)
    key = sender(key_client(Scope.EXPERIMENTS_READ, Scope.EXPERIMENTS_WRITE, made_by=root))
    assert key("post", "", new()).status_code == 201
    assert key("put", ONE, design_make(name="Again")).status_code == 200
    assert key("post", f"{ONE}/submit").status_code == 200
    assert ExperimentVersion.objects.get(subject="weights-test").created_by == root
    refused = holder("post", f"{ONE}/approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "maker_is_checker")
    assert checker("post", f"{ONE}/approve").status_code == 200
    # The audit goes on naming the key.
    assert _drafted_by() == "key:tests"


def test_a_key_of_somebody_else_edits_nobodys_draft(maker: Send) -> None:
    root, _ = User.objects.get_or_create(username="root", is_superuser=True, is_staff=True)
    key = sender(key_client(Scope.EXPERIMENTS_READ, Scope.EXPERIMENTS_WRITE, made_by=root))
    assert maker("post", "", new()).status_code == 201
    refused = key("put", ONE, design_make(name="Again"))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_the_author")


def test_the_same_post_twice_creates_once(api: Send) -> None:
    body = new()
    first = api("post", "", body, **{"Idempotency-Key": "k-1"})
    second = api("post", "", body, **{"Idempotency-Key": "k-1"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    other = api("post", "", {**body, "name": "Other"}, **{"Idempotency-Key": "k-1"})
    assert other.status_code == 422
    again = api("post", "", body)
    assert (again.status_code, again.json()["code"]) == (409, "key_taken")


def test_a_list_of_any_length_costs_the_same(
    api: Send, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(3):
        experiment_running(f"test-{place}")
    api("get")
    with django_assert_max_num_queries(6):
        assert api("get", "?limit=2").json()["count"] == 3


@pytest.mark.parametrize(
    "body", ["[" * 100_000 + "]" * 100_000, '{"a":' * 50_000 + "1" + "}" * 50_000]
)
def test_bodies_nested_too_deep_are_refused(body: str) -> None:
    client = key_client(Scope.EXPERIMENTS_READ, Scope.EXPERIMENTS_WRITE)
    for path in ("", "/plan", "/weights-test/start"):
        answer = client.post(f"{ROOT}{path}", data=body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


def test_attributes_nested_too_deep_are_refused(api: Send) -> None:
    experiment_running()
    attributes = '{"a":' + "[" * 2_000 + "]" * 2_000 + "}"
    answer = api("get", f"/weights-test/trace?unit=u&attributes={attributes}")
    assert (answer.status_code, answer.json()["extra"]["field"]) == (400, "attributes")
