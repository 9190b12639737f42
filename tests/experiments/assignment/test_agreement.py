"""The real growthbook SDK, fed with our payload, gives every unit what the server gives it."""

import logging
import random
from collections.abc import Iterator

import pytest
from growthbook import GrowthBook

from apps.experiments.contracts.assignment import (
    Assignment,
    ExperimentSpec,
    HoldoutSpec,
    Json,
    LayerSpec,
    Reason,
    Status,
    StickySpec,
    VariantSpec,
)
from apps.experiments.domain.assignment.evaluation import FeatureSet
from apps.experiments.domain.assignment.payload import features_payload
from apps.experiments.domain.assignment.plan import AssignmentPlan
from tests.experiments.assignment.factory import AS_OF, person, phase_make, spec_make
from tests.experiments.assignment.public_cases import context_of

UNITS = 10_000
THREE = (VariantSpec("control"), VariantSpec("b", {"weights": [1, 2]}), VariantSpec("c", 3))
HOLDOUT = HoldoutSpec("global-2026", 0.1)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.getLogger("growthbook").setLevel(logging.ERROR)
    yield
    logging.getLogger("growthbook").setLevel(logging.NOTSET)


def specs() -> list[ExperimentSpec]:
    uneven = phase_make(salt="uneven:1", weights=(0.15, 0.6, 0.25))
    part = phase_make(2, salt="part:2", weights=(0.5, 0.2, 0.3), coverage=0.37)
    old = phase_make(salt="old", weights=(1 / 3, 1 / 3, 1 / 3), hash_version=1)
    targeting: dict[str, Json] = {
        "$or": [
            {"country": {"$in": ["DE", "FR"]}, "age": {"$gte": 18, "$lt": 65}},
            {"app": {"$vgte": "2.10.0"}, "$not": {"agent": {"$regexi": "bot"}}},
            {"tags": {"$elemMatch": {"$eq": "vip"}}, "plan": None, "tester": True},
        ]
    }
    forced = {f"user-{number}": ("b" if number % 2 else "c") for number in range(0, UNITS, 50)}
    common = {"variants": THREE, "holdout": HOLDOUT}
    return [
        spec_make(key="uneven", phases=(uneven,), **common),
        spec_make(key="part", phases=(uneven, part), **common, forced_units=forced | {"7": "b"}),
        spec_make(key="old", phases=(old,), variants=THREE),
        spec_make(key="left", phases=(uneven,), layer=LayerSpec("rank", ((0, 0.4),)), **common),
        spec_make(
            key="right",
            phases=(part,),
            layer=LayerSpec("rank", ((0.4, 0.7), (0.9, 1.0))),
            targeting=targeting,
            forced_units=forced,
            **common,
        ),
        spec_make(key="client", unit="client", phases=(part,), targeting=targeting, **common),
        spec_make(key="empty", phases=(part,), layer=LayerSpec("rank", ()), **common),
        spec_make(key="paused", phases=(uneven,), status=Status.PAUSED, **common),
    ]


def people() -> list[dict[str, Json]]:
    rng = random.Random(7)
    found = []
    for number in range(UNITS):
        one = person(f"user-{number}", client=f"c{rng.random()}")
        for name, values in {
            "country": ("DE", "FR", "IT", 5, None),
            "age": (17, 18, 40, 64.5, 65, "40", None, True),
            "app": ("2.9.0", "2.10.0", "3.0.0-rc.1", "v10.1.0", 2, None),
            "agent": ("Firefox", "GoogleBOT", "", None),
            "tags": (["vip", "new"], ["old"], "vip", []),
            "plan": (None, "pro", 0),
            "tester": (True, 1, "true", False),
        }.items():
            value = rng.choice(values)
            if value is not None or rng.random() < 0.5:
                one[name] = value  # type: ignore[assignment] # the tuples hold JSON of many types
        if number % 500 == 0:
            one["user_id"] = rng.choice([7, 12.5, 1e21, 0, "", None, True, float("inf")])
        if number % 97 == 0:
            one["user_id"] = f"ünït-😀-{number}"
        found.append(one)
    return found


def agree(sdk: GrowthBook, answer: Assignment, value: Json) -> None:
    theirs = sdk.eval_feature(answer.key)
    assert theirs.value == value, answer
    enrolled = theirs.experimentResult is not None
    assert enrolled is answer.counted, answer
    if theirs.experimentResult is not None:
        assert theirs.experimentResult.key == answer.variant


def test_10_000_units_get_the_same_everywhere() -> None:
    chosen = specs()
    values = {(spec.key, one.key): one.value for spec in chosen for one in spec.variants}
    plan = AssignmentPlan(chosen)
    payload = features_payload(chosen, AS_OF)
    sdk = GrowthBook(features=payload)
    features = FeatureSet(payload)
    reasons: set[Reason] = set()
    for one in people():
        sdk.set_attributes(one)
        for answer in plan.assign(one, AS_OF):
            agree(sdk, answer, values[answer.key, answer.variant])
            reasons.add(answer.reason)
        own = features.evaluate("right", context_of({"attributes": one}))
        assert own.value == sdk.eval_feature("right").value
    never = {Reason.OVERRIDE, Reason.STICKY, Reason.STICKY_BLOCKED, Reason.NO_PHASE}
    assert reasons == set(Reason) - never


def test_experiments_that_do_not_run_serve_control() -> None:
    spec = spec_make(status=Status.DRAFT)
    assert features_payload([spec], AS_OF) == {"weights": {"defaultValue": "control"}}


def test_the_payload_names_phase_and_variants() -> None:
    feature = features_payload([spec_make()], AS_OF)["weights"]
    assert isinstance(feature, dict)
    assert isinstance(feature["rules"], list)
    rule = feature["rules"][0]
    assert isinstance(rule, dict)
    assert rule["phase"] == "1"
    assert rule["meta"] == [
        {"key": "control", "name": "control"},
        {"key": "treatment", "name": "treatment"},
    ]
    assert rule["disableStickyBucketing"] is True


def test_stickiness_is_written_when_chosen() -> None:
    sticky = spec_make(sticky=StickySpec(3, oldest=2))
    feature = features_payload([sticky], AS_OF)["weights"]
    assert isinstance(feature, dict)
    assert isinstance(feature["rules"], list)
    rule = feature["rules"][0]
    assert isinstance(rule, dict)
    assert (rule["bucketVersion"], rule["minBucketVersion"]) == (3, 2)
    assert "disableStickyBucketing" not in rule


def test_forced_numbers_are_listed_as_both() -> None:
    payload = features_payload([spec_make(forced_units={"7": "control", "07": "control"})], AS_OF)
    assert "{'$in': ['7', 7.0, '07']}" in str(payload)
