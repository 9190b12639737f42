"""Assigning units to running experiments: compiled once, asked for every request."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from apps.experiments.contracts.assignment import (
    Assignment,
    ExperimentSpec,
    Json,
    specs_check,
)
from apps.experiments.domain.assignment.operators import Predicate
from apps.experiments.domain.assignment.plan_one import ExperimentPlan, Request
from apps.experiments.domain.assignment.quick import Sheet, stretch_bounds
from apps.experiments.domain.assignment.trace import Trace
from apps.experiments.domain.assignment.units import SeedBook, Units

_NOBODY: Mapping[str, str] = {}
T = TypeVar("T")


class AnswerPlan(Generic[T]):
    """Every experiment of a snapshot, ready to answer with what is made of its assignments.

    Immutable; shared between threads.
    """

    __slots__ = ("_lanes", "_make", "_moments", "_sheet", "experiments")

    def __init__(self, specs: Sequence[ExperimentSpec], make: Callable[[Assignment], T]) -> None:
        """Compile the specifications; `make` must not depend on when it is called.

        Raises:
            SpecInvalid: two experiments have one key.
            ConditionInvalid: a targeting condition cannot be read.
        """
        specs_check(specs)
        book, predicates = SeedBook(), dict[str, Predicate]()
        self.experiments = tuple(ExperimentPlan(spec, book, predicates) for spec in specs)
        self._make = make
        self._lanes = book.lanes()
        ends = [(phase.starts_at, phase.ends_at) for spec in specs for phase in spec.phases]
        self._moments = sorted({moment for pair in ends for moment in pair if moment is not None})
        self._sheet: Sheet[T] | None = None

    def answer(
        self,
        attributes: dict[str, Json],
        as_of: datetime,
        *,
        overrides: Mapping[str, str] = _NOBODY,
        sticky: Mapping[str, str] = _NOBODY,
    ) -> tuple[T, ...]:
        """The answer of every experiment, in the order of the specifications."""
        if overrides:
            request = self._request(attributes, as_of, overrides, sticky)
            return tuple([self._make(plan.assign(request)) for plan in self.experiments])
        sheet = self._sheet_at(as_of)
        row = sheet.answer(attributes)
        if sheet.slow:
            request = self._request(attributes, as_of, overrides, sticky)
            for place in sheet.slow:
                row[place] = self._make(self.experiments[place].assign(request))
        return tuple(row)  # type: ignore[arg-type]  # None stood for the slow ones alone

    def _request(
        self,
        attributes: dict[str, Json],
        as_of: datetime,
        overrides: Mapping[str, str],
        sticky: Mapping[str, str],
    ) -> Request:
        return Request(attributes, as_of, overrides, sticky, Units(attributes, self._lanes))

    def _sheet_at(self, as_of: datetime) -> Sheet[T]:
        """The sheet of a moment, kept from the last request. A race makes it twice, no more."""
        sheet = self._sheet
        if sheet is None or not sheet.holds(as_of):
            found = tuple(plan.quick(as_of) for plan in self.experiments)
            sheet = Sheet(stretch_bounds(self._moments, as_of), found, self._make)
            self._sheet = sheet
        return sheet


class AssignmentPlan(AnswerPlan[Assignment]):
    """Every experiment of a snapshot, ready to assign."""

    __slots__ = ()

    def __init__(self, specs: Sequence[ExperimentSpec]) -> None:
        """Compile the specifications.

        Raises:
            SpecInvalid: two experiments have one key.
            ConditionInvalid: a targeting condition cannot be read.
        """
        super().__init__(specs, _itself)

    def assign(
        self,
        attributes: dict[str, Json],
        as_of: datetime,
        *,
        overrides: Mapping[str, str] = _NOBODY,
        sticky: Mapping[str, str] = _NOBODY,
        traced: bool = False,
    ) -> tuple[Assignment, ...]:
        """The answer of every experiment, in the order of the specifications."""
        if not traced:
            return self.answer(attributes, as_of, overrides=overrides, sticky=sticky)
        request = self._request(attributes, as_of, overrides, sticky)
        return tuple(plan.assign(request, Trace()) for plan in self.experiments)


def _itself(found: Assignment) -> Assignment:
    return found


def assign(
    specs: Sequence[ExperimentSpec],
    attributes: dict[str, Json],
    as_of: datetime,
    *,
    overrides: Mapping[str, str] = _NOBODY,
    sticky: Mapping[str, str] = _NOBODY,
) -> tuple[Assignment, ...]:
    """The answer of every experiment with its trace ('Why is this unit in B?').

    Compiles first: for many requests keep an `AssignmentPlan`, which answers the same.

    Raises:
        SpecInvalid: two experiments have one key.
        ConditionInvalid: a targeting condition cannot be read.
    """
    plan = AssignmentPlan(specs)
    return plan.assign(attributes, as_of, overrides=overrides, sticky=sticky, traced=True)
