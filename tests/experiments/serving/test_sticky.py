"""A unit keeps its first variant across salts: stored in Redis, or in a token it sends back."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.common.redis import redis_client
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.assign import assignments_for
from apps.experiments.services.design import (
    experiment_approve,
    experiment_edit,
    experiment_submit,
)
from apps.experiments.services.lifecycle import experiment_start
from apps.experiments.services.sticky import (
    NOTHING_KNOWN,
    sticky_keys,
    sticky_known,
    sticky_remember,
    sticky_token_of,
)
from tests.experiments.factories import design_make, experiment_running, people
from tests.experiments.serving.conftest import Call

pytestmark = pytest.mark.django_db
URL = "/api/v1/experiments/weights-test/assign"
UNITS = [f"c{number}" for number in range(60)]
_ARMS = design_make()["variants"]


def weights_change() -> None:
    """Other weights: a new phase, a new salt, and everybody would be hashed anew."""
    maker, checker = people()
    changed = [{**arm, "weight": weight} for arm, weight in zip(_ARMS, (0.2, 0.8), strict=True)]  # type: ignore[arg-type, dict-item]  # a list of objects
    stickiness = stickiness_now()
    experiment_edit(
        key="weights-test",
        design=design_make(variants=changed, stickiness=stickiness),
        actor=maker,
    )
    experiment_submit(key="weights-test", actor=maker)
    experiment_approve(key="weights-test", actor=checker)
    experiment_start(key="weights-test", actor=maker, reason="other weights")


def stickiness_now() -> str:
    return experiment_view("weights-test").design.stickiness.value


def variants(answers: list[dict[str, Any]]) -> list[str]:
    return [each["variant"] for each in answers]


def degraded(reason: str) -> float:
    labels = {"component": "sticky", "reason": reason}
    return REGISTRY.get_sample_value("endcap_degraded_total", labels) or 0.0


def test_without_stickiness_a_new_salt_moves_units(post: Call) -> None:
    experiment_running(now=timezone.now() - timedelta(hours=1))
    before = variants(post(URL, {"units": UNITS}).json()["assignments"])
    weights_change()
    assert variants(post(URL, {"units": UNITS}).json()["assignments"]) != before
    assert redis_client().keys("endcap:sticky:*") == []


def test_stored_assignments_survive_a_new_salt(post: Call, round_trips: list[bytes]) -> None:
    experiment_running(now=timezone.now() - timedelta(hours=1), stickiness="stored")
    first = post(URL, {"units": UNITS}).json()
    assert first["degraded"] == []
    weights_change()
    post(URL, {"unit": "new"})
    round_trips.clear()
    with CaptureQueriesContext(connection) as statements:
        again = post(URL, {"units": UNITS}).json()["assignments"]
    assert len(statements) == 0
    assert len(round_trips) == 1  # the rate limit brought them along
    assert variants(again) == variants(first["assignments"])
    assert {each["reason"] for each in again} == {"sticky"}
    assert all(each["counted"] for each in again)
    fresh = post(URL, {"units": [f"n{number}" for number in range(60)]}).json()["assignments"]
    assert {each["reason"] for each in fresh} == {"split"}
    ttl = redis_client().ttl("endcap:sticky:client_id||c1")
    assert 0 < ttl <= settings.EXPERIMENT_STICKY_DAYS * 86_400


@pytest.mark.usefixtures("redis_gone")
def test_without_redis_the_hash_decides_and_it_is_counted(post: Call) -> None:
    experiment_running(now=timezone.now(), stickiness="stored")
    before = degraded("redis")
    answer = post(URL, {"unit": "c1"}).json()
    assert answer["reason"] == "split"
    assert answer["degraded"] == ["redis", "sticky"]
    assert degraded("redis") == before + 1


def test_a_token_survives_a_new_salt_and_is_worth_nothing_elsewhere(post: Call) -> None:
    experiment_running(now=timezone.now() - timedelta(hours=1), stickiness="token")
    first = {unit: post(URL, {"unit": unit}).json() for unit in UNITS}
    assert all(each["sticky_token"] for each in first.values())
    weights_change()
    moved = 0
    for unit, given in first.items():
        token = given["sticky_token"]
        again = post(URL, {"unit": unit, "sticky_token": token}).json()
        assert (again["variant"], again["reason"]) == (given["variant"], "sticky")
        assert again["sticky_token"] == token
        other = post(URL, {"unit": f"{unit}x", "sticky_token": token}).json()
        assert other["reason"] == "split"
        moved += post(URL, {"unit": unit}).json()["variant"] != given["variant"]
    assert moved
    assert redis_client().keys("endcap:sticky:*") == []


def test_a_forged_token_is_counted_and_ignored(post: Call) -> None:
    experiment_running(now=timezone.now(), stickiness="token")
    before = degraded("token")
    token = post(URL, {"unit": "c1"}).json()["sticky_token"]
    body, signature = token.split(".")
    for bad in (f"{body}.{signature[::-1]}", body, "x.y", f"{body}A.{signature}"):
        assert post(URL, {"unit": "c1", "sticky_token": bad}).json()["reason"] == "split"
    assert degraded("token") == before + 4


def test_a_surface_reads_remembers_and_answers_in_the_same_way() -> None:
    now = timezone.now()
    experiment_running("stored", now=now, stickiness="stored", surface="any")
    experiment_running("carried", now=now, stickiness="token", surface="any", unit="user")
    attributes: dict[str, Any] = {"client_id": "c1", "user_id": "u1"}
    keys = sticky_keys(surface="search", attributes=attributes)
    assert keys == ("endcap:sticky:client_id||c1",)
    assert sticky_keys(surface="search", attributes={"user_id": "u1"}) == ()
    served = assignments_for(surface="search", attributes=attributes, as_of=now)
    assert sticky_remember(served=served, known=NOTHING_KNOWN, attributes=attributes)
    token = sticky_token_of(served=served, known=NOTHING_KNOWN, attributes=attributes)
    raw: Any = redis_client().hgetall(keys[0])
    stored = {name.decode(): value.decode() for name, value in raw.items()}
    known = sticky_known(hashes={keys[0]: stored}, keys=keys, token=token, attributes=attributes)
    assert set(known.assignments) == {"stored__0", "carried__0"}
    again = assignments_for(
        surface="search", attributes=attributes, as_of=now, sticky=known.assignments
    )
    assert [each.assignment.reason for each in again] == ["sticky", "sticky"]
    assert [each.assignment.variant for each in again] == [
        each.assignment.variant for each in served
    ]
    assert sticky_remember(served=again, known=known, attributes=attributes)
    assert sticky_token_of(served=again, known=known, attributes=attributes) == token
