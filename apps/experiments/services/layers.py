"""Layers, and the global holdout above them."""

import secrets
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.access.services import Actor, audit_record, author_id
from apps.common.errors import Conflict, InvalidInput
from apps.experiments.contracts.design import DesignInvalid
from apps.experiments.contracts.lifecycle import LayerView
from apps.experiments.domain.design.fields import key_checked
from apps.experiments.models import Layer
from apps.experiments.selectors.layers import (
    HOLDOUT_KIND,
    HOLDOUT_SUBJECT,
    holdout_live,
    holdout_proposal,
    layer_view,
)
from apps.experiments.services.rows import key_lock, refused
from apps.publishing.contracts import JsonValue, VersionStatus, VersionView
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


def layer_create(*, name: str, description: str = "", actor: Actor) -> LayerView:
    """A new layer, all of it free.

    Raises:
        InvalidInput: a malformed name.
        Conflict: there is a layer of this name (`layer_exists`).
    """
    row = _layer_checked(name, description)
    with transaction.atomic():
        key_lock(f"layer:{name}")
        if Layer.objects.filter(name=name).exists():
            raise Conflict(
                f"There is a layer {name}.", code="layer_exists", extra={"field": "name"}
            )
        row.save()
        audit_record(
            actor=actor,
            action="layer.create",
            subject_type="experiment_layer",
            subject_id=name,
            after={"name": name, "description": row.description},
        )
    return layer_view(name)


def layer_describe(*, name: str, description: str, actor: Actor) -> LayerView:
    """The layer with another description; its name is hashed and never changes.

    Raises:
        NotFound: there is no such layer.
    """
    with transaction.atomic():
        key_lock(f"layer:{name}")
        before = layer_view(name).description
        Layer.objects.filter(name=name).update(description=description.strip())
        audit_record(
            actor=actor,
            action="layer.describe",
            subject_type="experiment_layer",
            subject_id=name,
            before={"description": before},
            after={"description": description.strip()},
        )
    return layer_view(name)


def _layer_checked(name: str, description: str) -> Layer:
    row = Layer(name=name, description=description.strip())
    try:
        key_checked(name, "name")
        row.full_clean(validate_unique=False)
    except DesignInvalid as error:
        raise refused(error) from error
    except ValidationError as error:
        field = next(iter(error.message_dict))
        raise InvalidInput("; ".join(error.messages), field=field) from error
    return row


def holdout_draft(*, share: float, redraw: bool = False, actor: Actor) -> VersionView:
    """Another share of the global holdout, as a draft.

    The salt stays, so that a growing share keeps those who are held out, unless `redraw` lets
    others take their turn. It reaches experiments as they start or draw a new salt: no unit
    of a running phase moves.

    Raises:
        InvalidInput: not a share from 0 to 0.5.
        Conflict: a version of it is under review.
    """
    if isinstance(share, bool) or not isinstance(share, int | float):
        raise InvalidInput("A holdout is a share from 0 to 0.5.", field="share")
    salt = holdout_live().salt
    if redraw or not salt:
        salt = f"holdout:{secrets.token_hex(8)}"
    content: Mapping[str, JsonValue] = {"salt": salt, "share": float(share)}
    with transaction.atomic():
        key_lock("holdout")
        waiting = holdout_proposal()
        if waiting is None:
            return draft_create(
                kind=HOLDOUT_KIND, subject=HOLDOUT_SUBJECT, content=content, actor=actor
            )
        if waiting.status is not VersionStatus.DRAFT:
            raise Conflict("A change of the holdout is under review.", code="in_review")
        own = waiting.created_by_id in {None, author_id(actor)}
        go_on = draft_update if own else draft_replace
        return go_on(kind=HOLDOUT_KIND, version_id=waiting.id, content=content, actor=actor)


def holdout_submit(*, actor: Actor) -> VersionView:
    """Put the draft before a second person.

    Raises:
        Conflict: there is no draft.
    """
    return draft_submit(kind=HOLDOUT_KIND, version_id=_waiting_id(), actor=actor)


def holdout_withdraw(*, actor: Actor) -> VersionView:
    """Take it back from review.

    Raises:
        Conflict: nothing is under review.
        Forbidden: the actor is not its author.
    """
    return draft_withdraw(kind=HOLDOUT_KIND, version_id=_waiting_id(), actor=actor)


def holdout_approve(*, actor: Actor) -> VersionView:
    """A second person agrees.

    Raises:
        Conflict: nothing is under review.
        Forbidden: the actor is its author, or no person.
    """
    return version_approve(kind=HOLDOUT_KIND, version_id=_waiting_id(), actor=actor)


def holdout_reject(*, actor: Actor, reason: str) -> VersionView:
    """A second person refuses.

    Raises:
        Conflict: nothing is under review.
        Forbidden: the actor is its author, or no person.
        InvalidInput: no reason is given.
    """
    return version_reject(kind=HOLDOUT_KIND, version_id=_waiting_id(), actor=actor, reason=reason)


def holdout_publish(*, actor: Actor, reason: str) -> VersionView:
    """Make what waits the global holdout of everything that starts from now on.

    Raises:
        Conflict: nothing waits, or a second person must approve it first.
        InvalidInput: no reason is given.
    """
    return version_publish(kind=HOLDOUT_KIND, version_id=_waiting_id(), actor=actor, reason=reason)


def holdout_discard(*, actor: Actor, reason: str = "") -> VersionView:
    """Give the draft up.

    Raises:
        Conflict: there is no draft.
        Forbidden: the actor is not its author.
    """
    return draft_discard(kind=HOLDOUT_KIND, version_id=_waiting_id(), actor=actor, reason=reason)


def holdout_rollback(*, to_number: int, actor: Actor, reason: str) -> VersionView:
    """A former share again, as a new version, for everything that starts from now on.

    Raises:
        NotFound: there is no such version.
        Conflict: it was never in force, or is now.
        InvalidInput: no reason is given.
    """
    return version_rollback(
        kind=HOLDOUT_KIND,
        subject=HOLDOUT_SUBJECT,
        to_number=to_number,
        actor=actor,
        reason=reason,
    )


def _waiting_id() -> int:
    waiting = holdout_proposal()
    if waiting is None:
        raise Conflict("No change of the holdout waits.", code="nothing_waits")
    return waiting.id
