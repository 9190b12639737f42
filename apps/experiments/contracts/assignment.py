"""What an experiment is to assignment, and what assignment answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Range: TypeAlias = tuple[float, float]

HASH_VERSION = 2
VARIANTS_AT_LEAST = 2
VARIANTS_AT_MOST = 200
_WEIGHT_TOLERANCE = 0.01


class SpecInvalid(ValueError):
    """A specification that cannot be assigned from: which experiment, and what is wrong."""

    def __init__(self, subject: str, message: str) -> None:
        """Keep the key of the experiment, layer or holdout beside the message."""
        super().__init__(f"{subject}: {message}")
        self.subject = subject
        self.message = message


class ConditionInvalid(ValueError):
    """A targeting condition that cannot be read: which operator, and what it needs."""

    def __init__(self, operator: str, message: str) -> None:
        """Keep the operator or path beside the message."""
        super().__init__(f"{operator} {message}")
        self.operator = operator
        self.message = message


class Status(StrEnum):
    """Where an experiment stands in its life."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class Reason(StrEnum):
    """Why a unit got what it got."""

    SPLIT = "split"
    STICKY = "sticky"
    FORCED_UNIT = "forced_unit"
    OVERRIDE = "override"
    NOT_RUNNING = "not_running"
    NO_PHASE = "no_phase"
    UNIT_MISSING = "unit_missing"
    HOLDOUT = "holdout"
    LAYER = "layer"
    STICKY_BLOCKED = "sticky_blocked"
    TARGETING = "targeting"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True)
class VariantSpec:
    """One arm. Its payload is opaque here; without one, its key is what is served."""

    key: str
    payload: Json = None
    name: str = ""

    @property
    def value(self) -> Json:
        """What a storefront receives for this variant."""
        return self.key if self.payload is None else self.payload


@dataclass(frozen=True, slots=True)
class PhaseSpec:
    """An immutable stretch of an experiment: `[starts_at, ends_at)`, one salt, one allocation.

    Coverage is a share in [0, 1]; weights are in the order of the variants and sum to 1.
    """

    number: int
    salt: str
    weights: tuple[float, ...]
    starts_at: datetime
    ends_at: datetime | None = None
    coverage: float = 1.0
    hash_version: int = HASH_VERSION

    def holds(self, as_of: datetime) -> bool:
        """Whether the phase is in force at this moment."""
        return self.starts_at <= as_of and (self.ends_at is None or as_of < self.ends_at)


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """The part of a namespace that an experiment owns: units hashed into one of its ranges."""

    name: str
    ranges: tuple[Range, ...]
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class HoldoutSpec:
    """Units kept out of every experiment: those whose version-2 hash is below the share."""

    salt: str
    share: float
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class StickySpec:
    """Stickiness as chosen: the version of stored assignments, and the oldest still valid."""

    version: int = 0
    oldest: int = 0


@dataclass(frozen=True, slots=True)
class ExperimentSpec:
    """All that assignment reads of one experiment. `unit` names the attribute that is hashed.

    Control is the first variant. `forced_units` maps a unit's id to a variant's key.
    """

    key: str
    unit: str
    variants: tuple[VariantSpec, ...]
    phases: tuple[PhaseSpec, ...]
    status: Status = Status.RUNNING
    targeting: Mapping[str, Json] = field(default_factory=dict)
    layer: LayerSpec | None = None
    holdout: HoldoutSpec | None = None
    forced_units: Mapping[str, str] = field(default_factory=dict)
    sticky: StickySpec | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be assigned from.

        Raises:
            SpecInvalid: no or doubled variants, weights, coverage or ranges out of bounds,
                an unknown hash version, or a forced unit without a variant.
        """
        keys = self.variant_keys
        if not VARIANTS_AT_LEAST <= len(keys) <= VARIANTS_AT_MOST or len(set(keys)) != len(keys):
            raise SpecInvalid(self.key, "needs 2 or more variants with different keys")
        if not self.key or not self.unit:
            raise SpecInvalid(self.key, "needs a key and a unit attribute")
        for phase in self.phases:
            self._phase_check(phase)
        self._bounds_check()
        if not set(self.forced_units.values()) <= set(keys):
            raise SpecInvalid(self.key, "a forced unit names a variant that does not exist")

    def _phase_check(self, phase: PhaseSpec) -> None:
        if len(phase.weights) != len(self.variants) or min(phase.weights) < 0:
            raise SpecInvalid(self.key, "a phase needs one weight, 0 or more, a variant")
        if abs(sum(phase.weights) - 1.0) > _WEIGHT_TOLERANCE:
            raise SpecInvalid(self.key, "the weights of a phase must sum to 1")
        if not 0 <= phase.coverage <= 1:
            raise SpecInvalid(self.key, "coverage must lie between 0 and 1")
        if phase.hash_version not in {1, HASH_VERSION} or not phase.salt:
            raise SpecInvalid(self.key, "a phase needs a salt and hash version 1 or 2")

    def _bounds_check(self) -> None:
        shares = [(0.0, self.holdout.share)] if self.holdout else []
        ranges = [*shares, *(self.layer.ranges if self.layer else ())]
        if not all(0 <= low <= high <= 1 for low, high in ranges):
            raise SpecInvalid(self.key, "layer ranges and the holdout must lie between 0 and 1")

    @property
    def variant_keys(self) -> tuple[str, ...]:
        """Keys of the variants, control first."""
        return tuple(variant.key for variant in self.variants)

    def phase_at(self, as_of: datetime) -> PhaseSpec | None:
        """The phase in force: of those that hold, the one that started last."""
        held = [phase for phase in self.phases if phase.holds(as_of)]
        return max(held, key=lambda phase: (phase.starts_at, phase.number), default=None)


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One question that assignment asked of a unit, in order, with what it read."""

    name: str
    passed: bool
    detail: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Assignment:
    """The rule's answer for one unit and experiment.

    `variant` is what is served: control when the unit is not in the experiment. Only
    `in_experiment` units that are not `forced` count in an analysis.
    """

    key: str
    variant: str
    index: int
    phase: int | None
    in_experiment: bool
    forced: bool
    reason: Reason
    trace: tuple[TraceStep, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether an exposure of this assignment may enter an analysis."""
        return self.in_experiment and not self.forced


def specs_check(specs: Sequence[ExperimentSpec]) -> None:
    """Refuse two experiments of one key.

    Raises:
        SpecInvalid: naming the doubled key.
    """
    seen: set[str] = set()
    for spec in specs:
        if spec.key in seen:
            raise SpecInvalid(spec.key, "two experiments have this key")
        seen.add(spec.key)
