"""Which steps an experiment may take, and from where."""

from collections.abc import Mapping
from enum import StrEnum

from apps.experiments.contracts.assignment import Status


class Action(StrEnum):
    """What a person, or the schedule, does to an experiment."""

    EDIT = "edit"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REJECT = "reject"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    ARCHIVE = "archive"
    KILL = "kill"
    DECIDE = "decide"


class TransitionRefused(ValueError):
    """The step does not fit where the experiment stands.

    Attributes:
        allowed: statuses from which it does.
    """

    def __init__(self, action: Action, status: Status, allowed: tuple[Status, ...]) -> None:
        """Say where it stands and where it should."""
        where = " or ".join(each.value.replace("_", " ") for each in allowed)
        super().__init__(
            f"To {action.value} an experiment it must be {where}; "
            f"it is {status.value.replace('_', ' ')}."
        )
        self.allowed = allowed


_D, _V, _R, _P, _C = (
    Status.DRAFT,
    Status.IN_REVIEW,
    Status.RUNNING,
    Status.PAUSED,
    Status.COMPLETED,
)
# While an experiment runs, a change of it goes the same way without moving its status.
_IN_FLIGHT = {_R: _R, _P: _P}
_MOVES: Mapping[Action, Mapping[Status, Status]] = {
    Action.EDIT: {_D: _D, **_IN_FLIGHT},
    Action.SUBMIT: {_D: _V, **_IN_FLIGHT},
    Action.WITHDRAW: {_V: _D, **_IN_FLIGHT},
    Action.APPROVE: {_V: _V, **_IN_FLIGHT},
    Action.REJECT: {_V: _D, **_IN_FLIGHT},
    Action.START: {_D: _R, _V: _R, **_IN_FLIGHT},
    Action.PAUSE: {_R: _P},
    Action.RESUME: {_P: _R},
    Action.COMPLETE: {_R: _C, _P: _C},
    Action.ARCHIVE: {_D: Status.ARCHIVED, _C: Status.ARCHIVED},
    Action.KILL: {_R: _P},
    Action.DECIDE: {_R: _C, _P: _C, _C: _C},
}
# What asking for a status means, by where the experiment stands.
_WISHES: Mapping[Status, Mapping[Status, Action]] = {
    Status.DRAFT: {_V: Action.WITHDRAW},
    Status.IN_REVIEW: {_D: Action.SUBMIT},
    Status.RUNNING: {_D: Action.START, _V: Action.START, _P: Action.RESUME},
    Status.PAUSED: {_R: Action.PAUSE},
    Status.COMPLETED: {_R: Action.COMPLETE, _P: Action.COMPLETE},
    Status.ARCHIVED: {_D: Action.ARCHIVE, _C: Action.ARCHIVE},
}


def status_after(action: Action, status: Status) -> Status:
    """Where an experiment of this status stands after the step.

    Raises:
        TransitionRefused: the step does not fit.
    """
    moves = _MOVES[action]
    if status not in moves:
        raise TransitionRefused(action, status, tuple(moves))
    return moves[status]


def status_fits(action: Action, status: Status) -> bool:
    """Whether the step fits at all."""
    return status in _MOVES[action]


def action_towards(wanted: Status, status: Status) -> Action | None:
    """The step that leads from a status to the wanted one; None when there is none."""
    return _WISHES[wanted].get(status)
