"""What the next phase of an experiment is: its allocation, and whether the salt stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.experiments.contracts.design import ExperimentDesign
from apps.experiments.contracts.lifecycle import PhaseView, TransitionView

_SECONDS_AN_HOUR = 3_600
_RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Allocation:
    """Coverage and weights (in the order of the variants) of a phase."""

    coverage: float
    weights: tuple[float, ...]


def design_weights(design: ExperimentDesign) -> tuple[float, ...]:
    """The weights that the design gives."""
    return tuple(variant.weight for variant in design.variants)


def coverage_due(design: ExperimentDesign, hours_run: float) -> float:
    """The coverage that the design's ramp has reached after so many hours of running."""
    reached = [step.coverage for step in design.schedule.ramp if step.after_hours <= hours_run]
    return max((design.coverage, *reached))


def coverages_approved(design: ExperimentDesign) -> tuple[float, ...]:
    """Every coverage that the design plans."""
    return (design.coverage, *(step.coverage for step in design.schedule.ramp))


def hours_run(transitions: Sequence[TransitionView], as_of: datetime) -> float:
    """Hours in which the experiment was running, pauses left out; transitions oldest first."""
    total, since = 0.0, None
    for each in transitions:
        if each.at > as_of:
            break
        if each.to_status == _RUNNING and since is None:
            since = each.at
        elif each.to_status != _RUNNING and since is not None:
            total += (each.at - since).total_seconds()
            since = None
    if since is not None:
        total += (as_of - since).total_seconds()
    return total / _SECONDS_AN_HOUR


def allocation_after(
    previous: PhaseView, before: ExperimentDesign, after: ExperimentDesign, hours: float
) -> Allocation:
    """The allocation with which an approved change goes on.

    What the change leaves alone stays as it has become (a ramp's coverage, a bandit's
    weights); what it touches is as it says.
    """
    same_ramp = coverages_approved(before) == coverages_approved(after) and (
        before.schedule.ramp == after.schedule.ramp
    )
    same_arms = _arms(before) == _arms(after) and design_weights(before) == design_weights(after)
    return Allocation(
        coverage=previous.coverage if same_ramp else coverage_due(after, hours),
        weights=previous.weights if same_arms else design_weights(after),
    )


def salt_stays(
    previous: PhaseView,
    before: ExperimentDesign,
    after: ExperimentDesign,
    allocation: Allocation,
) -> bool:
    """Whether no enrolled unit moves or sees something else: then the salt stays.

    Coverage may only grow; everything else that decides who sees what must be as it was.
    """
    return (
        allocation.coverage >= previous.coverage
        and allocation.weights == previous.weights
        and _treatment(before) == _treatment(after)
    )


def _arms(design: ExperimentDesign) -> object:
    return [(variant.key, variant.payload) for variant in design.variants]


def _treatment(design: ExperimentDesign) -> object:
    return (
        _arms(design),
        design.unit,
        design.surface,
        dict(design.targeting),
        design.layer,
        design.holdout,
        design.stratify_by,
    )
