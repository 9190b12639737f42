"""What a person may do with an experiment right now; each step is one service."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from apps.access.services import Actor
from apps.experiments.contracts.lifecycle import ExperimentView, ProposalView
from apps.experiments.domain.design.transitions import Action, status_fits
from apps.experiments.services.design import (
    experiment_approve,
    experiment_reject,
    experiment_submit,
    experiment_withdraw,
)
from apps.experiments.services.lifecycle import (
    experiment_archive,
    experiment_complete,
    experiment_pause,
    experiment_resume,
    experiment_start,
)
from apps.publishing.bases import publish_kind

DRAFT, IN_REVIEW = "draft", "in_review"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an experiment stands for one person; `waiting` is the status of what waits."""

    view: ExperimentView
    proposal: ProposalView | None
    person_id: int | None

    @property
    def waiting(self) -> str:
        """`draft`, `in_review` or empty."""
        return self.proposal.status if self.proposal is not None else ""

    @property
    def mine(self) -> bool:
        """Whether the person wrote what waits."""
        proposal = self.proposal
        return proposal is not None and proposal.created_by_id in {None, self.person_id}

    @property
    def started(self) -> bool:
        """Whether a step concerns a change of something that has run."""
        return self.view.started_at is not None


class StepService(Protocol):
    """A service that takes the step."""

    def __call__(self, *, key: str, actor: Actor, reason: str) -> ExperimentView:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True)
class ExperimentStep:
    """A button of an experiment's page.

    Attributes:
        action: which one; its value is part of the URL.
        title: what the button reads; `changed` where it concerns a change of what runs.
        about: what it does, before it is done.
        permission: codename that it wants.
        fits: whether it makes sense now.
        act: does it.
        reason: whether it asks why.
        tone: `primary`, `plain` or `danger`.
    """

    action: Action
    title: str
    about: str
    permission: str
    fits: Callable[[Standing], bool]
    act: StepService
    reason: bool = True
    tone: str = "plain"
    changed: str = ""

    def title_for(self, standing: Standing) -> str:
        """What the button reads here."""
        return self.changed if self.changed and standing.started else self.title


def steps_for(standing: Standing, holds: Callable[[str], bool]) -> tuple[ExperimentStep, ...]:
    """The steps that fit now and that the person may take."""
    status = standing.view.status
    return tuple(
        step
        for step in STEPS
        if status_fits(step.action, status) and step.fits(standing) and holds(step.permission)
    )


def _plain(service: Callable[..., ExperimentView]) -> StepService:
    """A service that takes no reason."""

    def act(*, key: str, actor: Actor, reason: str) -> ExperimentView:
        del reason
        return service(key=key, actor=actor)

    return act


def _startable(standing: Standing) -> bool:
    approved = standing.proposal is not None and standing.proposal.approved
    return approved or (bool(standing.waiting) and not publish_kind("experiment").reviewed)


def _reviewable(standing: Standing) -> bool:
    return standing.waiting == IN_REVIEW and not standing.mine


def _always(_standing: Any) -> bool:
    return True


STEPS: tuple[ExperimentStep, ...] = (
    ExperimentStep(
        Action.START,
        "Start",
        "The first phase begins: shoppers are assigned within a second.",
        "start_experiment",
        _startable,
        experiment_start,
        tone="primary",
        changed="Apply the change",
    ),
    ExperimentStep(
        Action.SUBMIT,
        "Request the start",
        "A second person sees it in the approval queue. The design is frozen meanwhile.",
        "change_experiment",
        lambda standing: standing.waiting == DRAFT,
        _plain(experiment_submit),
        reason=False,
        tone="primary",
        changed="Request the change",
    ),
    ExperimentStep(
        Action.APPROVE,
        "Approve",
        "You agree with the design as it stands here. Starting it is another step.",
        "review_experiment",
        lambda standing: _reviewable(standing) and not _approved(standing),
        _plain(experiment_approve),
        reason=False,
        tone="primary",
    ),
    ExperimentStep(
        Action.REJECT,
        "Reject",
        "It goes back to its author as a draft, with your reason.",
        "review_experiment",
        _reviewable,
        experiment_reject,
    ),
    ExperimentStep(
        Action.WITHDRAW,
        "Withdraw",
        "Take it back from review to edit it. An approval is gone with that.",
        "change_experiment",
        lambda standing: standing.waiting == IN_REVIEW and standing.mine,
        _plain(experiment_withdraw),
        reason=False,
    ),
    ExperimentStep(
        Action.PAUSE,
        "Pause",
        "Nobody is assigned until you resume. The phase stays open, nobody moves.",
        "start_experiment",
        _always,
        experiment_pause,
    ),
    ExperimentStep(
        Action.RESUME,
        "Resume",
        "It goes on in the open phase: everyone sees the variant they saw before.",
        "start_experiment",
        _always,
        experiment_resume,
        tone="primary",
    ),
    ExperimentStep(
        Action.COMPLETE,
        "Complete",
        "The run ends for good and gives its layer free. Control is served until a decision.",
        "start_experiment",
        _always,
        experiment_complete,
    ),
    ExperimentStep(
        Action.ARCHIVE,
        "Archive",
        "Out of the lists; nothing of it is served any more.",
        "change_experiment",
        _always,
        experiment_archive,
    ),
)


def _approved(standing: Standing) -> bool:
    return standing.proposal is not None and standing.proposal.approved
