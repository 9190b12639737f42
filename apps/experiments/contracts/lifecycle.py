"""An experiment as it stands: status, phases, history, decision; and flags."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from apps.experiments.contracts.assignment import Json, Status
from apps.experiments.contracts.design import ExperimentDesign


class Outcome(StrEnum):
    """What was decided on the evidence."""

    SHIP = "ship"
    ROLL_BACK = "roll_back"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class PhaseView:
    """One immutable stretch of a run.

    Attributes:
        number: 1, 2, 3 … within the experiment.
        salt: what units are hashed with.
        salt_version: 1 for the first salt, more at each new one; phases of one salt version
            are analysed together, those of different ones apart.
        coverage: share in [0, 1].
        weights: in the order of the variants.
        targeting: condition in force.
        layer: name and range `[low, high)`, or None.
        holdout_salt, holdout_share: the global holdout in force; share 0 is none.
        design_version: number of the approved design that it runs.
        starts_at, ends_at: aware; open while the end is None.
        reason: why it began.
    """

    number: int
    salt: str
    salt_version: int
    coverage: float
    weights: tuple[float, ...]
    targeting: Mapping[str, Json]
    layer: tuple[str, float, float] | None
    holdout_salt: str
    holdout_share: float
    design_version: int
    starts_at: datetime
    ends_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class TransitionView:
    """One line of the activity log.

    Attributes:
        action: `created`, `edited`, `submitted`, `approved`, `rejected`, `withdrawn`,
            `started`, `paused`, `resumed`, `phase_started`, `completed`, `decided`, `shipped`,
            `archived`, `killed`, `forced_units_changed`.
        actor: user name, empty for the system.
        changes: dotted path → (before, after).
    """

    action: str
    at: datetime
    actor: str
    reason: str
    from_status: str
    to_status: str
    changes: Mapping[str, tuple[Json, Json]]


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision with the frozen analysis that it was taken on (`analysis_id`)."""

    outcome: Outcome
    variant: str
    text: str
    decided_by: str
    decided_at: datetime
    analysis_id: int
    shipped: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class ExperimentView:
    """One experiment whole.

    Attributes:
        id: the row.
        key: stable, what storefronts and exposures say.
        status: where it stands.
        design: the one in force: live while it runs or after, else the draft.
        design_version: its number.
        draft_version_id: the open draft or version in review, if any.
        approved: a second person has approved what waits.
        phases: oldest first.
        forced_units: unit → variant, for QA.
        owner: user name.
        created_at, started_at, ended_at: aware.
        decision: None until decided.
    """

    id: int
    key: str
    status: Status
    design: ExperimentDesign
    design_version: int
    draft_version_id: int | None
    approved: bool
    phases: tuple[PhaseView, ...]
    forced_units: Mapping[str, str]
    owner: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    decision: DecisionView | None

    @property
    def phase(self) -> PhaseView | None:
        """The open phase."""
        return next((each for each in reversed(self.phases) if each.ends_at is None), None)


@dataclass(frozen=True, slots=True)
class ProposalView:
    """What waits for a second person: a first design, or a change of a running experiment.

    Attributes:
        version_id, number: of the version.
        status: `draft` or `in_review`.
        design: what is proposed.
        approved: a second person has approved it.
        created_by: its author, who cannot approve it; `created_by_id` is the row.
        reviewed_by: who approved it.
        submitted_at: since when it waits.
    """

    version_id: int
    number: int
    status: str
    design: ExperimentDesign
    approved: bool
    created_by: str
    created_by_id: int | None
    reviewed_by: str
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class LayerClaimView:
    """A range `[low, high)` of a layer and the experiment that holds it."""

    experiment: str
    unit: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LayerView:
    """A layer: who holds what of it, and what is free, in ascending order."""

    name: str
    description: str
    claims: tuple[LayerClaimView, ...]
    free: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class HoldoutView:
    """The global holdout in force; share 0 is none."""

    salt: str
    share: float
    version: int


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of the pre-launch checklist.

    Attributes:
        code: stable, snake_case.
        met: whether the transition may go on.
        message: one sentence, what is there or what is missing.
        field: dotted path into the design, empty when none.
    """

    code: str
    met: bool
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class FlagRule:
    """A flag's answer for some units.

    Attributes:
        targeting: condition; empty is everybody.
        value: what they get.
        coverage: share of them, by hash of `unit` with the flag's key as the seed.
        unit: attribute that is hashed when coverage is below 1.
    """

    value: Json
    targeting: Mapping[str, Json]
    coverage: float = 1.0
    unit: str = "client_id"


@dataclass(frozen=True, slots=True)
class FlagDefinition:
    """A flag without an experiment.

    Attributes:
        description: what it switches.
        value_type: `boolean`, `string`, `integer`, `float` or `object`.
        value: served when on and no rule matches.
        off_value: served when off.
        rules: asked in order; the first that matches answers.
    """

    description: str
    value_type: str
    value: Json
    off_value: Json
    rules: tuple[FlagRule, ...] = ()


@dataclass(frozen=True, slots=True)
class FlagView:
    """A flag as it stands; `definition` is the published one, None before the first."""

    key: str
    enabled: bool
    definition: FlagDefinition | None
    version: int
