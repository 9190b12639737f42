"""What a proposed change of an experiment would do, for the person who reviews it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from apps.experiments.contracts.lifecycle import ExperimentView, ProposalView
from apps.experiments.domain.design.phases import allocation_after, hours_run, salt_stays
from apps.experiments.domain.design.writing import design_written
from apps.experiments.selectors.activity import activity
from apps.publishing.contracts import FieldChange
from apps.publishing.domain.diff import content_diff


@dataclass(frozen=True, slots=True)
class ProposalEffect:
    """What differs, and what applying it means.

    Attributes:
        changes: by dotted path, from the design in force to the proposed one.
        moves: whether units would be drawn anew; None before the first start.
        words: the same in a sentence or two.
    """

    changes: tuple[FieldChange, ...]
    moves: bool | None
    words: str


def proposal_effect(
    view: ExperimentView, proposal: ProposalView, *, as_of: datetime | None = None
) -> ProposalEffect:
    """The effect of applying a proposal now; one statement, none before the first start."""
    phase = view.phase
    if phase is None:
        return ProposalEffect((), None, "It has not started: nobody is assigned yet.")
    before, after = view.design, proposal.design
    changes = tuple(
        change
        for change in content_diff(design_written(before), design_written(after))
        if not _still_to_freeze(change)
    )
    hours = hours_run(activity(view.key), as_of or timezone.now())
    allocation = allocation_after(phase, before, after, hours)
    if salt_stays(phase, before, after, allocation):
        return ProposalEffect(
            changes,
            moves=False,
            words=f"Nobody moves: phase {phase.number + 1} keeps the salt, so everyone goes on "
            "seeing the same variant, and results are pooled with this run's.",
        )
    return ProposalEffect(
        changes,
        moves=True,
        words=f"Shoppers move: phase {phase.number + 1} draws a new salt, so everyone is assigned "
        "anew, and its results are analysed apart from those so far.",
    )


def _still_to_freeze(change: FieldChange) -> bool:
    """A draft leaves versions of metrics open; they are written in when it is submitted."""
    versioned = change.path.startswith("metrics.") and change.path.endswith(".version")
    return versioned and change.after == 0
