from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.experiments.contracts.lifecycle import PhaseView, TransitionView
from apps.experiments.domain.design.layers import free_ranges, layer_edges
from apps.experiments.domain.design.phases import (
    Allocation,
    allocation_after,
    coverage_due,
    coverages_approved,
    design_weights,
    hours_run,
    salt_stays,
)
from apps.experiments.domain.design.reading import design_read
from tests.experiments.design.documents import base

START = datetime(2026, 11, 1, tzinfo=UTC)
RAMP = {"ramp": [{"coverage": 0.5, "after_hours": 24}, {"coverage": 1, "after_hours": 72}]}
RAMPED = design_read(base(coverage=0.1, schedule=RAMP))
PHASE = PhaseView(
    number=1, salt="s", salt_version=1, coverage=0.5, weights=(0.5, 0.5), targeting={},
    layer=None, holdout_salt="", holdout_share=0.0, design_version=1, starts_at=START,
    ends_at=None, reason="",
)  # fmt: skip


def step(to: str, hours: float) -> TransitionView:
    return TransitionView("x", START + timedelta(hours=hours), "", "", "", to, {})


@pytest.mark.parametrize(
    ("hours", "coverage"), [(0, 0.1), (23.9, 0.1), (24, 0.5), (71, 0.5), (72, 1.0), (999, 1.0)]
)
def test_a_ramp_reaches_its_steps_in_their_hours(hours: float, coverage: float) -> None:
    assert coverage_due(RAMPED, hours) == coverage
    assert coverages_approved(RAMPED) == (0.1, 0.5, 1.0)


def test_pauses_do_not_count_as_running() -> None:
    lines = [step("draft", 0), step("running", 1), step("running", 2), step("paused", 4),
             step("running", 10), step("completed", 12)]  # fmt: skip
    at = START + timedelta(hours=100)
    assert hours_run(lines, at) == pytest.approx(3 + 2)
    assert hours_run(lines[:3], START + timedelta(hours=5)) == pytest.approx(4)
    assert hours_run(lines, START + timedelta(hours=3)) == pytest.approx(2)
    assert hours_run([], at) == 0


def test_a_change_keeps_what_it_does_not_touch() -> None:
    renamed = replace(RAMPED, name="Another name")
    later = replace(PHASE, weights=(0.3, 0.7))
    assert allocation_after(later, RAMPED, renamed, 0.0) == Allocation(0.5, (0.3, 0.7))
    wider = design_read(base(coverage=0.2, schedule=RAMP))
    assert allocation_after(later, RAMPED, wider, 25.0).coverage == 0.5
    assert allocation_after(later, RAMPED, wider, 1.0).coverage == 0.2
    heavier = design_read(
        base(
            coverage=0.1,
            schedule=RAMP,
            variants=[{"key": "control", "weight": 0.2}, {"key": "treatment", "weight": 0.8}],
        )
    )
    assert allocation_after(later, RAMPED, heavier, 0.0).weights == (0.2, 0.8)
    assert design_weights(heavier) == (0.2, 0.8)


STAYING = [{"name": "Other"}, {"hypothesis": "Other"}, {"dimensions": ["device"]},
           {"plan": {"alpha": 0.1}}, {"stickiness": "stored"}]  # fmt: skip
MOVING: list[dict[str, Any]] = [
    {"targeting": {"country": "NL"}},
    {"layer": {"name": "l"}},
    {"holdout": False},
    {"unit": "user"},
    {"surface": "search"},
    {"stratify_by": "segment"},
    {"variants": [{"key": "control"}, {"key": "treatment", "payload": 1}]},
    {"variants": [{"key": "control"}, {"key": "other"}]},
]


@pytest.mark.parametrize("change", STAYING)
def test_the_salt_stays_when_nobody_sees_anything_else(change: dict[str, Any]) -> None:
    before, after = design_read(base()), design_read(base(**change))
    assert salt_stays(PHASE, before, after, Allocation(0.5, (0.5, 0.5)))
    assert salt_stays(PHASE, before, after, Allocation(0.6, (0.5, 0.5)))


@pytest.mark.parametrize("change", MOVING)
def test_a_new_salt_for_every_other_treatment(change: dict[str, Any]) -> None:
    before, after = design_read(base()), design_read(base(**change))
    assert not salt_stays(PHASE, before, after, Allocation(0.5, (0.5, 0.5)))


def test_a_new_salt_for_less_coverage_and_other_weights() -> None:
    design = design_read(base())
    assert not salt_stays(PHASE, design, design, Allocation(0.4, (0.5, 0.5)))
    assert not salt_stays(PHASE, design, design, Allocation(0.5, (0.4, 0.6)))


@given(st.sets(st.integers(0, 10_000), max_size=12))
def test_free_and_held_are_the_whole_layer(edges: set[int]) -> None:
    ordered = sorted(edges)
    held = [(low / 10_000, high / 10_000) for low, high in zip(ordered[::2], ordered[1::2],
                                                              strict=False)]  # fmt: skip
    free = free_ranges(held)
    both = sorted([*held, *free])
    assert sum(high - low for low, high in both) == pytest.approx(1)
    assert all(one[1] <= two[0] + 1e-12 for one, two in pairwise(both))
    assert all(low < high for low, high in free)


def test_edges_are_exact() -> None:
    design = design_read(base(layer={"name": "l", "low": 0.1, "high": 0.35}))
    assert design.layer is not None
    assert layer_edges(design.layer) == (1_000, 3_500)
