"""What an experiment's phases, layer and holdout compile to: tables from slot to answer."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from apps.experiments.contracts.assignment import (
    HASH_VERSION,
    Assignment,
    ExperimentSpec,
    PhaseSpec,
    Range,
    Reason,
)
from apps.experiments.domain.assignment.buckets import (
    NAMESPACE_HASH_VERSION,
    bucket_ranges,
    namespace_seed,
)
from apps.experiments.domain.assignment.bulk import choice_table
from apps.experiments.domain.assignment.units import Seed, SeedBook

_OUTSIDE = (
    Reason.NOT_RUNNING,
    Reason.NO_PHASE,
    Reason.UNIT_MISSING,
    Reason.HOLDOUT,
    Reason.LAYER,
    Reason.STICKY_BLOCKED,
    Reason.TARGETING,
    Reason.COVERAGE,
)


@dataclass(frozen=True, slots=True)
class Arms:
    """Every answer that an experiment can give in one phase, made once."""

    out: Mapping[Reason, Assignment]
    split: tuple[Assignment, ...]
    sticky: Mapping[str, Assignment]
    forced: Mapping[str, Assignment]
    overridden: Mapping[str, Assignment]


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase ready to assign: its seed, its ranges, and one byte a slot: which answer."""

    spec: PhaseSpec
    seed: Seed
    ranges: tuple[Range, ...]
    arms: Arms
    answers: tuple[Assignment, ...]
    choices: bytes

    def answer(self, slot: int) -> Assignment:
        """The answer of a slot."""
        return self.answers[self.choices[slot]]


@dataclass(frozen=True, slots=True)
class Gate:
    """A layer or holdout: one byte a slot, 1 where units pass."""

    reason: Reason
    name: str
    seed: Seed
    ranges: tuple[Range, ...]
    inside: bytes


def arms_compile(spec: ExperimentSpec, phase: int | None) -> Arms:
    """The answers of an experiment in a phase (None before the first)."""
    control = spec.variants[0].key
    out = {
        reason: Assignment(spec.key, control, 0, phase, False, False, reason)
        for reason in _OUTSIDE
    }

    def inside(reason: Reason, *, forced: bool) -> dict[str, Assignment]:
        return {
            key: Assignment(spec.key, key, index, phase, True, forced, reason)
            for index, key in enumerate(spec.variant_keys)
        }

    return Arms(
        out=out,
        split=tuple(inside(Reason.SPLIT, forced=False).values()),
        sticky=inside(Reason.STICKY, forced=False),
        forced=inside(Reason.FORCED_UNIT, forced=True),
        overridden=inside(Reason.OVERRIDE, forced=True),
    )


def phases_compile(spec: ExperimentSpec, book: SeedBook) -> tuple[Phase, ...]:
    """The phases, the one that started last first."""
    ordered = sorted(spec.phases, key=lambda phase: (phase.starts_at, phase.number), reverse=True)
    return tuple(_phase_compile(spec, phase, book) for phase in ordered)


def phase_ranges(phase: PhaseSpec) -> tuple[Range, ...]:
    """The bucket ranges of a phase's variants."""
    return bucket_ranges(len(phase.weights), phase.coverage, phase.weights)


def _phase_compile(spec: ExperimentSpec, phase: PhaseSpec, book: SeedBook) -> Phase:
    arms = arms_compile(spec, phase.number)
    ranges = phase_ranges(phase)
    chosen = choice_table(ranges, phase.hash_version)
    chosen[chosen < 0] = len(ranges)  # the answer behind the variants': outside
    answers = (*arms.split, arms.out[Reason.COVERAGE])
    seed = book.seed(spec.unit, phase.salt, phase.hash_version)
    return Phase(phase, seed, ranges, arms, answers, chosen.astype(np.uint8).tobytes())


def gates_compile(spec: ExperimentSpec, book: SeedBook) -> tuple[Gate, ...]:
    """The global holdout, then the layer."""
    gates: list[Gate] = []
    if spec.holdout is not None:
        holdout = spec.holdout
        seed = book.seed(holdout.unit or spec.unit, holdout.salt, HASH_VERSION)
        gates.append(_gate(Reason.HOLDOUT, holdout.salt, seed, ((holdout.share, 1.0),)))
    if spec.layer is not None:
        layer = spec.layer
        salt = namespace_seed(layer.name)
        seed = book.seed(layer.unit or spec.unit, salt, NAMESPACE_HASH_VERSION)
        gates.append(_gate(Reason.LAYER, layer.name, seed, layer.ranges))
    return tuple(gates)


def _gate(reason: Reason, name: str, seed: Seed, ranges: tuple[Range, ...]) -> Gate:
    inside = (choice_table(ranges, seed.version) >= 0).tobytes()
    return Gate(reason, name, seed, ranges, inside)
