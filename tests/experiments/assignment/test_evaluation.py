"""Golden rows of the public feature format, written by hand from its specification.

Buckets used below (version 1): "1" under "feature" and so on are computed by `bucket`; ranges
are placed around them so that the rows say what they test.
"""

from typing import Any

import pytest

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.features import EvaluationContext, FeatureSource
from apps.experiments.domain.assignment.evaluation import FeatureSet
from apps.experiments.domain.assignment.hashing import bucket
from apps.experiments.domain.assignment.sticky import document_key, experiment_key

Changes = dict[str, Any]  # any field of a context
Document = dict[str, Any]  # JSON of mixed types, written by hand
USER: dict[str, Json] = {"id": "u1", "country": "DE"}
AT = bucket("feature", "u1", 1)
assert AT is not None
AROUND = [AT, AT + 0.001]
ELSEWHERE = [AT + 0.001, 1]
TWO: Document = {"variations": ["a", "b"]}

# rules, context, value, source, note
RULES: list[Any] = [
    ([], {}, "default", "defaultValue", "no rules"),
    ([{"force": "x"}], {}, "x", "force", "forced"),
    ([{"force": None}], {}, None, "force", "null may be forced"),
    ([{"force": "x", "condition": {"country": "FR"}}], {}, "default", "defaultValue", "condition"),
    ([{"force": "x", "coverage": 0}], {}, "default", "defaultValue", "coverage 0 reaches none"),
    ([{"force": "x", "coverage": 1}], {}, "x", "force", "coverage 1 reaches all"),
    ([{"force": "x", "coverage": AT - 0.001}], {}, "default", "defaultValue", "below the bucket"),
    ([{"force": "x", "range": AROUND}], {}, "x", "force", "inside the range"),
    ([{"force": "x", "range": ELSEWHERE, "coverage": 1}], {}, "default", "defaultValue", "a range wins over coverage"),
    ([{"force": "x", "coverage": 1, "hashAttribute": "other"}], {}, "default", "defaultValue", "no unit"),
    ([{"force": "x", "coverage": 1, "hashVersion": 9}], {}, "default", "defaultValue", "unknown hash"),
    ([{"force": "x", "filters": [{"seed": "feature", "hashVersion": 1, "ranges": [AROUND]}]}], {}, "x", "force", "inside a filter"),
    ([{"force": "x", "filters": [{"seed": "feature", "hashVersion": 1, "ranges": [ELSEWHERE]}]}], {}, "default", "defaultValue", "outside a filter"),
    ([{"force": "x", "filters": [{"seed": "s", "attribute": "no", "ranges": [[0, 1]]}]}], {}, "default", "defaultValue", "a filter without a unit"),
    ([{"force": "x", "filters": [{"seed": "s", "hashVersion": 7, "ranges": [[0, 1]]}]}], {}, "default", "defaultValue", "a filter's hash is unknown"),
    ([{"id": "r", "condition": {}}], {}, "default", "defaultValue", "neither forced nor an experiment"),
    ([{**TWO, "ranges": [AROUND, ELSEWHERE]}], {}, "a", "experiment", "ranges as given"),
    ([{**TWO, "ranges": [ELSEWHERE, AROUND]}], {}, "b", "experiment", "ranges as given"),
    ([{**TWO, "ranges": ["bad", AROUND]}], {}, "b", "experiment", "what is no range owns nothing"),
    ([{**TWO, "coverage": 0}], {}, "default", "defaultValue", "coverage"),
    ([{**TWO, "weights": [1, 0]}], {}, "a", "experiment", "weights"),
    ([{**TWO, "weights": [0, 1]}], {}, "b", "experiment", "weights"),
    ([{**TWO, "weights": ["x", 1]}, {"force": "y"}], {}, None, "experiment", "weights that are no numbers: equal ones"),
    ([{**TWO, "weights": [1, 0], "condition": {"country": "FR"}}], {}, "default", "defaultValue", "condition"),
    ([{**TWO, "weights": [1, 0], "filters": [{"seed": "s", "ranges": []}]}], {}, "default", "defaultValue", "in no range of a filter"),
    ([{**TWO, "weights": [1, 0], "namespace": ["n", 0, 1]}], {}, "a", "experiment", "namespace"),
    ([{**TWO, "weights": [1, 0], "namespace": ["n", 0, 0]}], {}, "default", "defaultValue", "outside the namespace"),
    ([{**TWO, "weights": [1, 0], "namespace": ["n", 0, 0], "filters": []}], {}, "a", "experiment", "an empty list of filters shadows the namespace"),
    ([{**TWO, "weights": [1, 0], "namespace": ["n"]}], {}, "default", "defaultValue", "a namespace without a range"),
    ([{**TWO, "weights": [1, 0], "namespace": [1, 0, 1]}], {}, "a", "experiment", "no namespace"),
    ([{**TWO, "weights": [1, 0], "hashVersion": 5}], {}, "default", "defaultValue", "unknown hash"),
    ([{**TWO, "weights": [1, 0], "meta": [{"passthrough": True}]}, {"force": "held"}], {}, "held", "force", "passed through"),
    ([{**TWO, "weights": [1, 0]}], {"enabled": False}, "default", "defaultValue", "disabled"),
    ([{**TWO, "weights": [1, 0]}], {"qa_mode": True}, "default", "defaultValue", "QA mode"),
    ([{**TWO, "weights": [1, 0]}], {"qa_mode": True, "forced_variations": {"feature": 1}}, "b", "experiment", "forced in QA mode"),
    ([{**TWO, "weights": [1, 0]}], {"url": "https://shop/?feature=1"}, "b", "experiment", "query string"),
    ([{**TWO, "weights": [1, 0]}], {"forced_variations": {"feature": 7}}, "default", "defaultValue", "no such variation"),
    ([{**TWO, "weights": [1, 0]}], {"forced_values": {"feature": 9}}, 9, "override", "override"),
    ([{**TWO, "weights": [1, 0]}], {"overrides": {"feature": {"weights": [0, 1]}}}, "b", "experiment", "changed properties"),
    ([{**TWO, "weights": [1, 0]}], {"overrides": {"feature": {"status": "draft"}}}, "default", "defaultValue", "draft"),
    ([{**TWO, "weights": [1, 0]}], {"overrides": {"feature": {"status": "stopped"}}}, "default", "defaultValue", "stopped"),
    ([{**TWO, "weights": [1, 0]}], {"overrides": {"feature": {"force": 1}}}, "b", "experiment", "forced in the experiment"),
    ([{**TWO, "weights": [1, 0]}], {"overrides": {"feature": {"force": "x"}}}, "default", "defaultValue", "no index"),
    ([{**TWO, "weights": [1, 0]}], {"overrides": {"feature": {"groups": ["g"]}}, "groups": {"g": True}}, "a", "experiment", "in a group"),
    ([{**TWO, "weights": [1, 0]}], {"overrides": {"feature": {"groups": ["g"]}}}, "default", "defaultValue", "in no group"),
    ([{**TWO, "weights": [1, 0]}], {"overrides": {"feature": {"url": "^/sale"}}, "url": "https://shop/sale"}, "a", "experiment", "page"),
    ([{**TWO, "weights": [1, 0]}], {"overrides": {"feature": {"url": "^/sale"}}, "url": "https://shop/"}, "default", "defaultValue", "another page"),
    ([{**TWO, "weights": [1, 0]}], {"overrides": {"feature": {"urlPatterns": [{"type": "simple", "pattern": "/sale"}]}}, "url": "https://shop/cart"}, "default", "defaultValue", "another page"),
    ([{"variations": ["a"]}], {}, "default", "defaultValue", "one variation is no experiment"),
    ([{"force": "x", "parentConditions": [{"id": "on", "condition": {"value": True}}]}], {}, "x", "force", "prerequisite"),
    ([{"force": "x", "parentConditions": [{"id": "off", "condition": {"value": True}}]}], {}, "default", "defaultValue", "prerequisite fails"),
    ([{"parentConditions": [{"id": "off", "condition": {"value": True}, "gate": True}]}], {}, None, "prerequisite", "gate"),
    ([{"force": "x", "parentConditions": [{"id": "loop"}]}], {}, None, "cyclicPrerequisite", "a cycle"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "changes", "value", "source", "note"), RULES)
def test_rules(rules: list[Json], changes: Changes, value: Json, source: str, note: str) -> None:
    features = FeatureSet(
        {
            "feature": {"defaultValue": "default", "rules": rules},
            "on": {"defaultValue": True},
            "off": {"defaultValue": False},
            "loop": {"rules": [{"force": 1, "parentConditions": [{"id": "feature"}]}]},
        }
    )
    found = features.evaluate("feature", EvaluationContext(attributes=USER, **changes))
    assert found.source == source, note
    if value is not None or source != "experiment":
        assert found.value == value, note


def test_unknown_features() -> None:
    found = FeatureSet().evaluate("what", EvaluationContext())
    assert (found.source, found.value) == (FeatureSource.UNKNOWN_FEATURE, None)


def test_an_experiments_prerequisite() -> None:
    experiment: Document = {**TWO, "key": "feature", "weights": [1, 0], "parentConditions": [{"id": "on", "condition": {"value": 1}}]}  # fmt: skip
    on = FeatureSet({"on": {"defaultValue": 1}})
    off = FeatureSet({"on": {"defaultValue": 2}})
    context = EvaluationContext(attributes=USER)
    assert on.run(experiment, context).in_experiment
    assert not off.run(experiment, context).in_experiment


def test_an_experiments_filters_shadow_its_namespace() -> None:
    experiment: Document = {**TWO, "key": "feature", "weights": [1, 0], "namespace": ["n", 0, 0]}
    context = EvaluationContext(attributes=USER)
    inside = {**experiment, "filters": [{"seed": "s", "ranges": [[0, 1]]}]}
    assert FeatureSet().run(inside, context).in_experiment
    outside = {**experiment, "filters": [{"seed": "s", "ranges": [[0, 0]]}]}
    assert not FeatureSet().run(outside, context).in_experiment


def test_an_experiment_without_variations_has_no_value() -> None:
    found = FeatureSet().run({"key": "x", "variations": []}, EvaluationContext(attributes=USER))
    assert (found.value, found.in_experiment, found.key) == (None, False, "0")


def test_the_result_says_what_was_hashed() -> None:
    rule: Document = {**TWO, "weights": [1, 0], "meta": [{"key": "control", "name": "Control"}, "bad"], "id": "r1"}  # fmt: skip
    found = FeatureSet({"feature": {"rules": [rule]}}).evaluate(
        "feature", EvaluationContext(attributes=USER)
    )
    result = found.result
    assert result is not None
    assert (result.key, result.name, result.bucket) == ("control", "Control", AT)
    assert (result.hash_attribute, result.hash_value, result.hash_used) == ("id", "u1", True)
    assert (found.rule, found.experiment) == ("r1", {key: rule[key] for key in ("variations", "weights", "meta")} | {"key": "feature"})  # fmt: skip


BANDIT: Document = {
    "variations": None,
    "contextualVariations": ["a", "b"],
    "weights": [0, 1],
    "contextualBanditRef": "cb",
}
LEAVES: Document = {
    "banditVersion": 3,
    "contexts": [{"leafId": 4, "condition": {"country": "DE"}, "weights": [1, 0]}],
}


@pytest.mark.parametrize(
    ("definition", "attributes", "value", "leaf"),
    [
        (LEAVES, USER, "a", (4, (1, 0), 3)),
        (LEAVES, {"id": "u1"}, "b", (-1, (0, 1), 3)),
        ({"contexts": []}, USER, "b", (-1, (0, 1), None)),
    ],
)
def test_contextual_bandits(
    definition: dict[str, Json],
    attributes: dict[str, Json],
    value: Json,
    leaf: tuple[int, tuple[float, ...], int | None],
) -> None:
    features = FeatureSet({"feature": {"rules": [BANDIT]}}, bandits={"cb": definition})
    found = features.evaluate("feature", EvaluationContext(attributes=attributes))
    assert found.value == value
    assert found.result is not None
    assert found.result.bandit is not None
    bandit = found.result.bandit
    assert (bandit.leaf, bandit.weights, bandit.version) == leaf
    assert found.experiment is not None
    assert ("banditVersion" in str(found.experiment)) is (leaf[2] is not None)


STICKY: Document = {
    **TWO,
    "weights": [1, 0],
    "meta": [{"key": "va"}, {"key": "vb"}],
    "fallbackAttribute": "device",
    "bucketVersion": 2,
    "minBucketVersion": 1,
}


def sticky_run(
    attributes: dict[str, Json], documents: dict[str, dict[str, str]], **changes: Json
) -> tuple[Any, tuple[str, ...]]:
    features = FeatureSet({"feature": {"rules": [{**STICKY, **changes}]}})
    context = EvaluationContext(attributes=attributes, sticky=documents)
    found = features.evaluate("feature", context)
    return found.result, features.sticky_keys(context)


def test_keys_of_stored_assignments() -> None:
    assert document_key("id", "u1") == "id||u1"
    assert experiment_key("feature", 2) == "feature__2"


def test_a_first_assignment_is_to_be_stored() -> None:
    result, keys = sticky_run(USER, {})
    assert keys == ("id||u1", "device||")
    assert result is not None
    assert result.sticky_write is not None
    assert (result.sticky_write.key, result.sticky_write.assignments) == ("id||u1", {"feature__2": "va"})  # fmt: skip


def test_a_stored_assignment_wins_and_is_not_stored_again() -> None:
    result, _ = sticky_run(USER, {"id||u1": {"feature__2": "vb"}}, condition={"country": "FR"})
    assert result is not None
    assert (result.value, result.sticky_used, result.sticky_write) == ("b", True, None)


def test_the_fallback_attribute_is_hashed_and_upgraded() -> None:
    result, _ = sticky_run({"device": "d"}, {})
    assert result is not None
    assert (result.hash_attribute, result.sticky_write.key) == ("device", "device||d")
    stored = {"device||d": {"feature__2": "vb"}}
    result, _ = sticky_run({"id": "u1", "device": "d"}, stored)
    assert result is not None
    assert (result.value, result.sticky_write.key) == ("b", "id||u1")


def test_a_missing_fallback_has_no_document() -> None:
    changes: Document = {"hashAttribute": "id", "fallbackAttribute": "device"}
    result, _ = sticky_run(USER, {"device||": {"feature__2": "vb"}}, **changes)
    assert result is not None
    assert (result.value, result.sticky_used) == ("a", False)


def test_an_old_assignment_bars_the_unit() -> None:
    assert sticky_run(USER, {"id||u1": {"feature__0": "vb"}})[0] is None


def test_what_is_stored_may_be_unknown_or_switched_off() -> None:
    result, _ = sticky_run(USER, {"id||u1": {"feature__2": "gone"}})
    assert result is not None
    assert result.value == "a"
    result, _ = sticky_run(USER, {"id||u1": {"feature__2": "vb"}}, disableStickyBucketing=True)
    assert result is not None
    assert (result.value, result.sticky_write) == ("a", None)


def test_a_forced_values_fallback_needs_stickiness() -> None:
    rule: Document = {
        "force": "x",
        "coverage": 1,
        "hashAttribute": "no",
        "fallbackAttribute": "id",
    }
    features = FeatureSet({"feature": {"rules": [rule]}})
    assert features.evaluate("feature", EvaluationContext(USER)).value is None
    assert features.evaluate("feature", EvaluationContext(USER, sticky={})).value == "x"
