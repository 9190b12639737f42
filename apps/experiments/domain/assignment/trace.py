"""The answer to 'Why is this unit in B?': every question in order, with what it read."""

from collections.abc import Mapping
from dataclasses import replace

from apps.experiments.contracts.assignment import (
    Assignment,
    ExperimentSpec,
    Json,
    PhaseSpec,
    Range,
    StickySpec,
    TraceStep,
)
from apps.experiments.domain.assignment.arms import Gate, Phase
from apps.experiments.domain.assignment.hashing import RESOLUTION
from apps.experiments.domain.assignment.units import Unit


class Trace:
    """Collects the steps of one assignment."""

    __slots__ = ("_steps",)

    def __init__(self) -> None:
        """Start empty."""
        self._steps: list[TraceStep] = []

    def start(self, spec: ExperimentSpec, phase: PhaseSpec, unit: Unit | None) -> None:
        """The phase in force and the unit."""
        allocation: dict[str, Json] = {
            "number": phase.number,
            "salt": phase.salt,
            "coverage": phase.coverage,
            "weights": dict(zip(spec.variant_keys, phase.weights, strict=True)),
            "starts_at": phase.starts_at.isoformat(),
        }
        self._steps.append(TraceStep("phase", True, allocation))
        identity: dict[str, Json] = {
            "attribute": spec.unit,
            "id": None if unit is None else unit.text,
        }
        self._steps.append(TraceStep("unit", unit is not None, identity))

    def gate(self, gate: Gate, unit: Unit | None, slot: int | None, *, passed: bool) -> None:
        """A holdout or layer: the unit's bucket and the ranges that pass."""
        detail: dict[str, Json] = {
            "name": gate.name,
            "attribute": gate.seed.attribute,
            "id": None if unit is None else unit.text,
            "seed": gate.seed.text,
            "hash_version": gate.seed.version,
            "bucket": None if slot is None else slot / RESOLUTION[gate.seed.version],
            "passes": _written(gate.ranges),
        }
        self._steps.append(TraceStep(gate.reason.value, passed, detail))

    def sticky(self, sticky: StickySpec, variant: str) -> None:
        """The stored assignment, if any."""
        detail: dict[str, Json] = {"version": sticky.version, "stored": variant or None}
        self._steps.append(TraceStep("sticky", bool(variant), detail))

    def targeting(
        self, condition: Mapping[str, Json], attributes: Mapping[str, Json], *, passed: bool
    ) -> None:
        """The targeting condition and the attributes that it names."""
        names = {path.split(".")[0] for path in _paths(dict(condition))}
        seen: dict[str, Json] = {name: attributes.get(name) for name in sorted(names)}
        detail: dict[str, Json] = {"condition": dict(condition), "attributes": seen}
        self._steps.append(TraceStep("targeting", passed, detail))

    def bucket(self, phase: Phase, slot: int) -> None:
        """The hash under the phase's salt, and whose range it falls into."""
        answer = phase.answer(slot)
        detail: dict[str, Json] = {
            "seed": phase.seed.text,
            "hash_version": phase.seed.version,
            "bucket": slot / RESOLUTION[phase.seed.version],
            "ranges": _written(phase.ranges),
            "variant": answer.variant if answer.in_experiment else None,
        }
        self._steps.append(TraceStep("bucket", answer.in_experiment, detail))

    def attach(self, found: Assignment, spec: ExperimentSpec) -> Assignment:
        """The answer with all steps, the last one saying what came out and why."""
        outcome: dict[str, Json] = {
            "reason": found.reason.value,
            "variant": found.variant,
            "status": spec.status.value,
        }
        last = TraceStep("outcome", found.in_experiment, outcome)
        return replace(found, trace=(*self._steps, last))


def _written(ranges: tuple[Range, ...]) -> list[Json]:
    return [[low, high] for low, high in ranges]


def _paths(condition: Json) -> list[str]:
    """Attribute paths that a condition names, at any depth of its logic."""
    if isinstance(condition, list):
        return [path for part in condition for path in _paths(part)]
    found: list[str] = []
    for key, value in condition.items() if isinstance(condition, dict) else ():
        found += _paths(value) if key in {"$and", "$or", "$nor", "$not"} else [key]
    return found
