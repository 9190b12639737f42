"""Many second hashes at once are each its own."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.experiments.contracts.assignment import ExperimentSpec, Json, PhaseSpec, VariantSpec
from apps.experiments.domain.assignment.conditions import condition_compile
from apps.experiments.domain.assignment.hashing import code_units, fnv1a_32, slot
from apps.experiments.domain.assignment.operators import Predicate
from apps.experiments.domain.assignment.plan import AssignmentPlan
from apps.experiments.domain.assignment.units import Lanes

STATES = st.one_of(st.integers(0, 200), st.integers(0, 10**6), st.integers(0, 2**32 - 1))
START = datetime(2026, 11, 1, tzinfo=UTC)


class Given(Lanes):
    """Lanes whose first hashes are given."""

    def __init__(self, states: Sequence[int]) -> None:
        super().__init__([str(number) for number in range(len(states))])
        self.states = tuple(states)

    def fold(self, codes: Sequence[int]) -> tuple[int, ...]:
        assert not codes
        return self.states


@given(st.lists(STATES, min_size=1, max_size=30))
@example([0, 9, 10, 2**32 - 1, 999_999_999, 10**9])
def test_digits_are_folded_side_by_side(states: list[int]) -> None:
    assert Given(states).second(b"") == tuple(fnv1a_32(str(one).encode()) for one in states)


@given(st.lists(st.text(max_size=8), min_size=1, max_size=20), st.text(min_size=1, max_size=40))
def test_slots_of_all_seeds(seeds: list[str], unit: str) -> None:
    found = Lanes(seeds).second(code_units(unit))
    assert [one % 10_000 for one in found] == [slot(seed, unit, 2) for seed in seeds]


def test_equal_targeting_is_asked_once_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Json] = []

    def counted(condition: dict[str, Json]) -> Predicate:
        predicate = condition_compile(condition)

        def ask(value: Json) -> bool:
            asked.append(value)
            return predicate(value)

        return ask

    place = "apps.experiments.domain.assignment.plan_one.condition_compile"
    monkeypatch.setattr(place, counted)
    conditions: list[Any] = [{}, {"device": "phone"}, {"device": "phone"}, {"device": "desktop"}]
    plan = AssignmentPlan(
        [
            ExperimentSpec(
                key=f"e{number}",
                unit="client_id",
                variants=(VariantSpec("control"), VariantSpec("new")),
                phases=(PhaseSpec(1, f"salt-{number}", (0.5, 0.5), START),),
                targeting=conditions[number % 4],
            )
            for number in range(12)
        ]
    )
    for device, inside in (("phone", {0, 1, 2}), ("desktop", {0, 3}), ("tv", {0})):
        asked.clear()
        found = plan.assign({"client_id": "c1", "device": device}, START)
        assert len(asked) == 2
        assert {n % 4 for n, one in enumerate(found) if one.in_experiment} == inside
        assert {n % 4 for n, one in enumerate(found) if not one.in_experiment}.isdisjoint(inside)
