"""One experiment, compiled: the questions in their order.

The order of the questions, and so of the reasons: override, status, phase, unit, forced unit,
holdout, layer, stored assignment, targeting, bucket. A stored assignment outlives a change of
targeting and coverage, never a holdout or a layer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.experiments.contracts.assignment import (
    HASH_VERSION,
    Assignment,
    ExperimentSpec,
    Json,
    Reason,
    Status,
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
from apps.experiments.domain.assignment.quick import Hashed, Quick
from apps.experiments.domain.assignment.sticky import experiment_key
from apps.experiments.domain.assignment.trace import Trace
from apps.experiments.domain.assignment.units import SeedBook, Unit, Units

OVERRIDABLE = frozenset({Status.DRAFT, Status.IN_REVIEW, Status.RUNNING})


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
