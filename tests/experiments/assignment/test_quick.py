"""The quick way answers what the whole way answers, at every moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.experiments.contracts.assignment import (
    ExperimentSpec,
    HoldoutSpec,
    LayerSpec,
    PhaseSpec,
    Status,
    StickySpec,
    VariantSpec,
)
from apps.experiments.domain.assignment.plan import AssignmentPlan
from apps.experiments.domain.assignment.quick import stretch_bounds

START = datetime(2026, 11, 1, tzinfo=UTC)
VARIANTS = (VariantSpec("control"), VariantSpec("new"))


def phase(number: int, begins: int, ends: int | None, **changes: Any) -> PhaseSpec:
    values: dict[str, Any] = {
        "salt": f"salt-{number}",
        "weights": (0.3, 0.7),
        "starts_at": START + timedelta(days=begins),
        "ends_at": None if ends is None else START + timedelta(days=ends),
        "coverage": 0.6,
    }
    return PhaseSpec(number=number, **{**values, **changes})


def spec(key: str, **changes: Any) -> ExperimentSpec:
    values: dict[str, Any] = {
        "unit": "client_id",
        "variants": VARIANTS,
        "phases": (phase(1, 0, 2), phase(2, 2, None, coverage=1.0)),
    }
    return ExperimentSpec(key=key, **{**values, **changes})


SPECS = (
    spec("plain"),
    spec("targeted", targeting={"device": {"$in": ["phone", "tablet"]}}),
    spec("later", phases=(phase(1, 3, 4),)),
    spec("paused", status=Status.PAUSED),
    spec("users", unit="user_id"),
    spec("first-hash", phases=(phase(1, 0, None, hash_version=1),)),
    spec("layered", layer=LayerSpec("front", ((0.0, 0.5),))),
    spec("held", holdout=HoldoutSpec("quarter", 0.2)),
    spec("sticky", sticky=StickySpec()),
    spec("qa", forced_units={"c3": "new"}),
)


@pytest.mark.parametrize("days", [-1.0, 0.0, 1.0, 2.0, 2.5, 3.0, 4.0, 9.0])
def test_quick_answers_are_the_traced_ones(days: float) -> None:
    plan, as_of = AssignmentPlan(SPECS), START + timedelta(days=days)
    for number in range(200):
        attributes: dict[str, Any] = {"client_id": f"c{number}", "device": "phone"}
        if number % 3:
            attributes |= {"user_id": number, "device": "desktop"}
        if number % 7 == 0:
            del attributes["client_id"]
        quick = plan.assign(attributes, as_of)
        whole = plan.assign(attributes, as_of, traced=True)
        assert [(one.key, one.variant, one.phase, one.reason) for one in quick] == [
            (one.key, one.variant, one.phase, one.reason) for one in whole
        ]


def test_one_plan_serves_every_moment() -> None:
    plan = AssignmentPlan(SPECS)
    for days in (2.5, -1.0, 9.0, 0.0, 3.5):
        as_of = START + timedelta(days=days)
        found = plan.assign({"client_id": "c1"}, as_of)
        assert found == AssignmentPlan(SPECS).assign({"client_id": "c1"}, as_of)


def test_a_stretch_is_open_where_nothing_begins_or_ends() -> None:
    assert stretch_bounds((), START) == (None, None)
    day = timedelta(days=1)
    assert stretch_bounds((START, START + day), START) == (START, START + day)
    assert stretch_bounds((START,), START - day) == (None, START)
