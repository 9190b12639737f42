"""The payload of /api/features in the real growthbook SDK: the same variant as the server's."""

import logging
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from growthbook import GrowthBook
from growthbook.growthbook import feature_repo

from apps.access.contracts import Scope
from apps.access.selectors import key_record_for
from apps.access.services import api_key_revoke
from apps.experiments.services.forced import forced_units_set
from apps.experiments.services.layers import holdout_draft, holdout_publish, layer_create
from apps.experiments.services.lifecycle import experiment_pause
from tests.experiments.factories import experiment_make, experiment_running, people
from tests.experiments.serving.conftest import ORIGIN, Call, key_make
from tests.experiments.serving.test_ofrep import flags_make

pytestmark = pytest.mark.django_db
UNITS = 10_000
THREE = [
    {"key": "control", "name": "As it is", "weight": 0.15},
    {"key": "b", "name": "B", "weight": 0.6, "payload": {"weights": [0.5, 0.5]}},
    {"key": "c", "name": "C", "weight": 0.25, "payload": 3},
]
TARGETING = {
    "$or": [
        {"country": {"$in": ["DE", "FR"]}, "age": {"$gte": 18, "$lt": 65}},
        {"app": {"$vgte": "2.10.0"}, "tags": {"$elemMatch": {"$eq": "vip"}}},
    ]
}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.getLogger("growthbook").setLevel(logging.ERROR)
    yield
    logging.getLogger("growthbook").setLevel(logging.NOTSET)
    feature_repo.clear_cache()
    if feature_repo.http is not None:
        # An idle connection would keep a thread of the live server, and its database, waiting.
        feature_repo.http.clear()
        feature_repo.http = None


@pytest.fixture
def storefront_key(db: None) -> str:
    return key_make(Scope.EXPERIMENTS_ASSIGN, public=True)


def experiments_make() -> list[str]:
    """Uneven weights, part coverage, two of one layer, targeting, forced units, a holdout."""
    maker, _ = people()
    holdout_draft(share=0.1, actor=maker)
    holdout_publish(actor=maker, reason="a test")
    layer_create(name="ranking", actor=maker)
    now = timezone.now()
    experiment_running("uneven", now=now, variants=THREE)
    experiment_running("part", now=now, variants=THREE, coverage=0.37, holdout=False)
    left = {"name": "ranking", "low": 0.0, "high": 0.4}
    right = {"name": "ranking", "low": 0.4, "high": 0.9}
    experiment_running("left", now=now, variants=THREE, layer=left)
    experiment_running(
        "right", now=now, variants=THREE, layer=right, targeting=TARGETING, coverage=0.8
    )
    experiment_running("by-user", now=now, variants=THREE, unit="user", targeting=TARGETING)
    experiment_running("paused", now=now, variants=THREE)
    experiment_pause(key="paused", actor=maker, reason="a test")
    forced = {f"c{number}": ("b" if number % 2 else "c") for number in range(0, UNITS, 50)}
    for key in ("uneven", "right"):
        forced_units_set(key=key, units=forced, actor=maker)
    return ["uneven", "part", "left", "right", "by-user", "paused"]


def people_of(count: int) -> list[dict[str, Any]]:
    rng = random.Random(7)
    found = []
    for number in range(count):
        one: dict[str, Any] = {"client_id": f"c{number}", "user_id": f"user-{rng.random()}"}
        for name, values in {
            "country": ("DE", "FR", "IT"),
            "age": (17, 18, 40, 64.5, 65),
            "app": ("2.9.0", "2.10.0", "3.0.0-rc.1"),
            "tags": (["vip", "new"], ["old"], []),
        }.items():
            if rng.random() < 0.8:
                one[name] = rng.choice(values)
        found.append(one)
    return found


def payload_of(client: Client, key: str) -> dict[str, Any]:
    answer = client.get(f"/api/features/{key}")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_10_000_units_get_the_same_from_both(
    client: Client, post: Call, storefront_key: str
) -> None:
    keys = experiments_make()
    experiment_make("draft")
    shoppers = people_of(UNITS)
    features = payload_of(client, storefront_key)["features"]
    assert set(features) == set(keys)
    sdk = GrowthBook(features=features)
    reasons = set()
    for start in range(0, UNITS, 1000):
        batch = shoppers[start : start + 1000]
        body = {"units": [{"attributes": one} for one in batch]}
        server = {
            key: post(f"/api/v1/experiments/{key}/assign", body).json()["assignments"]
            for key in keys
        }
        for place, one in enumerate(batch):
            sdk.set_attributes(one)
            for key in keys:
                ours, theirs = server[key][place], sdk.eval_feature(key)
                assert theirs.value == ours["value"], ours
                assert (theirs.experimentResult is not None) is ours["counted"], ours
                if theirs.experimentResult is not None:
                    assert theirs.experimentResult.key == ours["variant"]
                reasons.add(ours["reason"])
    assert reasons == {
        "split", "forced_unit", "holdout", "layer", "targeting", "coverage", "not_running",
    }  # fmt: skip


def test_flags_are_the_same_from_both(client: Client, post: Call, storefront_key: str) -> None:
    flags_make()
    sdk = GrowthBook(features=payload_of(client, storefront_key)["features"])
    rule = payload_of(client, storefront_key)["features"]["rules"]["rules"][1]
    assert (rule["range"], rule["hashVersion"]) == ([0, 0.4], 2)
    for one in people_of(1000):
        sdk.set_attributes(one)
        answer = post("/ofrep/v1/evaluate/flags", {"context": one}).json()["flags"]
        for flag in answer:
            assert sdk.eval_feature(flag["key"]).value == flag["value"], flag


def test_the_payload_is_cached_and_costs_no_query(client: Client, storefront_key: str) -> None:
    experiment_running(now=timezone.now())
    url = f"/api/features/{storefront_key}"
    first = client.get(url)
    assert first["Cache-Control"] == "public, max-age=30, stale-while-revalidate=30"
    assert set(first.json()) == {"status", "features", "experiments", "dateUpdated"}
    with CaptureQueriesContext(connection) as statements:
        again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert len(statements) == 0
    experiment_running("second", now=timezone.now())
    moved = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert moved.status_code == 200
    assert "second" in moved.json()["features"]


def test_only_a_living_storefront_key_reads_it(client: Client, storefront_key: str) -> None:
    experiment_running(now=timezone.now())
    url = f"/api/features/{storefront_key}"
    assert client.get(url, headers={"Origin": ORIGIN}).status_code == 200
    allowed = client.get(url, headers={"Origin": ORIGIN})
    assert allowed["Access-Control-Allow-Origin"] == ORIGIN
    assert client.get(url, headers={"Origin": "https://else.example"}).status_code == 403
    private = key_make(Scope.EXPERIMENTS_ASSIGN)
    assert client.get(f"/api/features/{private}").status_code == 401
    assert client.get("/api/features/nothing").status_code == 401
    assert client.post(url, "{}", "application/json").status_code == 405
    record = key_record_for(storefront_key)
    assert record is not None
    assert record.principal.key_id is not None
    api_key_revoke(key_id=record.principal.key_id, actor=None)
    assert client.get(url).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_the_real_sdk_loads_it_and_reports_back(
    live_server: Any, client: Client, post: Call
) -> None:
    """As docs/experiments-developers.md has it."""
    experiment_running(now=timezone.now())
    key = key_make(Scope.EXPERIMENTS_ASSIGN, public=True)
    seen: list[dict[str, Any]] = []

    def track(*, experiment: Any, result: Any, **_more: Any) -> None:
        event = {
            "type": "exposure",
            "experiment": experiment.key,
            "variant": result.key,
            "client_id": "c1",
            "occurred_at": timezone.now().isoformat(),
            "attributes": {"phase": int(experiment.phase)},
        }
        seen.append(event)

    sdk = GrowthBook(
        api_host=live_server.url,
        client_key=key,
        attributes={"client_id": "c1"},
        on_experiment_viewed=track,
    )
    sdk.load_features()
    value = sdk.get_feature_value("weights-test", "missing")
    assert value != "missing"
    ours = post("/api/v1/experiments/weights-test/assign", {"unit": "c1"}).json()
    assert value == ours["value"]
    (event,) = seen
    assert (event["variant"], event["attributes"]) == (ours["variant"], {"phase": 1})
    assert post("/api/v1/events", event).status_code == 200
    sdk.destroy()
