"""Steps of a flag's version through the flag's own services: they lock the key it serves by."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from apps.access.services import Actor
from apps.common.errors import Conflict
from apps.experiments.contracts.assignment import Json
from apps.experiments.selectors.flags import FLAG_KIND, flag_proposal
from apps.experiments.services.flags import (
    flag_approve,
    flag_discard,
    flag_edit,
    flag_publish,
    flag_reject,
    flag_rollback,
    flag_submit,
    flag_withdraw,
)
from apps.publishing.admin_steps import Asked, Step
from apps.publishing.contracts import VersionView
from apps.publishing.selectors import live_version, version_view

Act = Callable[[VersionView, Actor, Asked], VersionView]


def flag_steps(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The same buttons; what they do is the flag's service of that name."""
    return tuple(replace(step, act=_ACTS[step.name]) for step in steps)


def _waiting(version: VersionView) -> None:
    """Services act on what waits: refuse a page that shows another version.

    Raises:
        Conflict: this version does not wait any more.
    """
    waiting = flag_proposal(version.subject)
    if waiting is None or waiting.id != version.id:
        raise Conflict(f"Version {version.number} does not wait any more.", code="nothing_waits")


def _unasked(service: Callable[..., VersionView]) -> Act:
    def act(version: VersionView, actor: Actor, _asked: Asked) -> VersionView:
        _waiting(version)
        return service(key=version.subject, actor=actor)

    return act


def _reasoned(service: Callable[..., VersionView]) -> Act:
    def act(version: VersionView, actor: Actor, asked: Asked) -> VersionView:
        _waiting(version)
        return service(key=version.subject, actor=actor, reason=asked.reason)

    return act


def _publish(version: VersionView, actor: Actor, asked: Asked) -> VersionView:
    _waiting(version)
    flag_publish(
        key=version.subject,
        actor=actor,
        reason=asked.reason,
        acknowledge_warnings=asked.acknowledged,
    )
    return version_view(kind=FLAG_KIND, version_id=version.id)


def _rollback(version: VersionView, actor: Actor, asked: Asked) -> VersionView:
    key = version.subject
    flag_rollback(key=key, to_number=version.number, actor=actor, reason=asked.reason)
    return live_version(kind=FLAG_KIND, subject=key) or version


def _copy(version: VersionView, actor: Actor, _asked: Asked) -> VersionView:
    definition = cast("Mapping[str, Json]", version.content["definition"])
    return flag_edit(key=version.subject, definition=definition, actor=actor)


_ACTS: Mapping[str, Act] = {
    "publish": _publish,
    "submit": _unasked(flag_submit),
    "approve": _unasked(flag_approve),
    "reject": _reasoned(flag_reject),
    "withdraw": _unasked(flag_withdraw),
    "rollback": _rollback,
    "copy": _copy,
    "discard": _reasoned(flag_discard),
}
