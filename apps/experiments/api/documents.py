"""What the API answers about experiments: structs, from which the schema is derived too."""

from datetime import datetime
from typing import Any

import msgspec

from apps.experiments.contracts.lifecycle import (
    DecisionView,
    ExperimentView,
    PhaseView,
    ProposalView,
    Requirement,
    TransitionView,
)
from apps.experiments.domain.design.reading import design_written

# Any JSON: what a payload, a condition or a design is to the answer's type.
Document = dict[str, Any]


class ExperimentPhase(msgspec.Struct, frozen=True):
    """One immutable stretch of a run; open while `ends_at` is null."""

    number: int
    salt: str
    salt_version: int
    coverage: float
    weights: dict[str, float]
    targeting: Document
    layer: Document | None
    holdout: Document | None
    design_version: int
    starts_at: datetime
    ends_at: datetime | None
    reason: str


class ExperimentProposal(msgspec.Struct, frozen=True):
    """What waits: a first design, or a change of what runs."""

    version: int
    status: str
    approved: bool
    created_by: str
    reviewed_by: str
    submitted_at: datetime | None
    design: Document


class ExperimentDecision(msgspec.Struct, frozen=True):
    """What was decided, on which frozen analysis, and what shipping published."""

    outcome: str
    variant: str
    text: str
    decided_by: str
    decided_at: datetime
    analysis_id: int
    shipped: Document


class ExperimentSummary(msgspec.Struct, frozen=True):
    """One experiment in a list."""

    key: str
    name: str
    status: str
    kind: str
    surface: str
    unit: str
    owner: str
    variants: list[str]
    phase: int | None
    coverage: float | None
    change_waits: bool
    approved: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    decision: str | None


class ExperimentAnswer(msgspec.Struct, frozen=True):
    """One experiment whole; `design` is in force while it runs or after, else the draft."""

    key: str
    status: str
    owner: str
    design: Document
    design_version: int
    proposal: ExperimentProposal | None
    phases: list[ExperimentPhase]
    forced_units: dict[str, str]
    decision: ExperimentDecision | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class ExperimentList(msgspec.Struct, frozen=True):
    """A page of experiments, newest first; `count` is of all that fit the filter."""

    count: int
    limit: int
    offset: int
    results: list[ExperimentSummary]


class ExperimentRequirement(msgspec.Struct, frozen=True):
    """One line of the checklist."""

    code: str
    met: bool
    message: str
    field: str


class ExperimentChecklist(msgspec.Struct, frozen=True):
    """What an action wants; `ready` when nothing is missing."""

    action: str
    ready: bool
    requirements: list[ExperimentRequirement]


class ExperimentChange(msgspec.Struct, frozen=True):
    """One place that changed, with what was there before."""

    path: str
    before: Any
    after: Any


class ExperimentActivityLine(msgspec.Struct, frozen=True):
    """One line of the activity log."""

    action: str
    at: datetime
    actor: str
    reason: str
    from_status: str
    to_status: str
    changes: list[ExperimentChange]


class ExperimentActivity(msgspec.Struct, frozen=True):
    """The activity log, oldest first."""

    results: list[ExperimentActivityLine]


def experiment_document(view: ExperimentView, proposal: ProposalView | None) -> ExperimentAnswer:
    """One experiment whole."""
    return ExperimentAnswer(
        key=view.key,
        status=view.status.value,
        owner=view.owner,
        design=dict(design_written(view.design)),
        design_version=view.design_version,
        proposal=None if proposal is None else _proposal(proposal),
        phases=[phase_document(view, phase) for phase in view.phases],
        forced_units=dict(view.forced_units),
        decision=None if view.decision is None else decision_document(view.decision),
        created_at=view.created_at,
        started_at=view.started_at,
        ended_at=view.ended_at,
    )


def summary_document(view: ExperimentView) -> ExperimentSummary:
    """One experiment in a list."""
    phase = view.phase
    return ExperimentSummary(
        key=view.key,
        name=view.design.name,
        status=view.status.value,
        kind=view.design.kind.value,
        surface=view.design.surface,
        unit=view.design.unit.value,
        owner=view.owner,
        variants=list(view.design.variant_keys),
        phase=None if phase is None else phase.number,
        coverage=None if phase is None else phase.coverage,
        change_waits=view.draft_version_id is not None,
        approved=view.approved,
        created_at=view.created_at,
        started_at=view.started_at,
        ended_at=view.ended_at,
        decision=None if view.decision is None else view.decision.outcome.value,
    )


def phase_document(view: ExperimentView, phase: PhaseView) -> ExperimentPhase:
    """A phase; an older design may have had other variants, which are then numbered."""
    keys = view.design.variant_keys
    fits = len(keys) == len(phase.weights)
    names = keys if fits else tuple(str(place) for place in range(len(phase.weights)))
    return ExperimentPhase(
        number=phase.number,
        salt=phase.salt,
        salt_version=phase.salt_version,
        coverage=phase.coverage,
        weights=dict(zip(names, phase.weights, strict=True)),
        targeting=dict(phase.targeting),
        layer=_layer(phase),
        holdout=_holdout(phase),
        design_version=phase.design_version,
        starts_at=phase.starts_at,
        ends_at=phase.ends_at,
        reason=phase.reason,
    )


def decision_document(decision: DecisionView) -> ExperimentDecision:
    """A decision."""
    return ExperimentDecision(
        outcome=decision.outcome.value,
        variant=decision.variant,
        text=decision.text,
        decided_by=decision.decided_by,
        decided_at=decision.decided_at,
        analysis_id=decision.analysis_id,
        shipped=dict(decision.shipped),
    )


def checklist_document(action: str, requirements: tuple[Requirement, ...]) -> ExperimentChecklist:
    """The checklist of an action."""
    return ExperimentChecklist(
        action=action,
        ready=all(each.met for each in requirements),
        requirements=[
            ExperimentRequirement(each.code, each.met, each.message, each.field)
            for each in requirements
        ],
    )


def activity_document(lines: tuple[TransitionView, ...]) -> ExperimentActivity:
    """The activity log."""
    return ExperimentActivity([_line(line) for line in lines])


def _line(line: TransitionView) -> ExperimentActivityLine:
    return ExperimentActivityLine(
        action=line.action,
        at=line.at,
        actor=line.actor,
        reason=line.reason,
        from_status=line.from_status,
        to_status=line.to_status,
        changes=[
            ExperimentChange(path, before, after) for path, (before, after) in line.changes.items()
        ],
    )


def _proposal(proposal: ProposalView) -> ExperimentProposal:
    return ExperimentProposal(
        version=proposal.number,
        status=proposal.status,
        approved=proposal.approved,
        created_by=proposal.created_by,
        reviewed_by=proposal.reviewed_by,
        submitted_at=proposal.submitted_at,
        design=dict(design_written(proposal.design)),
    )


def _layer(phase: PhaseView) -> Document | None:
    if phase.layer is None:
        return None
    name, low, high = phase.layer
    return {"name": name, "low": low, "high": high}


def _holdout(phase: PhaseView) -> Document | None:
    if not phase.holdout_share:
        return None
    return {"salt": phase.holdout_salt, "share": phase.holdout_share}
