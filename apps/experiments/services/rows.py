"""Locking an experiment's row, and writing what happened to it."""

from collections.abc import Mapping
from datetime import datetime

import structlog
from django.db import connection, transaction
from django.utils import timezone

from apps.access.services import Actor, audit_record
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.common.services import version_bump
from apps.experiments.contracts.assignment import Json, Status
from apps.experiments.contracts.design import DesignInvalid
from apps.experiments.domain.design.requirements import requirements_open
from apps.experiments.domain.design.transitions import Action, TransitionRefused, status_after
from apps.experiments.models import Experiment, Transition
from apps.experiments.selectors.requirements import requirements
from apps.publishing.domain.diff import content_diff

logger = structlog.get_logger(__name__)

KIND = "experiment"
SNAPSHOT_VERSION = "experiments"
Changes = Mapping[str, tuple[Json, Json]]


def key_lock(key: str) -> None:
    """Until the transaction ends nobody else touches the experiment or flag of this key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"experiments:key:{key}"]
        )


def experiment_locked(key: str) -> Experiment:
    """The row as it stands once the key's lock is ours.

    Raises:
        NotFound: there is none.
    """
    key_lock(key)
    row = Experiment.objects.select_related("draft", "live").filter(key=key).first()
    if row is None:
        raise NotFound(f"There is no experiment {key}.")
    return row


def status_move(row: Experiment, action: Action) -> Status:
    """The status that the step leads to.

    Raises:
        Conflict: the step does not fit where the experiment stands.
    """
    try:
        return status_after(action, Status(row.status))
    except TransitionRefused as error:
        raise Conflict(
            str(error),
            code="status_refused",
            extra={"status": row.status, "allowed": [each.value for each in error.allowed]},
        ) from error


def requirements_hold(key: str, action: Action, at: datetime) -> None:
    """Refuse an action while something that it needs is missing.

    Raises:
        Conflict: `requirements_missing`; extra lists every open requirement.
    """
    missing = requirements_open(requirements(key=key, action=action, as_of=at))
    if missing:
        raise Conflict(
            " ".join(each.message for each in missing),
            code="requirements_missing",
            extra={
                "requirements": [
                    {"code": each.code, "message": each.message, "field": each.field}
                    for each in missing
                ]
            },
        )


def moment(now: datetime | None) -> datetime:
    """The given moment, or the clock's.

    Raises:
        InvalidInput: it has no time zone.
    """
    if now is None:
        return timezone.now()
    if now.tzinfo is None:
        raise InvalidInput("A moment needs its time zone.", field="now")
    return now


def transition_write(
    row: Experiment,
    *,
    action: str,
    actor: Actor,
    at: datetime,
    to: Status | None = None,
    reason: str = "",
    changes: Changes | None = None,
) -> None:
    """Store the row, append to its activity log, audit, and have every worker follow.

    Called in the transaction that makes the change.
    """
    former = "" if action == "created" else row.status
    row.status = (to or Status(row.status)).value
    row.save()
    Transition.objects.create(
        experiment=row,
        action=action,
        from_status=former,
        to_status=row.status,
        actor_id=person_id(actor),
        at=at,
        reason=reason.strip(),
        changes={path: list(pair) for path, pair in (changes or {}).items()},
    )
    audit_record(
        actor=actor,
        action=f"experiment.{action}",
        subject_type="experiment",
        subject_id=row.key,
        before={"status": former, **{path: pair[0] for path, pair in (changes or {}).items()}},
        after={"status": row.status, **{path: pair[1] for path, pair in (changes or {}).items()}},
        reason=reason.strip(),
    )
    version_bump(SNAPSHOT_VERSION)
    _told(row, action, former, actor, reason)


def _told(row: Experiment, action: str, former: str, actor: Actor, reason: str) -> None:
    key, status = row.key, row.status
    who = actor.get_username() if actor is not None else ""

    def tell() -> None:
        logger.info(
            "experiment_transition",
            experiment_id=key,
            action=action,
            from_status=former,
            to_status=status,
            actor=who,
            reason=reason,
        )

    transaction.on_commit(tell)


def changes_between(before: Mapping[str, Json], after: Mapping[str, Json]) -> Changes:
    """Dotted path → (before, after) of every leaf that differs."""
    return {
        change.path: (change.before, change.after)  # type: ignore[misc] # publishing's JSON is wider
        for change in content_diff(before, after)
    }


def person_id(actor: Actor) -> int | None:
    """The person's row; None for the system and for API keys."""
    return actor.pk if actor is not None else None


def refused(error: DesignInvalid) -> InvalidInput:
    """A pure room's refusal as a service's."""
    return InvalidInput(error.message, field=error.field)


def reason_given(reason: str) -> str:
    """The reason itself.

    Raises:
        InvalidInput: there is none.
    """
    if not reason.strip():
        raise InvalidInput("Say why.", field="reason")
    return reason.strip()
