"""Versions that end without being published: taken over by somebody else, or out of date."""

from collections.abc import Mapping

from django.db import transaction

from apps.access.services import Actor, author_id
from apps.common.errors import Forbidden
from apps.publishing.contracts import JsonValue, VersionStatus, VersionView
from apps.publishing.rows import row_locked, row_save, version_audit
from apps.publishing.selectors import version_view
from apps.publishing.services import draft_create

_OPEN = (VersionStatus.DRAFT, VersionStatus.IN_REVIEW)


def draft_replace(
    *, kind: str, version_id: int, content: Mapping[str, JsonValue], actor: Actor
) -> VersionView:
    """Go on with somebody else's draft: theirs is settled, the new one is the actor's.

    So whoever wrote any part of what is reviewed is its author, and cannot approve it. A key
    is no person: what it changes in somebody's draft stays that person's, so the key of a third
    person, who could then approve what they wrote, may not.

    Raises:
        Conflict: it is no draft any more.
        Forbidden: the key was made by somebody else than the author.
        InvalidInput: naming the field.
    """
    with transaction.atomic():
        row = row_locked(kind, version_id, VersionStatus.DRAFT)
        if actor is None and author_id(None) not in {None, row.created_by_id}:
            raise Forbidden(
                "A key edits the drafts of the person who made it.", code="not_the_author"
            )
        former = row.content()
        version_drop(
            kind=kind, version_id=version_id, actor=actor, reason="replaced by another's draft"
        )
        made = draft_create(
            kind=kind,
            subject=row.subject,
            content={**former, **content},
            actor=actor,
            based_on=row.based_on,
        )
        if actor is not None:
            return made
        again = row_locked(kind, made.id, VersionStatus.DRAFT)
        again.created_by_id = row.created_by_id
        row_save(again)
        return version_view(kind=kind, version_id=made.id)


def version_drop(*, kind: str, version_id: int, actor: Actor, reason: str) -> VersionView:
    """Settle what waits because its subject is over, whoever wrote it.

    Raises:
        Conflict: it does not wait.
    """
    with transaction.atomic():
        row = row_locked(kind, version_id, *_OPEN)
        former = VersionStatus(row.status)
        row.status, row.reason = VersionStatus.REJECTED.value, reason
        row_save(row)
        view = version_view(kind=kind, version_id=version_id)
        version_audit("drop", view, actor, before=former)
    return view
