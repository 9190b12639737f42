"""Assigning units to running experiments: compiled once, asked for every request.

The order of the questions, and so of the reasons: override, status, phase, unit, forced unit,
holdout, layer, stored assignment, targeting, bucket. A stored assignment outlives a change of
targeting and coverage, never a holdout or a layer.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from apps.experiments.contracts.assignment import (
    HASH_VERSION,
    Assignment,
    ExperimentSpec,
    Json,
    Reason,
    Status,
    specs_check,
)
from apps.experiments.domain.assignment.arms import (
    Arms,
    Gate,
    Phase,
    arms_compile,
    gates_compile,
    phases_compile,
)
from apps.experiments.domain.assignment.conditions import condition_compile
from apps.experiments.domain.assignment.operators import Predicate
from apps.experiments.domain.assignment.portable import condition_portable
from apps.experiments.domain.assignment.quick import Hashed, Quick, Sheet, stretch_bounds
from apps.experiments.domain.assignment.sticky import experiment_key
from apps.experiments.domain.assignment.trace import Trace
from apps.experiments.domain.assignment.units import SeedBook, Unit, Units

OVERRIDABLE = frozenset({Status.DRAFT, Status.IN_REVIEW, Status.RUNNING})
_NOBODY: Mapping[str, str] = {}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, when, and what is known of the unit beside its attributes.

    `overrides` maps an experiment to a variant (checked signatures of QA), `sticky` a stored
    `experiment__version` to a variant.
    """

    attributes: dict[str, Json]
    as_of: datetime
    overrides: Mapping[str, str]
    sticky: Mapping[str, str]
    units: Units


class ExperimentPlan:
    """One experiment, ready to assign."""

    __slots__ = ("_gates", "_phases", "_resting", "_targeting", "spec")

    def __init__(
        self, spec: ExperimentSpec, book: SeedBook, predicates: dict[str, Predicate]
    ) -> None:
        """Compile targeting, phases, layer and holdout.

        The book collects the seeds of all plans, `predicates` their conditions: equal ones are
        one.

        Raises:
            ConditionInvalid: the targeting condition cannot be read.
        """
        self.spec = spec
        portable = condition_portable(spec.targeting)
        self._targeting: Predicate | None = None
        if portable:
            written = json.dumps(portable)
            if written not in predicates:
                predicates[written] = condition_compile(portable)
            self._targeting = predicates[written]
        self._gates: tuple[Gate, ...] = gates_compile(spec, book)
        self._phases: tuple[Phase, ...] = phases_compile(spec, book)
        self._resting: Arms = arms_compile(spec, None)

    def assign(self, request: Request, trace: Trace | None = None) -> Assignment:
        """The answer for one request; with a trace, what was asked on the way."""
        spec = self.spec
        if request.overrides:
            asked = self._override(request, trace)
            if asked is not None:
                return asked
        if spec.status is not Status.RUNNING:
            return self._rest(Reason.NOT_RUNNING, trace)
        phase = self._phase(request.as_of)
        if phase is None:
            return self._rest(Reason.NO_PHASE, trace)
        unit = request.units.unit(spec.unit)
        if trace is not None:
            trace.start(spec, phase.spec, unit)
        if unit is None:
            return self._answer(phase.arms.out[Reason.UNIT_MISSING], trace)
        if spec.forced_units:
            forced = spec.forced_units.get(unit.text)
            if forced is not None:
                return self._answer(phase.arms.forced[forced], trace)
        return self._answer(self._hashed(request, phase, unit, trace), trace)

    def quick(self, as_of: datetime) -> Quick:
        """What it comes to until a phase begins or ends; None when it needs the whole way."""
        spec = self.spec
        if spec.status is not Status.RUNNING:
            return self._resting.out[Reason.NOT_RUNNING]
        phase = self._phase(as_of)
        if phase is None:
            return self._resting.out[Reason.NO_PHASE]
        plain = not (spec.forced_units or self._gates or spec.sticky)
        if not plain or phase.seed.version != HASH_VERSION:
            return None
        return Hashed(
            attribute=spec.unit,
            salt=phase.seed.text,
            targeting=self._targeting,
            missing=phase.arms.out[Reason.UNIT_MISSING],
            untargeted=phase.arms.out[Reason.TARGETING],
            answers=phase.answers,
            choices=phase.choices,
        )

    def _hashed(
        self, request: Request, phase: Phase, unit: Unit, trace: Trace | None
    ) -> Assignment:
        arms = phase.arms
        for gate in self._gates:
            if not self._gate_passes(gate, request.units, trace):
                return arms.out[gate.reason]
        if self.spec.sticky is not None:
            stored = self._stored(request, arms, trace)
            if stored is not None:
                return stored
        if self._targeting is not None:
            passed = self._targeting(request.attributes)
            if trace is not None:
                trace.targeting(self.spec.targeting, request.attributes, passed=passed)
            if not passed:
                return arms.out[Reason.TARGETING]
        slot = request.units.slot(phase.seed, unit)
        if trace is not None:
            trace.bucket(phase, slot)
        return phase.answers[phase.choices[slot]]

    @staticmethod
    def _gate_passes(gate: Gate, units: Units, trace: Trace | None) -> bool:
        unit = units.unit(gate.seed.attribute)
        slot = None if unit is None else units.shared_slot(gate.seed, unit)
        passed = slot is not None and gate.inside[slot] == 1
        if trace is not None:
            trace.gate(gate, unit, slot, passed=passed)
        return passed

    def _stored(self, request: Request, arms: Arms, trace: Trace | None) -> Assignment | None:
        sticky = self.spec.sticky
        if sticky is None or not request.sticky:
            return None
        key = self.spec.key
        if any(experiment_key(key, old) in request.sticky for old in range(sticky.oldest)):
            return arms.out[Reason.STICKY_BLOCKED]
        variant = request.sticky.get(experiment_key(key, sticky.version), "")
        if trace is not None:
            trace.sticky(sticky, variant)
        return arms.sticky.get(variant)

    def _override(self, request: Request, trace: Trace | None) -> Assignment | None:
        variant = request.overrides.get(self.spec.key)
        if variant is None or self.spec.status not in OVERRIDABLE:
            return None
        phase = self._phase(request.as_of)
        arms = self._resting if phase is None else phase.arms
        asked = arms.overridden.get(variant)
        return None if asked is None else self._answer(asked, trace)

    def _phase(self, as_of: datetime) -> Phase | None:
        for phase in self._phases:
            if phase.spec.holds(as_of):
                return phase
        return None

    def _rest(self, reason: Reason, trace: Trace | None) -> Assignment:
        return self._answer(self._resting.out[reason], trace)

    def _answer(self, found: Assignment, trace: Trace | None) -> Assignment:
        return found if trace is None else trace.attach(found, self.spec)


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
