"""Flags without an experiment: drafted, reviewed where the house wants it, switched at once."""

from collections.abc import Mapping

from django.db import transaction

from apps.access.services import Actor, audit_record, author_id
from apps.common.errors import Conflict
from apps.common.services import version_bump
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import DesignInvalid
from apps.experiments.contracts.lifecycle import FlagView
from apps.experiments.domain.design.flags import flag_read, flag_written
from apps.experiments.models import Flag
from apps.experiments.selectors.flags import FLAG_KIND, flag_proposal, flag_view
from apps.experiments.services.design import key_free
from apps.experiments.services.rows import (
    SNAPSHOT_VERSION,
    key_lock,
    reason_given,
    refused,
)
from apps.publishing.contracts import VersionStatus, VersionView
from apps.publishing.services import (
    draft_create,
    draft_discard,
    draft_submit,
    draft_update,
    draft_withdraw,
    version_approve,
    version_publish,
    version_reject,
    version_rollback,
)
from apps.publishing.settling import draft_replace


def flag_create(
    *, key: str, definition: Mapping[str, Json], actor: Actor, enabled: bool = True
) -> FlagView:
    """A new flag with its first draft; it serves nothing before that is published.

    Raises:
        InvalidInput: naming the key or the field.
        Conflict: an experiment or a flag has this key (`key_taken`).
    """
    document = _written(definition)
    with transaction.atomic():
        key_free(key)
        Flag.objects.create(key=key, enabled=enabled)
        draft_create(kind=FLAG_KIND, subject=key, content={"definition": document}, actor=actor)
        _audit(key, "create", actor, after={"enabled": enabled})
        version_bump(SNAPSHOT_VERSION)
    return flag_view(key)


def flag_edit(*, key: str, definition: Mapping[str, Json], actor: Actor) -> VersionView:
    """Another definition, as a draft.

    Raises:
        NotFound: there is no such flag.
        InvalidInput: naming the field.
        Conflict: a version is under review (`in_review`).
    """
    content = {"definition": _written(definition)}
    with transaction.atomic():
        waiting = _flag_locked(key)
        if waiting is None:
            return draft_create(kind=FLAG_KIND, subject=key, content=content, actor=actor)
        if waiting.status is not VersionStatus.DRAFT:
            raise Conflict("This flag is under review; withdraw it first.", code="in_review")
        own = waiting.created_by_id in {None, author_id(actor)}
        go_on = draft_update if own else draft_replace
        return go_on(kind=FLAG_KIND, version_id=waiting.id, content=content, actor=actor)


def flag_submit(*, key: str, actor: Actor) -> VersionView:
    """Put the draft before a second person.

    Raises:
        NotFound, Conflict: there is no such flag, or no draft of it.
    """
    with transaction.atomic():
        return draft_submit(kind=FLAG_KIND, version_id=_waiting_id(key), actor=actor)


def flag_withdraw(*, key: str, actor: Actor) -> VersionView:
    """Take it back from review.

    Raises:
        NotFound, Conflict: there is no such flag, or nothing under review.
        Forbidden: the actor is not its author.
    """
    with transaction.atomic():
        return draft_withdraw(kind=FLAG_KIND, version_id=_waiting_id(key), actor=actor)


def flag_discard(*, key: str, actor: Actor, reason: str = "") -> VersionView:
    """Give the draft up.

    Raises:
        NotFound, Conflict: there is no such flag, or no draft of it.
        Forbidden: the actor is not its author.
    """
    with transaction.atomic():
        return draft_discard(
            kind=FLAG_KIND, version_id=_waiting_id(key), actor=actor, reason=reason
        )


def flag_approve(*, key: str, actor: Actor) -> VersionView:
    """A second person agrees.

    Raises:
        NotFound, Conflict: there is no such flag, or nothing under review.
        Forbidden: the actor is its author, or no person.
    """
    with transaction.atomic():
        return version_approve(kind=FLAG_KIND, version_id=_waiting_id(key), actor=actor)


def flag_reject(*, key: str, actor: Actor, reason: str) -> VersionView:
    """A second person refuses.

    Raises:
        NotFound, Conflict: there is no such flag, or nothing under review.
        Forbidden: the actor is its author, or no person.
        InvalidInput: no reason is given.
    """
    with transaction.atomic():
        return version_reject(
            kind=FLAG_KIND, version_id=_waiting_id(key), actor=actor, reason=reason
        )


def flag_publish(
    *, key: str, actor: Actor, reason: str, acknowledge_warnings: bool = False
) -> FlagView:
    """Serve what waits, in every worker within a second.

    Raises:
        NotFound, Conflict: there is no such flag, nothing waits, or a second person must
            approve it first.
        InvalidInput: no reason is given.
    """
    with transaction.atomic():
        version_publish(
            kind=FLAG_KIND,
            version_id=_waiting_id(key),
            actor=actor,
            reason=reason,
            acknowledge_warnings=acknowledge_warnings,
        )
    return flag_view(key)


def flag_rollback(*, key: str, to_number: int, actor: Actor, reason: str) -> FlagView:
    """Serve a former version again, as a new version, at once.

    Raises:
        NotFound: there is no such flag, or no such version.
        Conflict: that version was never served, or is served now.
        InvalidInput: no reason is given.
    """
    with transaction.atomic():
        _flag_locked(key)
        version_rollback(
            kind=FLAG_KIND, subject=key, to_number=to_number, actor=actor, reason=reason
        )
    return flag_view(key)


def flag_switch(*, key: str, enabled: bool, actor: Actor, reason: str) -> FlagView:
    """On or off, at once, in every worker within a second; asks nobody.

    Raises:
        NotFound: there is no such flag.
        InvalidInput: no reason is given.
    """
    with transaction.atomic():
        _flag_locked(key)
        said = reason_given(reason)
        before = flag_view(key).enabled
        Flag.objects.filter(key=key).update(enabled=enabled)
        _audit(
            key,
            "switch",
            actor,
            before={"enabled": before},
            after={"enabled": enabled},
            reason=said,
        )
        version_bump(SNAPSHOT_VERSION)
    return flag_view(key)


def _flag_locked(key: str) -> VersionView | None:
    """Lock the key; what of the flag waits.

    Raises:
        NotFound: there is no such flag.
    """
    key_lock(key)
    flag_view(key)
    return flag_proposal(key)


def _waiting_id(key: str) -> int:
    waiting = _flag_locked(key)
    if waiting is None:
        raise Conflict(f"No version of the flag {key} waits.", code="nothing_waits")
    return waiting.id


def _written(definition: Mapping[str, Json]) -> dict[str, Json]:
    try:
        return flag_written(flag_read(dict(definition)))
    except DesignInvalid as error:
        raise refused(error) from error


def _audit(
    key: str,
    action: str,
    actor: Actor,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object],
    reason: str = "",
) -> None:
    audit_record(
        actor=actor,
        action=f"flag.{action}",
        subject_type="flag",
        subject_id=key,
        before=before,
        after=after,
        reason=reason,
    )
