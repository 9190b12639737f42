"""How a decision becomes live: drafts, reviews, publishing, going back.

Everything that touches a subject takes the subject's lock first, so that two people who
press at once are served one after the other, and the second sees what the first did.
"""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from apps.access.services import Actor, author_id
from apps.common.domain.storable import is_storable
from apps.common.errors import Conflict, Forbidden, InvalidInput
from apps.common.services import version_bump
from apps.publishing.bases import PublishableVersion, publish_kind
from apps.publishing.checks import findings_of, findings_weigh
from apps.publishing.contracts import (
    Finding,
    JsonValue,
    VersionStatus,
    VersionView,
)
from apps.publishing.domain.diff import version_diff
from apps.publishing.rows import (
    actor_id,
    content_set,
    row_create,
    row_locked,
    row_save,
    subject_lock,
    version_audit,
)
from apps.publishing.selectors import live_version, version_numbered, version_view, view_of

__all__ = [
    "draft_create",
    "draft_discard",
    "draft_submit",
    "draft_update",
    "draft_withdraw",
    "version_approve",
    "version_diff",
    "version_findings",
    "version_publish",
    "version_reject",
    "version_rollback",
]


def draft_create(
    *,
    kind: str,
    subject: str,
    content: Mapping[str, JsonValue],
    actor: Actor,
    based_on: int | None = None,
) -> VersionView:
    """A new draft with the subject's next number, based on what is live unless said.

    Raises:
        InvalidInput: naming the field of the content.
    """
    with transaction.atomic():
        row = row_create(kind, subject, content, actor, based_on=based_on)
        view = view_of(kind, row)
        version_audit("draft_create", view, actor, before=None)
    return view


def draft_update(
    *, kind: str, version_id: int, content: Mapping[str, JsonValue], actor: Actor
) -> VersionView:
    """Replace the given content fields of a draft.

    Only its author may: otherwise the one who reviews could have written half of it.

    Raises:
        Conflict: it is no draft any more.
        Forbidden: the actor is not its author.
        InvalidInput: naming the field.
    """
    with transaction.atomic():
        row = row_locked(kind, version_id, VersionStatus.DRAFT)
        _author_only(row, actor)
        before = view_of(kind, row)
        if row.created_by_id is None:
            row.created_by_id = author_id(actor)
        content_set(row, content)
        row_save(row)
        view = version_view(kind=kind, version_id=version_id)
        version_audit("draft_update", view, actor, before=before)
    return view


def draft_submit(*, kind: str, version_id: int, actor: Actor) -> VersionView:
    """Put a draft before a second person; its content is frozen from here on.

    Whoever submits what a key or a job has drafted answers for it as its author.

    Raises:
        Conflict: it is no draft.
    """
    with transaction.atomic():
        row = row_locked(kind, version_id, VersionStatus.DRAFT)
        if row.created_by_id is None:
            row.created_by_id = author_id(actor)
        row.status, row.submitted_at = VersionStatus.IN_REVIEW.value, timezone.now()
        return _written("submit", kind, row, actor, VersionStatus.DRAFT)


def draft_withdraw(*, kind: str, version_id: int, actor: Actor) -> VersionView:
    """Take a version back from review to edit it; an approval is gone with that.

    Raises:
        Conflict: it is not in review.
        Forbidden: the actor is not its author.
    """
    with transaction.atomic():
        row = row_locked(kind, version_id, VersionStatus.IN_REVIEW)
        _author_only(row, actor)
        row.status = VersionStatus.DRAFT.value
        row.submitted_at = row.reviewed_at = row.reviewed_by = None
        return _written("withdraw", kind, row, actor, VersionStatus.IN_REVIEW)


def draft_discard(*, kind: str, version_id: int, actor: Actor, reason: str = "") -> VersionView:
    """Give a draft up: it stays, rejected, and its number is never used again.

    Raises:
        Conflict: it is no draft.
        Forbidden: the actor is not its author.
    """
    with transaction.atomic():
        row = row_locked(kind, version_id, VersionStatus.DRAFT)
        _author_only(row, actor)
        row.status, row.reason = VersionStatus.REJECTED.value, reason or "discarded"
        return _written("discard", kind, row, actor, VersionStatus.DRAFT)


def version_approve(*, kind: str, version_id: int, actor: Actor) -> VersionView:
    """A second person agrees; the version waits to be published.

    Raises:
        Conflict: it is not in review.
        Forbidden: the actor is its author.
    """
    with transaction.atomic():
        row = row_locked(kind, version_id, VersionStatus.IN_REVIEW)
        _review(row, actor)
        return _written("approve", kind, row, actor, VersionStatus.IN_REVIEW)


def version_reject(*, kind: str, version_id: int, actor: Actor, reason: str) -> VersionView:
    """A second person refuses; the version is settled.

    Raises:
        Conflict: it is not in review.
        Forbidden: the actor is its author.
        InvalidInput: no reason is given.
    """
    with transaction.atomic():
        row = row_locked(kind, version_id, VersionStatus.IN_REVIEW)
        _review(row, actor)
        row.status, row.reason = VersionStatus.REJECTED.value, _reason_given(reason)
        return _written("reject", kind, row, actor, VersionStatus.IN_REVIEW)


def version_findings(*, kind: str, version_id: int) -> tuple[Finding, ...]:
    """What the checks would say if this version were published now."""
    version = version_view(kind=kind, version_id=version_id)
    return findings_of(version, live_version(kind=kind, subject=version.subject))


def version_publish(
    *,
    kind: str,
    version_id: int,
    actor: Actor,
    reason: str,
    acknowledge_warnings: bool = False,
) -> VersionView:
    """Make a version live; the one that was live is superseded in the same transaction.

    Raises:
        Conflict: it is settled already, or wants a second person's approval
            (`review_required`), or has warnings that nobody acknowledged
            (`publish_warnings`, listed in extra).
        ApplicationError: a check refuses (`publish_checks_failed`, listed in extra).
        InvalidInput: no reason is given.
    """
    with transaction.atomic():
        row = row_locked(kind, version_id, VersionStatus.DRAFT, VersionStatus.IN_REVIEW)
        if publish_kind(kind).reviewed and row.reviewed_at is None:
            raise Conflict(
                "A second person must approve this version first.", code="review_required"
            )
        version = view_of(kind, row)
        live = live_version(kind=kind, subject=row.subject)
        findings_weigh(findings_of(version, live), acknowledged=acknowledge_warnings)
        return _go_live("publish", row, live, kind=kind, actor=actor, reason=_reason_given(reason))


def version_rollback(
    *, kind: str, subject: str, to_number: int, actor: Actor, reason: str
) -> VersionView:
    """Publish a former version's content again, as a new version, at once.

    It was live before, so it needs no new review and no acknowledgement; an error of a check
    still refuses.

    Raises:
        NotFound: no such version.
        Conflict: it was never published, or is live now.
        ApplicationError: a check refuses (`publish_checks_failed`).
        InvalidInput: no reason is given.
    """
    with transaction.atomic():
        subject_lock(kind, subject)
        target = version_numbered(kind=kind, subject=subject, number=to_number)
        if target.status is not VersionStatus.SUPERSEDED:
            raise Conflict(
                f"Version {to_number} is {target.status}, not superseded.",
                code="not_a_former_version",
            )
        live = live_version(kind=kind, subject=subject)
        row = row_create(kind, subject, target.content, actor, based_on=None)
        findings_weigh(findings_of(view_of(kind, row), live), acknowledged=True)
        said = f"Back to version {to_number}: {_reason_given(reason)}"
        return _go_live("rollback", row, live, kind=kind, actor=actor, reason=said)


def _go_live(
    action: str,
    row: PublishableVersion,
    live: VersionView | None,
    *,
    kind: str,
    actor: Actor,
    reason: str,
) -> VersionView:
    now = timezone.now()
    if live is not None:
        model = publish_kind(kind).model
        model._default_manager.filter(pk=live.id).update(  # noqa: SLF001 - Django's documented way to a model's first manager
            status=VersionStatus.SUPERSEDED.value, superseded_at=now
        )
    row.status, row.published_at, row.reason = VersionStatus.PUBLISHED.value, now, reason
    row.published_by_id = actor_id(actor)
    row_save(row)
    for name in publish_kind(kind).bumps:
        version_bump(name)
    view = version_view(kind=kind, version_id=row.pk)
    version_audit(action, view, actor, before=live)
    return view


def _written(
    action: str, kind: str, row: PublishableVersion, actor: Actor, former: VersionStatus
) -> VersionView:
    row_save(row)
    view = version_view(kind=kind, version_id=row.pk)
    version_audit(action, view, actor, before=former)
    return view


def _author_only(row: PublishableVersion, actor: Actor) -> None:
    if row.created_by_id is not None and row.created_by_id != author_id(actor):
        raise Forbidden(
            "Only its author edits a version; make a draft of your own.", code="not_the_author"
        )


def _review(row: PublishableVersion, actor: Actor) -> None:
    if actor_id(actor) is None or row.created_by_id == actor_id(actor):
        raise Forbidden(
            "Somebody else than its author must review a version.", code="maker_is_checker"
        )
    row.reviewed_by_id, row.reviewed_at = actor_id(actor), timezone.now()


def _reason_given(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput("Say why.", field="reason")
    if not is_storable(reason):
        message = "A reason holds no NUL character and no half of a surrogate pair."
        raise InvalidInput(message, field="reason")
    return reason.strip()
