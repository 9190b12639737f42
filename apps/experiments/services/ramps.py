"""What the schedule does by itself: planned starts, steps of ramps, planned ends."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction

from apps.common.errors import ApplicationError
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.contracts.results import HealthStatus
from apps.experiments.domain.design.phases import coverage_due, hours_run
from apps.experiments.models import Analysis
from apps.experiments.selectors.activity import activity
from apps.experiments.selectors.experiments import experiment_views, proposal_view
from apps.experiments.services.lifecycle import experiment_complete, experiment_start
from apps.experiments.services.phases import phase_start
from apps.experiments.services.rows import moment
from apps.publishing.bases import publish_kind

logger = structlog.get_logger(__name__)
_SCHEDULED = (Status.IN_REVIEW, Status.RUNNING, Status.PAUSED)


@dataclass(frozen=True, slots=True)
class ScheduleReport:
    """What one pass of the schedule did: keys started, stepped, completed, held, refused."""

    started: tuple[str, ...] = ()
    stepped: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def schedules_apply(*, now: datetime | None = None) -> ScheduleReport:
    """Do what is due. Each experiment by itself: one that refuses stops no other.

    A ramp does not grow into trouble: while the latest analysis raises an alarm, its next
    step waits and is named under `held`.
    """
    at = moment(now)
    done: dict[str, list[str]] = {name: [] for name in ScheduleReport.__dataclass_fields__}
    alarmed = _alarmed()
    for view in experiment_views(statuses=_SCHEDULED):
        due = _due(view, at)
        if due is None:
            continue
        name, act = due
        if name == "stepped" and view.id in alarmed:
            name = "held"
            logger.warning("experiment_ramp_held", experiment_id=view.key)
        elif not _tried(view.key, act):
            name = "refused"
        done[name].append(view.key)
    return ScheduleReport(**{name: tuple(keys) for name, keys in done.items()})


Step = Callable[[], ExperimentView]


def _due(view: ExperimentView, at: datetime) -> tuple[str, Step] | None:
    """What the plan wants of an experiment now; None when nothing."""
    if view.status is Status.IN_REVIEW:
        return _start_due(view, at)
    ends = view.design.schedule.ends_at
    if ends is not None and ends <= at:
        return "completed", lambda: experiment_complete(
            key=view.key, actor=None, reason="planned end", now=at
        )
    return _step_due(view, at) if view.status is Status.RUNNING else None


def _start_due(view: ExperimentView, at: datetime) -> tuple[str, Step] | None:
    proposal = proposal_view(view.key)
    starts = proposal.design.schedule.starts_at if proposal is not None else None
    approved = view.approved or not publish_kind("experiment").reviewed
    if starts is None or starts > at or not approved:
        return None
    return "started", lambda: experiment_start(
        key=view.key, actor=None, reason="planned start", now=at
    )


def _step_due(view: ExperimentView, at: datetime) -> tuple[str, Step] | None:
    phase = view.phase
    if phase is None or not view.design.schedule.ramp:
        return None
    due = coverage_due(view.design, hours_run(activity(view.key), at))
    if due <= phase.coverage:
        return None
    return "stepped", lambda: phase_start(
        key=view.key, coverage=due, actor=None, reason="planned step of the ramp", now=at
    )


def _tried(key: str, act: Step) -> bool:
    try:
        with transaction.atomic():
            act()
    except ApplicationError as error:
        logger.warning(
            "experiment_schedule_refused", experiment_id=key, code=error.code, reason=str(error)
        )
        return False
    return True


def _alarmed() -> frozenset[int]:
    rows = Analysis.objects.filter(latest=True, health=HealthStatus.ALARM.value)
    return frozenset(rows.values_list("experiment_id", flat=True))
