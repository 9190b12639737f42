import dataclasses
from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.contracts.assignment import (
    Assignment,
    ConditionInvalid,
    ExperimentSpec,
    HoldoutSpec,
    Json,
    LayerSpec,
    Reason,
    SpecInvalid,
    Status,
    StickySpec,
    VariantSpec,
)
from apps.experiments.domain.assignment.buckets import variation_choose
from apps.experiments.domain.assignment.bulk_plan import assign_bulk
from apps.experiments.domain.assignment.hashing import bucket
from apps.experiments.domain.assignment.plan import AssignmentPlan, assign
from tests.experiments.assignment.factory import AS_OF, START, person, phase_make, spec_make

Changes = dict[str, object]
UNITS = st.text(min_size=1, max_size=20)
HALF = (phase_make(coverage=0.5),)
NOBODY = LayerSpec("layer", ())
ALL_OUT = HoldoutSpec("holdout", 1.0)


def answer_of(spec: ExperimentSpec, unit: Json="u1", *, overrides: Mapping[str, str] | None=None, sticky: Mapping[str, str] | None=None, **attributes: Json) -> Assignment:  # fmt: skip
    found = assign(
        [spec], person(unit, **attributes), AS_OF, overrides=overrides or {}, sticky=sticky or {}
    )
    return found[0]


def test_an_assignment_says_who_gets_what() -> None:
    answer = answer_of(spec_make())
    position = bucket("salt", "u1", 2)
    assert position is not None
    index = variation_choose(position, ((0, 0.5), (0.5, 1)))
    assert dataclasses.astuple(answer)[:7] == (
        "weights",
        ("control", "treatment")[index],
        index,
        1,
        True,
        False,
        Reason.SPLIT,
    )
    assert answer.counted


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": Status.DRAFT}, Reason.NOT_RUNNING),
        ({"status": Status.PAUSED}, Reason.NOT_RUNNING),
        ({"phases": ()}, Reason.NO_PHASE),
        ({"phases": (phase_make(starts_at=AS_OF + timedelta(days=1)),)}, Reason.NO_PHASE),
        ({"phases": (phase_make(ends_at=AS_OF),)}, Reason.NO_PHASE),
        ({"unit": "client_id"}, Reason.UNIT_MISSING),
        ({"holdout": ALL_OUT}, Reason.HOLDOUT),
        ({"holdout": HoldoutSpec("h", 0.0, unit="client_id")}, Reason.HOLDOUT),
        ({"layer": NOBODY}, Reason.LAYER),
        ({"targeting": {"country": "DE"}}, Reason.TARGETING),
        ({"phases": (phase_make(coverage=0.0),)}, Reason.COVERAGE),
    ],
)
def test_who_is_left_out_gets_control(changes: Changes, reason: Reason) -> None:
    answer = answer_of(spec_make(**changes))
    assert (answer.variant, answer.index) == ("control", 0)
    assert (answer.in_experiment, answer.reason) == (False, reason)
    assert not answer.counted
    assert answer.trace[-1].name == "outcome"


@pytest.mark.parametrize("unit", ["", None, True, 0, float("nan"), float("inf"), [], {}])
def test_what_identifies_no_unit(unit: Json) -> None:
    assert answer_of(spec_make(), unit).reason is Reason.UNIT_MISSING


def test_a_number_identifies_the_unit_that_is_written_so() -> None:
    assert answer_of(spec_make(), 12.0).index == answer_of(spec_make(), "12").index


def test_forced_units_pass_every_gate_and_do_not_count() -> None:
    spec = spec_make(
        forced_units={"u1": "treatment"}, layer=NOBODY, holdout=ALL_OUT, targeting={"x": 1}
    )
    answer = answer_of(spec)
    assert (answer.variant, answer.reason) == ("treatment", Reason.FORCED_UNIT)
    assert (answer.in_experiment, answer.forced, answer.counted) == (True, True, False)
    assert answer_of(spec, "u2").reason is Reason.HOLDOUT


@pytest.mark.parametrize(
    ("status", "forced"),
    [
        (Status.DRAFT, True),
        (Status.IN_REVIEW, True),
        (Status.RUNNING, True),
        (Status.PAUSED, False),
        (Status.COMPLETED, False),
        (Status.ARCHIVED, False),
    ],
)
def test_overrides_show_what_may_run_and_never_what_was_stopped(
    status: Status, forced: bool
) -> None:
    answer = answer_of(spec_make(status=status), overrides={"weights": "treatment"})
    assert answer.forced is forced
    assert answer.reason is (Reason.OVERRIDE if forced else Reason.NOT_RUNNING)


def test_an_override_works_before_the_first_phase_and_needs_a_variant() -> None:
    draft = spec_make(status=Status.DRAFT, phases=())
    assert answer_of(draft, overrides={"weights": "treatment"}).phase is None
    assert answer_of(draft, overrides={"weights": "gone"}).reason is Reason.NOT_RUNNING
    assert answer_of(draft, overrides={"other": "treatment"}).reason is Reason.NOT_RUNNING


def test_the_phase_that_started_last_counts() -> None:
    later = phase_make(2, salt="other", starts_at=START + timedelta(days=3))
    third = phase_make(3, starts_at=AS_OF + timedelta(days=3))
    spec = spec_make(phases=(phase_make(), later, third))
    assert answer_of(spec).phase == 2
    assert spec.phase_at(AS_OF) == later
    assert assign([spec], person("u1"), START)[0].phase == 1


def test_layers_exclude_each_other() -> None:
    left = spec_make(key="left", layer=LayerSpec("layer", ((0, 0.3),)))
    right = spec_make(key="right", layer=LayerSpec("layer", ((0.3, 0.8),)))
    plan = AssignmentPlan([left, right])
    found = [plan.assign(person(f"u{number}"), AS_OF) for number in range(2_000)]
    inside = np.array([[answer.in_experiment for answer in one] for one in found])
    assert not inside.all(axis=1).any()
    assert inside.mean(axis=0) == pytest.approx([0.3, 0.5], abs=0.05)


def test_stored_assignments() -> None:
    spec = spec_make(sticky=StickySpec(2, oldest=1), phases=(phase_make(weights=(1.0, 0.0)),), targeting={"country": "DE"})  # fmt: skip
    kept = answer_of(spec, sticky={"weights__2": "treatment"})
    assert (kept.variant, kept.reason, kept.counted) == ("treatment", Reason.STICKY, True)
    assert answer_of(spec, sticky={"weights__0": "treatment"}).reason is Reason.STICKY_BLOCKED
    assert answer_of(spec, sticky={"weights__1": "treatment"}).reason is Reason.TARGETING
    assert answer_of(spec, sticky={"weights__2": "gone"}, country="DE").reason is Reason.SPLIT
    assert answer_of(spec, country="DE").reason is Reason.SPLIT
    held = dataclasses.replace(spec, holdout=ALL_OUT)
    assert answer_of(held, sticky={"weights__2": "treatment"}).reason is Reason.HOLDOUT


def test_the_trace_says_why() -> None:
    spec = spec_make(
        layer=LayerSpec("rank", ((0, 1),)),
        holdout=HoldoutSpec("h", 0.0),
        targeting={"$or": [{"country": "DE"}, {"$not": {"app.version": {"$vlt": "2.0.0"}}}]},
        sticky=StickySpec(),
    )
    answer = answer_of(spec, country="FR", app={"version": "3.0.0"}, sticky={"x__0": "y"})
    steps = {step.name: step for step in answer.trace}
    assert list(steps) == ["phase", "unit", "holdout", "layer", "sticky", "targeting", "bucket", "outcome"]  # fmt: skip
    assert steps["phase"].detail["weights"] == {"control": 0.5, "treatment": 0.5}
    assert steps["unit"].detail == {"attribute": "user_id", "id": "u1"}
    assert steps["layer"].detail["bucket"] == bucket("__rank", "u1", 1)
    assert steps["holdout"].detail["bucket"] == bucket("h", "u1", 2)
    assert steps["targeting"].detail["attributes"] == {
        "app": {"version": "3.0.0"},
        "country": "FR",
    }
    assert steps["bucket"].detail["bucket"] == bucket("salt", "u1", 2)
    assert steps["bucket"].detail["ranges"] == [[0.0, 0.5], [0.5, 1.0]]
    assert steps["bucket"].detail["variant"] == answer.variant
    assert steps["outcome"].detail["reason"] == "split"


def test_a_trace_of_who_is_outside() -> None:
    missing = answer_of(spec_make(layer=LayerSpec("rank", ((0, 1),), unit="client_id")))
    steps = {step.name: step for step in missing.trace}
    assert steps["layer"].detail["bucket"] is None
    uncovered = answer_of(spec_make(phases=(phase_make(coverage=0.0),)))
    steps = {step.name: step for step in uncovered.trace}
    assert (steps["bucket"].passed, steps["bucket"].detail["variant"]) == (False, None)
    logic = answer_of(spec_make(targeting={"$nor": [{"b": 1}], "$not": {"a.c": 2}}), a=1)
    steps = {step.name: step for step in logic.trace}
    assert steps["targeting"].detail["attributes"] == {"a": 1, "b": None}


@given(UNITS, st.booleans(), st.floats(0, 1), st.sampled_from([1, 2]))
def test_the_trace_changes_nothing(
    unit: Json, targeted: bool, coverage: float, version: int
) -> None:
    phase = phase_make(coverage=coverage, hash_version=version)
    spec = spec_make(phases=(phase,), targeting={"a": 1} if targeted else {})
    attributes = person(unit, a=1)
    traced = assign([spec], attributes, AS_OF)
    plain = AssignmentPlan([spec]).assign(attributes, AS_OF)
    assert [dataclasses.replace(one, trace=()) for one in traced] == list(plain)
    assert traced == assign([spec], attributes, AS_OF)


@given(UNITS, st.floats(0, 1), st.floats(0, 1))
def test_growing_coverage_keeps_every_unit_where_it_is(
    unit: Json, one: float, other: float
) -> None:
    small, large = sorted((one, other))
    before, after = (
        answer_of(spec_make(phases=(phase_make(coverage=coverage),)), unit)
        for coverage in (small, large)
    )
    if before.in_experiment:
        assert after.in_experiment
        assert after.index == before.index


def test_experiments_need_different_keys_and_readable_targeting() -> None:
    with pytest.raises(SpecInvalid, match="two experiments"):
        AssignmentPlan([spec_make(), spec_make()])
    with pytest.raises(ConditionInvalid):
        AssignmentPlan([spec_make(targeting={"a": {"$what": 1}})])


@pytest.mark.parametrize(
    "changes",
    [
        {"variants": (VariantSpec("one"),)},
        {"variants": (VariantSpec("one"), VariantSpec("one"))},
        {"variants": tuple(VariantSpec(str(number)) for number in range(201))},
        {"key": ""},
        {"unit": ""},
        {"phases": (phase_make(weights=(1.0,)),)},
        {"phases": (phase_make(weights=(1.2, -0.2)),)},
        {"phases": (phase_make(weights=(0.4, 0.4)),)},
        {"phases": (phase_make(coverage=1.5),)},
        {"phases": (phase_make(hash_version=3),)},
        {"phases": (phase_make(salt=""),)},
        {"layer": LayerSpec("l", ((0.5, 0.2),))},
        {"layer": LayerSpec("l", ((0.5, 1.2),))},
        {"holdout": HoldoutSpec("h", -0.1)},
        {"forced_units": {"u": "gone"}},
    ],
)
def test_what_cannot_be_assigned_from_is_refused(changes: Changes) -> None:
    with pytest.raises(SpecInvalid) as refused:
        spec_make(**changes)
    assert refused.value.subject == changes.get("key", "weights")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"phases": HALF},
        {"phases": (phase_make(hash_version=1, weights=(0.2, 0.8)),)},
        {"layer": LayerSpec("l", ((0.1, 0.2), (0.5, 0.9)), unit="client_id")},
        {"holdout": HoldoutSpec("h", 0.3)},
        {"forced_units": {"u3": "treatment", "u5": "control", "é5": "treatment"}, "phases": HALF},
        {"status": Status.PAUSED},
        {"phases": ()},
        {"targeting": {"vip": True}, "holdout": HoldoutSpec("h", 0.1, unit="client_id")},
    ],
)
def test_in_bulk_as_one_by_one(changes: Changes) -> None:
    spec = spec_make(**changes)
    ids = [f"u{number}" for number in range(300)] + [f"é{number}" for number in range(50)] + [""]
    clients = [f"c{number % 100}" if number % 7 else "" for number in range(len(ids))]
    vips = np.arange(len(ids)) % 3 == 0
    found = assign_bulk(
        spec,
        {"user_id": ids, "client_id": clients},
        AS_OF,
        targeted=vips if spec.targeting else None,
    )
    plan = AssignmentPlan([spec])
    for position, (unit, client) in enumerate(zip(ids, clients, strict=True)):
        attributes = person(unit, client_id=client, vip=bool(vips[position]))
        answer = plan.assign(attributes, AS_OF)[0]
        assert found.index[position] == (answer.index if answer.in_experiment else -1)
        assert found.counted[position] == answer.counted


def test_bulk_says_what_it_needs() -> None:
    with pytest.raises(SpecInvalid, match="ids of user_id"):
        assign_bulk(spec_make(), {}, AS_OF)
    with pytest.raises(SpecInvalid, match="targeted"):
        assign_bulk(spec_make(targeting={"a": 1}), {"user_id": ["u"]}, AS_OF)


def test_a_variants_value_is_its_payload_or_its_key() -> None:
    assert VariantSpec("a").value == "a"
    assert VariantSpec("a", {"weights": "x"}).value == {"weights": "x"}
