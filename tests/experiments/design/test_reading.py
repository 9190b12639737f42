import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import DesignInvalid, ExperimentKind, Horizon
from apps.experiments.domain.design.reading import (
    design_read,
    design_written,
    experiment_key_checked,
)
from tests.experiments.design.documents import base, documents

BANDIT = {"metric": "cvr"}
PART = {"key": "a"}


@given(documents())
def test_what_is_written_is_read_again(document: dict[str, Any]) -> None:
    design = design_read(document)
    written = design_written(design)
    assert design_read(written) == design
    assert design_written(design_read(json.loads(json.dumps(written)))) == written


@given(documents(), st.text(min_size=1, max_size=8))
def test_an_unknown_field_is_refused_by_name(document: dict[str, Any], name: str) -> None:
    if name in design_written(design_read(document)):
        return
    with pytest.raises(DesignInvalid) as caught:
        design_read({**document, name: 1})
    assert caught.value.field == name


def test_what_is_left_out_has_the_house_s_default() -> None:
    design = design_read(
        {"name": "A", "variants": [{"key": "a"}, {"key": "b"}, {"key": "c"}], "metrics": [
            {"key": "cvr", "role": "primary"}]}
    )  # fmt: skip
    assert [variant.weight for variant in design.variants] == [1 / 3] * 3
    assert (design.unit.value, design.surface, design.coverage) == ("client", "any", 1.0)
    assert design.variants[0].name == "a"
    assert design.primary.key == "cvr"


def test_a_bandit_and_its_parts_are_read_again() -> None:
    design = design_read(base(kind="bandit", bandit={"metric": "cvr", "every_hours": 6}))
    assert design.kind is ExperimentKind.BANDIT
    assert design.bandit is not None
    assert design.bandit.every_hours == 6
    assert design_read(design_written(design)) == design


def test_three_arms_of_a_rounded_third() -> None:
    arms = [{"key": key, "weight": 0.333} for key in "abc"]
    assert design_read(base(variants=arms)).variant_keys == ("a", "b", "c")


def test_a_flat_prior_is_null() -> None:
    assert design_read(base(plan={"prior_sd": None})).plan.prior_sd is None
    assert design_read(base(plan={})).plan.prior_sd == 0.3
    assert design_read(base(plan={"horizon": "group_sequential"})).plan.horizon is (
        Horizon.GROUP_SEQUENTIAL
    )


def test_a_typed_backslash_is_no_nul() -> None:
    arms = [{"key": "a", "payload": "\\u0000"}, {"key": "b"}]
    assert design_read(base(variants=arms)).variants[0].payload == "\\u0000"


def deep(levels: int) -> Json:
    value: Json = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "design"),
        (base(name=7), "name"),
        (base(name="  "), "name"),
        (base(name="x" * 201), "name"),
        (base(name="a\x00"), "name"),
        (base(name="\ud800"), "name"),
        ({"variants": [], "metrics": []}, "name"),
        (base(kind="x"), "kind"),
        (base(kind=[]), "kind"),
        (base(template="x"), "template"),
        (base(unit=3), "unit"),
        (base(coverage=True), "coverage"),
        (base(coverage="1"), "coverage"),
        (base(coverage=1.5), "coverage"),
        (base(coverage=math.nan), "coverage"),
        (base(coverage=10**400), "coverage"),
        (base(holdout=1), "holdout"),
        (base(targeting=[]), "targeting"),
        (base(targeting={"a": {"$nope": 1}}), "targeting"),
        (base(targeting={"a": "\x00"}), "targeting"),
        (base(variants="x"), "variants"),
        (base(variants=[{"key": "a"}]), "variants"),
        (base(variants=[{"key": f"v{n}"} for n in range(201)]), "variants"),
        (base(variants=[{"key": "a"}, {"key": "a"}]), "variants[1].key"),
        (base(variants=[{"key": "a"}, {"name": "b"}]), "variants[1].key"),
        (base(variants=[{"key": "a"}, {"key": "b b"}]), "variants[1].key"),
        (base(variants=[{"key": "a"}, {"key": "b" * 101}]), "variants[1].key"),
        (base(variants=[{"key": "a", "weight": 1}, 3]), "variants[1]"),
        (base(variants=[{"key": "a", "weight": 1}, {"key": "b"}]), "variants[1].weight"),
        (base(variants=[{"key": "a", "weight": 1}, {"key": "b", "weight": 0}]),
         "variants[1].weight"),
        (base(variants=[{"key": "a", "weight": 0.5}, {"key": "b", "weight": 0.4}]), "variants"),
        (base(variants=[PART, {"key": "b", "x": 1}]), "variants[1].x"),
        (base(variants=[PART, {"key": "b", "payload": math.inf}]), "variants[1].payload"),
        (base(variants=[PART, {"key": "b", "payload": {"a": "\x00"}}]), "variants[1].payload"),
        (base(variants=[PART, {"key": "b", "payload": deep(100_000)}]), "variants[1].payload"),
        (base(metrics=[]), "metrics"),
        (base(metrics=[{"key": "cvr"}]), "metrics"),
        (base(metrics=[{"key": "a", "role": "primary"}] * 2), "metrics[1].key"),
        (base(metrics=[{"key": "a", "role": "x"}]), "metrics[0].role"),
        (base(metrics=[{"key": "a", "version": 1.5}]), "metrics[0].version"),
        (base(metrics=[{"key": "a", "margin": 0}]), "metrics[0].margin"),
        (base(layer=3), "layer"),
        (base(layer={"name": "l", "low": 0.5, "high": 0.5}), "layer.high"),
        (base(layer={"name": "l", "low": 0.00001}), "layer.low"),
        (base(layer={"name": "l", "top": 1}), "layer.top"),
        (base(plan={"alpha": 0}), "plan.alpha"),
        (base(plan={"x": 0}), "plan.x"),
        (base(plan={"covariates": [1]}), "plan.covariates[0]"),
        (base(plan={"covariates": ["x"], "cuped_days": 7}), "plan.covariates[0]"),
        (base(plan={"covariates": ["cvr"]}), "plan.cuped_days"),
        (base(plan={"method": "bayesian", "horizon": "confidence_sequence"}), "plan.horizon"),
        (base(plan={"post_stratify_by": "device"}), "plan.post_stratify_by"),
        (base(dimensions=["a", "a"]), "dimensions[1]"),
        (base(dimensions=["a b"]), "dimensions[0]"),
        (base(dimensions=[f"a{n}" for n in range(21)]), "dimensions"),
        (base(stratify_by="a b"), "stratify_by"),
        (base(schedule={"starts_at": "soon"}), "schedule.starts_at"),
        (base(schedule={"starts_at": "2026-01-01T00:00:00"}), "schedule.starts_at"),
        (base(schedule={"starts_at": 20260101}), "schedule.starts_at"),
        (base(schedule={"starts_at": "2026-01-02T00:00:00+00:00",
                        "ends_at": "2026-01-01T00:00:00+00:00"}), "schedule.ends_at"),
        (base(schedule={"x": 1}), "schedule.x"),
        (base(coverage=0.5, schedule={"ramp": [{"coverage": 0.5, "after_hours": 1}]}),
         "schedule.ramp[0].coverage"),
        (base(coverage=0.1, schedule={"ramp": [
            {"coverage": 0.5, "after_hours": 2}, {"coverage": 1, "after_hours": 2}]}),
         "schedule.ramp[1].after_hours"),
        (base(schedule={"ramp": [{"coverage": 0.5}]}), "schedule.ramp[0].after_hours"),
        (base(stickiness="stored", unit="request"), "stickiness"),
        (base(kind="bandit"), "bandit"),
        (base(bandit=BANDIT), "bandit"),
        (base(kind="bandit", bandit={"metric": "x"}), "bandit.metric"),
        (base(kind="bandit", bandit={"metric": "cvr", "x": 1}), "bandit.x"),
        (base(kind="bandit", bandit={"metric": "cvr", "floor": 0.4},
              variants=[{"key": k} for k in "abc"]), "bandit.floor"),
        (base(kind="bandit", bandit={"metric": "cvr", "floor": 0.4},
              variants=[{"key": "a", "weight": 0.7}, {"key": "b", "weight": 0.3}]),
         "variants[1].weight"),
        (base(kind="interleaving", variants=[{"key": k} for k in "abc"]), "variants"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named(document: Any, field: str) -> None:
    with pytest.raises(DesignInvalid) as caught:
        design_read(document)
    assert caught.value.field == field
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize("key", ["plan", "conversions", "flags", "", "-a", "a b", "a" * 101, "ä"])
def test_keys_that_nothing_can_have(key: str) -> None:
    with pytest.raises(DesignInvalid) as caught:
        experiment_key_checked(key)
    assert caught.value.field == "key"


@pytest.mark.parametrize("key", ["a", "weights-test", "Exp_1", "9"])
def test_keys_that_experiments_have(key: str) -> None:
    assert experiment_key_checked(key) == key
