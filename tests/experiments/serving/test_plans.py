from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.experiments.contracts.assignment import (
    ExperimentSpec,
    Json,
    PhaseSpec,
    Reason,
    Status,
    VariantSpec,
)
from apps.experiments.contracts.design import ExperimentKind, Stickiness, UnitType
from apps.experiments.contracts.lifecycle import (
    FlagDefinition,
    FlagRule,
    FlagView,
    PhaseView,
)
from apps.experiments.contracts.serving import (
    FlagFault,
    FlagReason,
    ReceiptState,
    ServingExperiment,
    ServingRows,
)
from apps.experiments.domain.serving.flags import FlagPlan, attributes_for
from apps.experiments.domain.serving.plans import ServingPlans, served_of
from apps.experiments.domain.serving.receipts import ReportInvalid, report_check

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TWO = (VariantSpec("control"), VariantSpec("treatment", {"a": 1}))


def phase_view(number: int = 1, **changes: Any) -> PhaseView:
    values: dict[str, Any] = {
        "number": number, "salt": "salt", "salt_version": 1, "coverage": 1.0,
        "weights": (0.5, 0.5), "targeting": {}, "layer": None, "holdout_salt": "",
        "holdout_share": 0.0, "design_version": 2, "starts_at": NOW - timedelta(days=1),
        "ends_at": None, "reason": "",
    }  # fmt: skip
    return PhaseView(**(values | changes))


def serving(key: str, surface: str = "search", **changes: Any) -> ServingExperiment:
    spec = ExperimentSpec(
        key=key,
        unit="client_id",
        variants=TWO,
        phases=(PhaseSpec(1, f"{key}:1", (0.5, 0.5), NOW - timedelta(days=1)),),
        status=changes.pop("status", Status.RUNNING),
        targeting=changes.pop("targeting", {}),
    )
    values: dict[str, Any] = {
        "kind": ExperimentKind.AB, "unit": UnitType.CLIENT, "stickiness": Stickiness.NONE,
        "phases": (phase_view(),),
    }  # fmt: skip
    return ServingExperiment(spec=spec, surface=surface, **(values | changes))


def keys(plans: ServingPlans, surface: str, **overrides: str) -> list[str]:
    found = plans.assign(surface, {"client_id": "c1"}, NOW, overrides=overrides)
    return [each.assignment.key for each in found]


def test_a_surface_reads_its_own_running_experiments_and_those_of_any() -> None:
    plans = ServingPlans(
        ServingRows(
            (
                serving("s"), serving("a", "any"), serving("r", "recommendations"),
                serving("paused", status=Status.PAUSED), serving("draft", status=Status.DRAFT),
                serving("bad", targeting={"$x": 1}),
            )
        )
    )  # fmt: skip
    assert keys(plans, "search") == ["a", "s"]
    assert keys(plans, "recommendations") == ["a", "r"]
    assert keys(plans, "other") == ["a"]
    assert set(plans.broken) == {"bad"}
    # QA sees drafts of its surface too, never what was stopped or is unknown.
    asked = {"draft": "treatment", "paused": "treatment", "no": "b", "s": "control"}
    assert keys(plans, "search", **asked) == ["a", "s", "draft"]
    assert keys(plans, "other", **asked) == ["a"]
    assert keys(ServingPlans(ServingRows()), "search") == []


def test_what_is_served_says_what_a_surface_needs() -> None:
    plans = ServingPlans(ServingRows((serving("s"),)))
    (served,) = plans.assign("search", {"client_id": "c1"}, NOW)
    assert served.variants == ("control", "treatment")
    assert served.payloads == (None, {"a": 1})
    assert served.payload == served.payloads[served.assignment.index]
    assert (served.salt_version, served.design_version) == (1, 2)
    (again,) = plans.assign("search", {"client_id": "c1"}, NOW)
    assert again is served
    (resting,) = plans.assign("search", {"client_id": "c1"}, NOW - timedelta(days=2))
    assert (resting.salt_version, resting.assignment.reason) == (0, Reason.NO_PHASE)


def test_after_the_end_everybody_gets_what_was_shipped() -> None:
    shipped = serving("s", status=Status.COMPLETED, decided="treatment")
    plans = ServingPlans(ServingRows((shipped, serving("p", status=Status.COMPLETED))))
    for key, variant in (("s", "treatment"), ("p", "control")):
        (found,) = plans.single(key).assign({"client_id": "c1"}, NOW)
        served = served_of(plans.experiments[key], found).assignment
        assert (served.variant, served.reason) == (variant, Reason.NOT_RUNNING)
        assert not served.counted
    features = plans.features(NOW)
    assert features == {
        "s": {"defaultValue": {"a": 1}},
        "p": {"defaultValue": "control"},
    }
    assert plans.changed_at == NOW - timedelta(days=1)
    assert ServingPlans(ServingRows()).changed_at is None


def flag(value_type: str = "string", **changes: Any) -> FlagView:
    values: dict[str, Any] = {"value": "on", "off_value": "off", "rules": ()}
    definition = FlagDefinition("a flag", value_type, **(values | changes))
    return FlagView("f", enabled=True, definition=definition, version=3)


def test_flags_that_were_never_published_or_cannot_be_read_are_not_served() -> None:
    unpublished = replace(flag(), key="new", definition=None)
    bad = replace(flag(rules=(FlagRule("x", {"$x": 1}),)), key="bad")
    plans = ServingPlans(ServingRows(flags=(flag(), unpublished, bad)))
    assert set(plans.flags) == {"f"}
    assert set(plans.broken) == {"bad"}
    with pytest.raises(ValueError, match="never published"):
        FlagPlan(unpublished)


def test_a_flag_without_rules_is_static_and_written_plainly() -> None:
    plan = FlagPlan(flag())
    assert plan.answer({}).reason is FlagReason.STATIC
    assert plan.feature() == {"defaultValue": "on"}
    off = FlagPlan(replace(flag("float", off_value=0), enabled=False))
    assert (off.answer({}).value, off.answer({}).variant) == (0.0, "off")
    assert isinstance(off.answer({}).value, float)
    assert off.feature() == {"defaultValue": 0.0}


def test_rules_are_written_for_sdks() -> None:
    rules = (FlagRule("de", {"country": "DE"}), FlagRule("some", {}, 0.25, "user_id"))
    plan = FlagPlan(flag(rules=rules))
    assert plan.feature()["rules"] == [
        {"id": "f:rule-1", "force": "de", "condition": {"country": {"$eq": "DE"}}},
        {
            "id": "f:rule-2", "force": "some", "range": [0, 0.25], "hashAttribute": "user_id",
            "hashVersion": 2, "seed": "f",
        },
    ]  # fmt: skip
    assert plan.answer({}).fault is FlagFault.TARGETING_KEY_MISSING
    assert plan.answer({"country": "DE"}).reason is FlagReason.TARGETING_MATCH
    reasons = {plan.answer({"targetingKey": f"u{n}"}).reason for n in range(50)}
    assert reasons == {FlagReason.SPLIT, FlagReason.STATIC}


def test_the_targeting_key_stands_for_a_unit_that_is_not_named() -> None:
    context: dict[str, Json] = {"targetingKey": "t"}
    assert attributes_for(context, "user_id") == {"targetingKey": "t", "user_id": "t"}
    named: dict[str, Json] = {"targetingKey": "t", "user_id": "u"}
    assert attributes_for(named, "user_id") == named
    assert attributes_for({}, "user_id") == {}


def test_reports_are_checked_against_their_phase() -> None:
    first = phase_view(1, ends_at=NOW, holdout_salt="h", holdout_share=1.0)
    second = phase_view(2, starts_at=NOW, weights=(0.2, 0.3, 0.5))
    experiment = serving("s", phases=(first, second))
    late = report_check(experiment, variant="control", phase=None, unit="c1", occurred_at=NOW)
    assert (late.phase, late.state, late.expected) == (2, ReceiptState.COUNTED, "")
    early = report_check(experiment, variant="control", phase=1, unit="c1", occurred_at=NOW)
    assert (early.phase, early.state) == (1, ReceiptState.HOLDOUT)
    assert early.expected in {"control", "treatment"}
    for wrong in (
        {"variant": "x"},
        {"phase": 7},
        {"unit": None},
        {"occurred_at": NOW - timedelta(days=9)},
    ):
        values: dict[str, Any] = {
            "variant": "control", "phase": None, "unit": "c1", "occurred_at": NOW,
        }  # fmt: skip
        with pytest.raises(ReportInvalid):
            report_check(experiment, **(values | wrong))
