"""Publishing what two people agreed on elsewhere: a decided experiment."""

from collections.abc import Mapping

from django.db import transaction

from apps.access.services import Actor
from apps.publishing.contracts import JsonValue, VersionView
from apps.publishing.selectors import live_version
from apps.publishing.services import draft_create, draft_submit, version_approve, version_publish


def content_ship(
    *,
    kind: str,
    subject: str,
    content: Mapping[str, JsonValue],
    maker: Actor,
    checker: Actor,
    actor: Actor,
    reason: str,
) -> tuple[VersionView, bool]:
    """The live version of this content, and whether it was published just now.

    It goes every step of a version: drafted as its maker's, approved as its checker's,
    published by whoever ships it. What is live already is left alone.

    Raises:
        Conflict: a review is required and there is no checker.
        Forbidden: maker and checker are one person.
        ApplicationError: a check refuses.
        InvalidInput: the content is none.
    """
    with transaction.atomic():
        live = live_version(kind=kind, subject=subject)
        if live is not None and live.content == content:
            return live, False
        draft = draft_create(kind=kind, subject=subject, content=content, actor=maker)
        if checker is not None:
            draft_submit(kind=kind, version_id=draft.id, actor=maker)
            version_approve(kind=kind, version_id=draft.id, actor=checker)
        shipped = version_publish(
            kind=kind,
            version_id=draft.id,
            actor=actor,
            reason=reason,
            acknowledge_warnings=True,
        )
        return shipped, True
