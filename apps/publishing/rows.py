"""Locking, numbering and writing of version rows, and their audit entries."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Max

from apps.access.services import Actor, audit_record, author_id
from apps.common.errors import Conflict, InvalidInput
from apps.publishing.bases import PublishableVersion, publish_kind
from apps.publishing.contracts import JsonValue, VersionStatus, VersionView
from apps.publishing.selectors import live_version, row_get


def subject_lock(kind: str, subject: str) -> None:
    """Until the transaction ends nobody else changes a version of this subject."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"publishing:{kind}:{subject}"],
        )


def row_locked(kind: str, version_id: int, *wanted: VersionStatus) -> PublishableVersion:
    """The row as it stands once the lock of its subject is ours.

    Raises:
        NotFound: there is none.
        Conflict: its status is none of `wanted`.
    """
    subject_lock(kind, row_get(kind, version_id).subject)
    row = row_get(kind, version_id)
    if VersionStatus(row.status) not in wanted:
        raise Conflict(
            f"Version {row.number} of {row.subject} is {row.status}.",
            code="version_status",
            extra={"status": row.status},
        )
    return row


def row_create(
    kind: str,
    subject: str,
    content: Mapping[str, JsonValue],
    actor: Actor,
    *,
    based_on: int | None,
) -> PublishableVersion:
    subject_lock(kind, subject)
    model = publish_kind(kind).model
    rows = model._default_manager.filter(subject=subject)  # noqa: SLF001 - Django's documented way to a model's first manager
    highest = rows.aggregate(highest=Max("number"))["highest"] or 0
    if based_on is None:
        live = live_version(kind=kind, subject=subject)
        based_on = live.number if live else None
    row = model(
        subject=subject, number=highest + 1, based_on=based_on, created_by_id=author_id(actor)
    )
    content_set(row, content)
    row_save(row)
    return row


def content_set(row: PublishableVersion, content: Mapping[str, JsonValue]) -> None:
    for name, value in content.items():
        if name not in row.content_fields:
            raise InvalidInput(f"There is no field {name}.", field=name)
        setattr(row, name, value)


def row_save(row: PublishableVersion) -> None:
    """Validate as the model says and write.

    Raises:
        InvalidInput: naming the first field.
    """
    try:
        row.full_clean()
    except ValidationError as error:
        field = next(iter(error.message_dict))
        raise InvalidInput(
            "; ".join(error.messages), field=field, fields=error.message_dict
        ) from error
    row.save()


def version_audit(
    action: str, version: VersionView, actor: Actor, *, before: VersionView | VersionStatus | None
) -> None:
    """One audit row: contents when the content moved, states when only the state did."""
    if isinstance(before, VersionStatus):
        former: dict[str, object] | None = {"status": before.value}
        latter: dict[str, object] = {"status": version.status.value}
        if version.approved:
            latter["approved"] = True
    else:
        former = None if before is None else _state(before)
        latter = _state(version)
    audit_record(
        actor=actor,
        action=f"version.{action}",
        subject_type=version.kind,
        subject_id=f"{version.subject}@{version.number}",
        before=former,
        after=latter,
        reason=version.reason,
    )


def actor_id(actor: Actor) -> int | None:
    return actor.pk if actor is not None else None


def _state(version: VersionView) -> dict[str, object]:
    return {"number": version.number, "status": version.status.value, **version.content}
