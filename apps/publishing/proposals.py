"""From a wish to a version: the one draft of a subject, or all the way to live."""

from collections.abc import Mapping

from django.db import transaction

from apps.access.services import Actor, author_id
from apps.common.errors import Conflict
from apps.publishing.bases import publish_kind
from apps.publishing.contracts import JsonValue, VersionStatus, VersionView
from apps.publishing.rows import subject_lock
from apps.publishing.selectors import live_version, proposal_of
from apps.publishing.services import draft_create, draft_submit, draft_update, version_publish
from apps.publishing.settling import draft_replace


def draft_write(
    *, kind: str, subject: str, content: Mapping[str, JsonValue], actor: Actor
) -> VersionView:
    """The subject's one draft with this content: made, gone on with, or taken over.

    Raises:
        Conflict: a version is under review (`in_review`).
        InvalidInput: naming the field.
    """
    with transaction.atomic():
        subject_lock(kind, subject)
        waiting = proposal_of(kind, subject)
        if waiting is None:
            return draft_create(kind=kind, subject=subject, content=content, actor=actor)
        if waiting.status is not VersionStatus.DRAFT:
            raise Conflict(
                f"A version of '{subject}' is under review; withdraw it first.", code="in_review"
            )
        own = waiting.created_by_id in {None, author_id(actor)}
        go_on = draft_update if own else draft_replace
        return go_on(kind=kind, version_id=waiting.id, content=content, actor=actor)


def version_put(
    *,
    kind: str,
    subject: str,
    content: Mapping[str, JsonValue],
    actor: Actor,
    reason: str,
    publish: bool,
    submit: bool,
    based_on: int | None = None,
    acknowledge_warnings: bool = False,
) -> VersionView:
    """Other content, as far towards live as it may go: published, in review, or a draft.

    All or nothing: what is refused on its way leaves no draft behind.

    Args:
        kind: a registered one.
        subject: whose version it is.
        content: all of its fields.
        actor: its author.
        reason: wanted where it is published.
        publish: the author may, and wants to.
        submit: the same of putting it before a second person, where one is required.
        based_on: what the author has seen live, 0 for nothing; None: whatever is.
        acknowledge_warnings: publish in spite of what checks say.

    Raises:
        InvalidInput: naming the field.
        Conflict: something else is live (`base_moved`), or there are warnings.
        ApplicationError: a check refuses.
    """
    with transaction.atomic():
        _base_expected(kind, subject, based_on)
        draft = draft_create(kind=kind, subject=subject, content=content, actor=actor)
        if publish_kind(kind).reviewed:
            if not submit:
                return draft
            return draft_submit(kind=kind, version_id=draft.id, actor=actor)
        if not publish:
            return draft
        return version_publish(
            kind=kind,
            version_id=draft.id,
            actor=actor,
            reason=reason,
            acknowledge_warnings=acknowledge_warnings,
        )


def _base_expected(kind: str, subject: str, based_on: int | None) -> None:
    """Refuse what was made from another version than the live one."""
    if based_on is None:
        return
    subject_lock(kind, subject)
    live = live_version(kind=kind, subject=subject)
    number = live.number if live else 0
    if number != based_on:
        raise Conflict(
            f"Version {number} of {subject} is live, not {based_on}.",
            code="base_moved",
            extra={"field": "based_on", "live": number},
        )
