"""What serving reads of experiments and flags, and what it answers to a surface."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from apps.experiments.contracts.assignment import Assignment, ExperimentSpec, Json, Status
from apps.experiments.contracts.design import ExperimentKind, Stickiness, UnitType
from apps.experiments.contracts.lifecycle import FlagView, PhaseView

NO_STICKY: Mapping[str, str] = {}
Pause = tuple[datetime, datetime | None]
_UNBORN = frozenset({Status.DRAFT, Status.IN_REVIEW})


@dataclass(frozen=True, slots=True)
class ServingExperiment:
    """One experiment as serving holds it.

    Attributes:
        spec: what is assigned from; its phases are those under the conditions in force.
        kind: ab, bandit or interleaving.
        surface: who reads the payloads, or `any`.
        unit: what is randomised.
        stickiness: where a first assignment is kept.
        phases: every phase of the run, oldest first.
        decided: the variant that was shipped; everybody gets it once the run has ended.
        pauses: when nobody was assigned, oldest first: from, and until (None: it still is).
    """

    spec: ExperimentSpec
    kind: ExperimentKind
    surface: str
    unit: UnitType
    stickiness: Stickiness
    phases: tuple[PhaseView, ...] = ()
    decided: str = ""
    pauses: tuple[Pause, ...] = ()

    @property
    def started(self) -> bool:
        """Whether it ever ran: a draft, or a first design in review, did not."""
        return self.spec.status not in _UNBORN

    def phase_numbered(self, number: int | None) -> PhaseView | None:
        """The phase of this number."""
        return next((each for each in self.phases if each.number == number), None)


@dataclass(frozen=True, slots=True)
class ServingRows:
    """Everything that is served, as PostgreSQL held it.

    Attributes:
        experiments: every one that can be asked for.
        flags: those that were published.
        conversions: names that a conversion's `metric` may have; None: any, since a metric
            counts conversions of every name.
        complete: False when PostgreSQL was down.
    """

    experiments: tuple[ServingExperiment, ...] = ()
    flags: tuple[FlagView, ...] = ()
    conversions: frozenset[str] | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Served:
    """An experiment's answer for one request, with all a surface needs to act on it.

    Attributes:
        assignment: the rule's answer; `counted` ones may be exposed.
        kind: ab, bandit or interleaving.
        payloads: of every variant, control first; None leaves the shop as it is.
        variants: their keys, in the same order.
        salt_version: of the phase in force; 0 before the first.
        design_version: number of the approved design that the phase runs; 0 before the first.
        unit: what is randomised.
        stickiness: where a first assignment is kept.
    """

    assignment: Assignment
    kind: ExperimentKind
    payloads: tuple[Json, ...]
    variants: tuple[str, ...]
    salt_version: int
    design_version: int
    unit: UnitType
    stickiness: Stickiness

    @property
    def payload(self) -> Json:
        """The payload of the variant that is served."""
        return self.payloads[self.assignment.index]


@dataclass(frozen=True, slots=True)
class QaOverride:
    """What a signed QA token says: show this variant until then; nobody is counted."""

    experiment: str
    variant: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class QaLink:
    """A QA token ready to be sent: `?qa=<token>` behind any address of the shop."""

    experiment: str
    variant: str
    token: str
    expires_at: datetime


class ReceiptState(StrEnum):
    """What became of one reported exposure."""

    COUNTED = "counted"
    FORCED_UNIT = "forced_unit"
    HOLDOUT = "holdout"
    LAYER = "layer"
    NOT_RUNNING = "not_running"


@dataclass(frozen=True, slots=True)
class ExposureReceipt:
    """What became of one reported exposure.

    Attributes:
        event_id: of the stored event; empty when it is not counted and so not stored.
        state: counted, or why it is not.
        phase: the phase that it belongs to.
        expected: what this server assigns in that phase; differs when the caller's own
            assignment went another way (the roll-up reports such units).
    """

    event_id: str
    state: ReceiptState
    phase: int
    expected: str


class FlagReason(StrEnum):
    """Why a flag has its value, in the words of OFREP 0.3."""

    STATIC = "STATIC"
    TARGETING_MATCH = "TARGETING_MATCH"
    SPLIT = "SPLIT"
    DISABLED = "DISABLED"
    UNKNOWN = "UNKNOWN"


class FlagFault(StrEnum):
    """Why a flag has no value, in the words of OFREP 0.3."""

    PARSE_ERROR = "PARSE_ERROR"
    TARGETING_KEY_MISSING = "TARGETING_KEY_MISSING"
    INVALID_CONTEXT = "INVALID_CONTEXT"
    GENERAL = "GENERAL"
    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class FlagAnswer:
    """A flag's value for one context; `fault` instead when there is none."""

    key: str
    value: Json = None
    reason: FlagReason = FlagReason.UNKNOWN
    variant: str = ""
    metadata: Mapping[str, Json] = field(default_factory=dict)
    fault: FlagFault | None = None
    message: str = ""
