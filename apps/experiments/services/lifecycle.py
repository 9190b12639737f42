"""Starting, pausing and ending: every step that admin, the API and the schedule take."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.access.services import Actor
from apps.common.errors import Conflict, InvalidInput
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.domain.design.phases import (
    Allocation,
    allocation_after,
    coverage_due,
    design_weights,
    hours_run,
    salt_stays,
)
from apps.experiments.domain.design.reading import design_read, design_written
from apps.experiments.domain.design.transitions import Action, action_towards
from apps.experiments.models import Experiment, ExperimentVersion
from apps.experiments.selectors.activity import activity
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.design import (
    draft_of,
    experiment_submit,
    experiment_withdraw,
    metrics_freeze,
    row_adopt,
)
from apps.experiments.services.phases import (
    allocation_changes,
    last_phase,
    layer_claim,
    layer_release,
    phase_close,
    phase_open,
    salt_drawn,
    salt_kept,
)
from apps.experiments.services.reports import report_started
from apps.experiments.services.rows import (
    KIND,
    changes_between,
    experiment_locked,
    moment,
    reason_given,
    requirements_hold,
    status_move,
    transition_write,
)
from apps.publishing.contracts import VersionStatus
from apps.publishing.services import version_publish
from apps.publishing.settling import version_drop


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, why, when, and where it leads."""

    actor: Actor
    reason: str
    at: datetime
    to: Status


def experiment_start(
    *, key: str, actor: Actor, reason: str, now: datetime | None = None
) -> ExperimentView:
    """Start it, or apply the approved change of what runs: publish the design, open a phase.

    Raises:
        Conflict: something is missing (`requirements_missing`, listed in extra), the range of
            its layer was taken meanwhile (`layer_taken`), or it runs already.
        InvalidInput: no reason is given.
    """
    with transaction.atomic():
        row = experiment_locked(key)
        to = status_move(row, Action.START)
        step = Step(actor, reason_given(reason), moment(now), to)
        draft = _startable(row)
        requirements_hold(key, Action.START, step.at)
        if row.live is None:
            _first_start(row, draft, step)
        else:
            _change_apply(row, draft, step)
    return experiment_view(key)


def _startable(row: Experiment) -> ExperimentVersion:
    """The version to start; where nobody has to review, a draft will do."""
    if row.live_id is not None and row.draft is None:
        raise Conflict(f"{row.key} runs, and no change of it waits.", code="nothing_waits")
    return draft_of(row, VersionStatus.DRAFT, VersionStatus.IN_REVIEW)


def _first_start(row: Experiment, draft: ExperimentVersion, step: Step) -> None:
    _publish(row, draft, step)
    design = design_read(draft.design)
    layer_claim(row, design)
    allocation = Allocation(coverage_due(design, 0.0), design_weights(design))
    salt = salt_drawn(row.key, design, 1, allocation, step.at)
    row.started_at = step.at
    phase_open(row, design, allocation, salt, at=step.at, reason=step.reason, actor=step.actor)
    transition_write(
        row, action="started", to=step.to, actor=step.actor, at=step.at, reason=step.reason
    )
    report_started(key=row.key, now=step.at)


def _change_apply(row: Experiment, draft: ExperimentVersion, step: Step) -> None:
    live, previous = row.live, last_phase(row)
    if live is None or previous is None:
        raise AssertionError("what runs has a design and a phase")
    before = design_read(live.design)
    _publish(row, draft, step)
    after = design_read(draft.design)
    layer_claim(row, after)
    allocation = allocation_after(previous, before, after, hours_run(activity(row.key), step.at))
    salt = salt_kept(previous)
    if not salt_stays(previous, before, after, allocation):
        salt = salt_drawn(row.key, after, previous.salt_version + 1, allocation, step.at)
    phase_open(row, after, allocation, salt, at=step.at, reason=step.reason, actor=step.actor)
    changes = {
        **changes_between(design_written(before), design_written(after)),
        **allocation_changes(after, Allocation(previous.coverage, previous.weights), allocation),
    }
    transition_write(
        row,
        action="phase_started",
        to=step.to,
        actor=step.actor,
        at=step.at,
        reason=step.reason,
        changes=changes,
    )


def _publish(row: Experiment, draft: ExperimentVersion, step: Step) -> None:
    if draft.status == VersionStatus.DRAFT.value:
        metrics_freeze(row, draft)
    version_publish(kind=KIND, version_id=draft.pk, actor=step.actor, reason=step.reason)
    row_adopt(row, draft)


def experiment_pause(
    *, key: str, actor: Actor, reason: str, now: datetime | None = None
) -> ExperimentView:
    """Nobody is assigned until it is resumed; its phase stays open.

    Raises:
        Conflict: it does not run.
        InvalidInput: no reason is given.
    """
    return _step(key, Action.PAUSE, "paused", actor=actor, reason=reason, now=now)


def experiment_resume(
    *, key: str, actor: Actor, reason: str, now: datetime | None = None
) -> ExperimentView:
    """Go on in the open phase.

    Raises:
        Conflict: it is not paused.
        InvalidInput: no reason is given.
    """
    return _step(key, Action.RESUME, "resumed", actor=actor, reason=reason, now=now)


def experiment_kill(
    *, key: str, actor: Actor, reason: str = "kill switch", now: datetime | None = None
) -> ExperimentView:
    """The kill switch: paused at once, in every worker within a second, asking nobody.

    Raises:
        Conflict: it does not run.
    """
    return _step(key, Action.KILL, "killed", actor=actor, reason=reason or "kill switch", now=now)


def experiment_complete(
    *, key: str, actor: Actor, reason: str, now: datetime | None = None
) -> ExperimentView:
    """End the run: the phase closes, the layer is free, control is served until a decision.

    Raises:
        Conflict: it neither runs nor is paused.
        InvalidInput: no reason is given.
    """
    return _step(
        key, Action.COMPLETE, "completed", actor=actor, reason=reason, now=now, also=run_end
    )


def experiment_archive(
    *, key: str, actor: Actor, reason: str, now: datetime | None = None
) -> ExperimentView:
    """Out of sight, and nothing of it is served: what is over, or a draft given up.

    Raises:
        Conflict: it runs, is paused or is under review.
        InvalidInput: no reason is given.
    """
    return _step(
        key, Action.ARCHIVE, "archived", actor=actor, reason=reason, now=now, also=draft_drop
    )


def experiment_status_set(
    *, key: str, status: Status | str, actor: Actor, reason: str, now: datetime | None = None
) -> ExperimentView:
    """Take the step that leads to a status: submit, withdraw, start, pause, resume, and so on.

    Raises:
        InvalidInput: there is no such status.
        Conflict: no step leads there, or the step refuses.
    """
    try:
        wanted = Status(status)
    except ValueError:
        listed = ", ".join(each.value for each in Status)
        raise InvalidInput(f"Choose one of: {listed}.", field="status") from None
    with transaction.atomic():
        current = Status(experiment_locked(key).status)
        action = action_towards(wanted, current)
        if action is None:
            raise Conflict(
                f"No step leads from {current.value} to {wanted.value}.",
                code="status_refused",
                extra={"status": current.value},
            )
        if action is Action.SUBMIT:
            return experiment_submit(key=key, actor=actor, now=now)
        if action is Action.WITHDRAW:
            return experiment_withdraw(key=key, actor=actor, now=now)
        return _REASONED[action](key=key, actor=actor, reason=reason, now=now)


def run_end(row: Experiment, at: datetime, actor: Actor) -> None:
    """Close the open phase, free the layer, drop what still waits; the run ended now."""
    phase_close(row, at)
    layer_release(row)
    row.ended_at = at
    draft_drop(row, at, actor)


def draft_drop(row: Experiment, _at: datetime, actor: Actor) -> None:
    """Settle what waits: nobody shall review a change of what is over."""
    draft = row.draft
    if draft is None:
        return
    version_drop(kind=KIND, version_id=draft.pk, actor=actor, reason="the experiment is over")
    if row.live_id is not None:
        row.draft = None


def _step(
    key: str,
    action: Action,
    told: str,
    *,
    actor: Actor,
    reason: str,
    now: datetime | None,
    also: Callable[[Experiment, datetime, Actor], None] | None = None,
) -> ExperimentView:
    with transaction.atomic():
        row = experiment_locked(key)
        to, at = status_move(row, action), moment(now)
        said = reason_given(reason)
        if also is not None:
            also(row, at, actor)
        transition_write(row, action=told, to=to, actor=actor, at=at, reason=said)
    return experiment_view(key)


_REASONED: dict[Action, Callable[..., ExperimentView]] = {
    Action.START: experiment_start,
    Action.PAUSE: experiment_pause,
    Action.RESUME: experiment_resume,
    Action.COMPLETE: experiment_complete,
    Action.ARCHIVE: experiment_archive,
}
