"""Checking exposures that storefronts report: which phase, whether they count, what we expect."""

from dataclasses import dataclass
from datetime import datetime

from apps.experiments.contracts.assignment import HASH_VERSION
from apps.experiments.contracts.lifecycle import PhaseView
from apps.experiments.contracts.serving import ReceiptState, ServingExperiment
from apps.experiments.domain.assignment.buckets import (
    bucket_ranges,
    in_namespace,
    variation_choose,
)
from apps.experiments.domain.assignment.hashing import bucket


class ReportInvalid(ValueError):
    """A report that cannot be an exposure of this experiment: which field, and why."""

    def __init__(self, field: str, message: str) -> None:
        """Keep the field beside the message."""
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class ReportChecked:
    """What a report is: its phase, whether it counts, and the variant that hashing gives."""

    phase: int
    state: ReceiptState
    expected: str


def report_check(
    experiment: ServingExperiment,
    *,
    variant: str,
    phase: int | None,
    unit: str | None,
    occurred_at: datetime,
) -> ReportChecked:
    """Check one reported exposure against the experiment.

    Args:
        experiment: as it is served.
        variant: key of the variant that was seen.
        phase: number, as the assignment said it; None for the one in force at the time.
        unit: id of the experiment's unit, None when the report has none.
        occurred_at: aware.

    Raises:
        ReportInvalid: no such variant or phase, or the unit is missing.
    """
    if variant not in experiment.spec.variant_keys:
        raise ReportInvalid("variant", f"{experiment.spec.key} has no variant {variant}.")
    if not unit:
        name = experiment.unit.attribute
        raise ReportInvalid(name, f"The unit of {experiment.spec.key} is its {name}.")
    found = _phase(experiment, phase, occurred_at)
    state = _state(experiment, found, unit)
    if state is ReceiptState.COUNTED and not _ran(experiment, found, occurred_at):
        state = ReceiptState.NOT_RUNNING
    return ReportChecked(found.number, state, _expected(experiment, found, unit))


def _phase(experiment: ServingExperiment, number: int | None, occurred_at: datetime) -> PhaseView:
    if number is not None:
        named = experiment.phase_numbered(number)
        if named is None:
            raise ReportInvalid("phase", f"{experiment.spec.key} has no phase {number}.")
        return named
    begun = [each for each in experiment.phases if each.starts_at <= occurred_at]
    if not begun:
        raise ReportInvalid("occurred_at", f"{experiment.spec.key} did not run then.")
    return begun[-1]


def _state(experiment: ServingExperiment, phase: PhaseView, unit: str) -> ReceiptState:
    if unit in experiment.spec.forced_units:
        return ReceiptState.FORCED_UNIT
    held = bucket(phase.holdout_salt, unit, HASH_VERSION)
    if phase.holdout_share and held is not None and held < phase.holdout_share:
        return ReceiptState.HOLDOUT
    if phase.layer is not None and not in_namespace(unit, *phase.layer):
        return ReceiptState.LAYER
    return ReceiptState.COUNTED


def _ran(experiment: ServingExperiment, phase: PhaseView, at: datetime) -> bool:
    """Whether anybody could be exposed then, under the allocation of this phase.

    A page that was open while coverage grew belongs to the phase that it was rendered in, as
    long as the allocation goes on.
    """
    if any(low <= at and (high is None or at < high) for low, high in experiment.pauses):
        return False
    ends = [each.ends_at for each in experiment.phases if each.salt_version == phase.salt_version]
    return any(end is None or at < end for end in ends)


def _expected(experiment: ServingExperiment, phase: PhaseView, unit: str) -> str:
    """The variant by hash; empty outside of coverage, or when the variants were others then."""
    position = bucket(phase.salt, unit, HASH_VERSION)
    keys = experiment.spec.variant_keys
    if position is None or len(phase.weights) != len(keys):
        return ""
    ranges = bucket_ranges(len(phase.weights), phase.coverage, phase.weights)
    index = variation_choose(position, ranges)
    return keys[index] if index >= 0 else ""
