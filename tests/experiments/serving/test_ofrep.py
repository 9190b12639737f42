"""OFREP 0.3, asked over HTTP, and by the real OpenFeature client against a live server."""

import json
from collections.abc import Iterator
from typing import Any

import openfeature.api
import pytest
from django.test import Client
from django.utils import timezone
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode

from apps.access.contracts import Scope
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.lifecycle import Outcome
from apps.experiments.domain.assignment.hashing import bucket
from apps.experiments.services.analysis import analysis_refresh
from apps.experiments.services.decision import experiment_decide
from apps.experiments.services.flags import flag_create, flag_publish, flag_switch
from apps.experiments.services.lifecycle import experiment_complete, experiment_pause
from apps.experiments.services.qa_tokens import qa_link_make
from tests.experiments.factories import experiment_make, experiment_running, people
from tests.experiments.serving.conftest import Call, key_make

pytestmark = pytest.mark.django_db
ARMS = (
    {"key": "control", "name": "A", "weight": 0.5},
    {"key": "treatment", "name": "B", "weight": 0.5},
)
ONE = "/ofrep/v1/evaluate/flags"


def flag_make(key: str, value_type: str, value: Json, **more: Json) -> None:
    maker, _ = people()
    definition = {"description": key, "value_type": value_type, "value": value, **more}
    flag_create(key=key, definition=definition, actor=maker)
    flag_publish(key=key, actor=maker, reason="a test")


def flags_make() -> None:
    flag_make("text", "string", "hello")
    flag_make("count", "integer", 3)
    flag_make("share", "float", 3)
    flag_make("on", "boolean", True)
    flag_make("box", "object", {"a": [1, 2.5], "b": None})
    flag_make("off", "boolean", True, off_value=False)
    maker, _ = people()
    flag_switch(key="off", enabled=False, actor=maker, reason="not now")
    flag_make(
        "rules",
        "string",
        "everybody",
        rules=[
            {"value": "german", "targeting": {"country": "DE"}},
            {"value": "some", "targeting": {}, "coverage": 0.4},
        ],
    )


def test_every_type_has_its_value_and_reason(post: Call) -> None:
    flags_make()
    wanted = {
        "text": ("hello", "STATIC", "default"),
        "count": (3, "STATIC", "default"),
        "share": (3.0, "STATIC", "default"),
        "on": (True, "STATIC", "default"),
        "box": ({"a": [1, 2.5], "b": None}, "STATIC", "default"),
        "off": (False, "DISABLED", "off"),
    }
    for key, (value, reason, variant) in wanted.items():
        answer = post(f"{ONE}/{key}", {})
        assert answer.status_code == 200, answer.content
        assert answer.json() == {
            "key": key, "value": value, "reason": reason, "variant": variant,
            "metadata": {"version": 1},
        }  # fmt: skip
    assert b'"value":3.0' in post(f"{ONE}/share", {"context": {}}).content


def test_rules_are_asked_in_order(post: Call) -> None:
    flags_make()
    german = post(f"{ONE}/rules", {"context": {"country": "DE"}}).json()
    assert (german["value"], german["reason"]) == ("german", "TARGETING_MATCH")
    reasons = set()
    for number in range(50):
        context = {"targetingKey": f"u{number}"}
        found = post(f"{ONE}/rules", {"context": context}).json()
        inside = (bucket("rules", f"u{number}", 2) or 0) < 0.4
        wanted = ("some", "SPLIT", "rule-2") if inside else ("everybody", "STATIC", "default")
        assert (found["value"], found["reason"], found["variant"]) == wanted
        reasons.add(found["reason"])
    assert reasons == {"SPLIT", "STATIC"}
    missing = post(f"{ONE}/rules", {"context": {}})
    assert missing.status_code == 400
    assert missing.json()["errorCode"] == "TARGETING_KEY_MISSING"


def test_an_experiment_is_a_flag_under_test(post: Call) -> None:
    maker, _ = people()
    experiment_running(now=timezone.now(), targeting={"country": "DE"})
    own = post(
        "/api/v1/experiments/weights-test/assign",
        {"unit": "u1", "attributes": {"country": "DE"}},
    ).json()
    url = f"{ONE}/weights-test"
    found = post(url, {"context": {"targetingKey": "u1", "country": "DE"}}).json()
    assert (found["value"], found["variant"], found["reason"]) == (
        own["value"],
        own["variant"],
        "SPLIT",
    )
    assert found["metadata"] == {
        "experiment": "weights-test", "phase": 1, "in_experiment": True, "counted": True,
        "endcap_reason": "split",
    }  # fmt: skip
    named = {"targetingKey": "someone", "client_id": "u1", "country": "DE"}
    assert post(url, {"context": named}).json()["variant"] == own["variant"]
    left = post(url, {"context": {"targetingKey": "u1"}}).json()
    assert (left["variant"], left["reason"]) == ("control", "STATIC")
    missing = post(url, {"context": {"country": "DE"}})
    assert (missing.status_code, missing.json()["errorCode"]) == (400, "TARGETING_KEY_MISSING")
    token = qa_link_make(key="weights-test", variant="treatment", actor=None).token
    qa = post(url, {"context": {"targetingKey": "u1", "qa": token}}).json()
    assert (qa["variant"], qa["reason"]) == ("treatment", "TARGETING_MATCH")
    assert not qa["metadata"]["counted"]
    experiment_pause(key="weights-test", actor=maker, reason="a test")
    paused = post(url, {"context": {"targetingKey": "u1", "country": "DE"}}).json()
    assert (paused["variant"], paused["reason"]) == ("control", "DISABLED")


def test_a_draft_is_no_flag_yet(post: Call) -> None:
    experiment_make()
    url = f"{ONE}/weights-test"
    refused = post(url, {"context": {"targetingKey": "u1"}})
    assert (refused.status_code, refused.json()["errorCode"]) == (404, "FLAG_NOT_FOUND")
    token = qa_link_make(key="weights-test", variant="treatment", actor=None).token
    found = post(url, {"context": {"targetingKey": "u1", "qa": token}}).json()
    assert found["variant"] == "treatment"


@pytest.mark.parametrize(
    ("outcome", "variant", "reason"),
    [
        ("ship", "treatment", "STATIC"),
        ("roll_back", "control", "DISABLED"),
        ("", "control", "DISABLED"),
    ],
)
def test_what_is_over_serves_what_was_decided(
    post: Call, outcome: str, variant: str, reason: str
) -> None:
    maker, _ = people()
    experiment_running()
    experiment_complete(key="weights-test", actor=maker, reason="a test")
    if outcome:
        analysis_refresh(key="weights-test", as_of=timezone.now())
        experiment_decide(
            key="weights-test",
            outcome=Outcome(outcome),
            variant="treatment" if outcome == "ship" else "",
            text="so be it",
            ship=False,
            actor=maker,
        )
    found = post(f"{ONE}/weights-test", {"context": {"targetingKey": "u1"}}).json()
    assert (found["variant"], found["reason"]) == (variant, reason)


def test_sticky_experiments_keep_their_promise(post: Call) -> None:
    experiment_running("stored", now=timezone.now(), stickiness="stored")
    experiment_running("carried", now=timezone.now(), stickiness="token")
    first = post(ONE, {"context": {"targetingKey": "u1"}}).json()["flags"]
    token = first[0]["metadata"]["sticky_token"]
    context = {"targetingKey": "u1", "sticky_token": token}
    again = post(ONE, {"context": context}).json()["flags"]
    assert [each["metadata"]["endcap_reason"] for each in first] == ["split", "split"]
    assert [each["metadata"]["endcap_reason"] for each in again] == ["sticky", "sticky"]
    single = post(f"{ONE}/stored", {"context": context}).json()
    assert single["metadata"]["endcap_reason"] == "sticky"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "PARSE_ERROR"),
        (b"[]", "PARSE_ERROR"),
        ({"context": "x"}, "INVALID_CONTEXT"),
        ({"context": {"targetingKey": 7}}, "INVALID_CONTEXT"),
    ],
)
def test_a_bad_body_has_its_code(post: Call, body: object, code: str) -> None:
    flags_make()
    answer = post(f"{ONE}/text", body)
    assert answer.status_code == 400
    assert answer.json()["errorCode"] == code
    assert answer.json()["key"] == "text"
    assert answer.json()["errorDetails"]
    bulk = post(ONE, body)
    assert (bulk.status_code, bulk.json()["errorCode"]) == (400, code)


def test_an_unknown_flag_is_not_found(post: Call) -> None:
    answer = post(f"{ONE}/nothing", {})
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "FLAG_NOT_FOUND")
    assert answer.json()["key"] == "nothing"


def test_all_at_once_with_an_etag(post: Call) -> None:
    flags_make()
    experiment_make("draft")
    experiment_running(now=timezone.now())
    body = {"context": {"targetingKey": "u1", "country": "DE"}}
    answer = post(ONE, body)
    assert answer.status_code == 200
    keys = [each["key"] for each in answer.json()["flags"]]
    assert keys == ["box", "count", "off", "on", "rules", "share", "text", "weights-test"]
    etag = answer["ETag"]
    for asked in (etag, f'W/{etag}, "x"', "*"):
        same = post(ONE, body, **{"If-None-Match": asked})
        assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag)
    other = post(ONE, {"context": {"targetingKey": "u1"}}, **{"If-None-Match": etag})
    assert other.status_code == 200
    nobody = post(ONE, {}).json()["flags"]
    faults = {each["key"]: each.get("errorCode") for each in nobody}
    assert faults["weights-test"] == faults["rules"] == "TARGETING_KEY_MISSING"
    assert faults["text"] is None


def test_both_ways_to_send_a_key_and_the_limit(client: Client) -> None:
    flags_make()
    key = key_make(Scope.EXPERIMENTS_ASSIGN, rate=2)
    for headers in ({"Authorization": f"Bearer {key}"}, {"X-API-Key": key}):
        answer = client.post(f"{ONE}/text", "{}", "application/json", headers=headers)
        assert answer.status_code == 200
    limited = client.post(f"{ONE}/text", "{}", "application/json", headers={"X-API-Key": key})
    assert limited.status_code == 429
    assert int(limited["Retry-After"]) >= 1
    assert client.post(f"{ONE}/text", "{}", "application/json").status_code == 401


@pytest.fixture
def openfeature_client(live_server: Any) -> Iterator[OpenFeatureClient]:
    key = key_make(Scope.EXPERIMENTS_ASSIGN, rate=1000)
    provider = OFREPProvider(
        live_server.url, headers_factory=lambda: {"Authorization": f"Bearer {key}"}
    )
    openfeature.api.set_provider(provider)
    yield openfeature.api.get_client()
    provider.session.close()
    openfeature.api.clear_providers()


@pytest.mark.django_db(transaction=True)
def test_the_real_client_reads_all_of_it(openfeature_client: OpenFeatureClient) -> None:
    flags_make()
    arms = [{**arm, "payload": {"a": number}} for number, arm in enumerate(ARMS)]
    experiment_running(now=timezone.now(), variants=arms)
    client = openfeature_client
    user = EvaluationContext("u1", {"country": "DE"})
    assert client.get_string_value("text", "x") == "hello"
    assert client.get_integer_value("count", 0) == 3
    share = client.get_float_details("share", 0.5)
    assert (share.value, share.error_code) == (3.0, None)
    assert client.get_boolean_value("on", False) is True
    assert client.get_object_value("box", {}) == {"a": [1, 2.5], "b": None}
    off = client.get_boolean_details("off", True)
    assert (off.value, off.reason, off.variant) == (False, "DISABLED", "off")
    rules = client.get_string_details("rules", "x", user)
    assert (rules.value, rules.reason) == ("german", "TARGETING_MATCH")
    missing = client.get_string_details("rules", "x", EvaluationContext(attributes={"a": 1}))
    assert (missing.value, missing.error_code) == ("x", ErrorCode.TARGETING_KEY_MISSING)
    unknown = client.get_string_details("nothing", "x", user)
    assert (unknown.value, unknown.error_code) == ("x", ErrorCode.FLAG_NOT_FOUND)
    wrong = client.get_boolean_details("text", False, user)
    assert wrong.error_code is ErrorCode.TYPE_MISMATCH
    tried = client.get_object_details("weights-test", {}, EvaluationContext("u1"))
    assert tried.value == {"control": {"a": 0}, "treatment": {"a": 1}}[str(tried.variant)]
    assert (tried.reason, tried.flag_metadata["phase"]) == ("SPLIT", 1)


@pytest.mark.django_db(transaction=True)
def test_the_real_client_waits_when_it_is_told_to(live_server: Any) -> None:
    flags_make()
    key = key_make(Scope.EXPERIMENTS_ASSIGN, rate=1)
    provider = OFREPProvider(live_server.url, headers_factory=lambda: {"X-API-Key": key})
    assert provider.resolve_string_details("text", "x").value == "hello"
    for _ in range(2):
        with pytest.raises(Exception, match=r"Rate limited|paused"):
            provider.resolve_string_details("text", "x")
    assert provider.retry_after is not None
    provider.session.close()
    wrong = OFREPProvider(live_server.url)
    with pytest.raises(Exception, match="unauthorized"):
        wrong.resolve_string_details("text", "x")
    wrong.session.close()


def test_the_schema_of_metadata_is_flat(post: Call) -> None:
    """OpenFeature's metadata holds booleans, texts and numbers only."""
    experiment_running(now=timezone.now())
    found = post(f"{ONE}/weights-test", {"context": {"targetingKey": "u"}}).json()
    assert all(isinstance(each, bool | str | int | float) for each in found["metadata"].values())
    assert json.dumps(found)
