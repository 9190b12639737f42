"""The steps of what waits: of a rule, of the synonyms."""

from typing import Literal

from django.db import transaction

from apps.access.services import Actor
from apps.common.errors import Conflict, NotFound
from apps.publishing.contracts import VersionView
from apps.publishing.rows import subject_lock
from apps.publishing.selectors import proposal_of, subject_versions
from apps.publishing.services import (
    draft_discard,
    draft_submit,
    draft_withdraw,
    version_approve,
    version_publish,
    version_reject,
)

StepName = Literal["submit", "withdraw", "discard", "approve", "reject", "publish"]
_PLAIN = {"submit": draft_submit, "withdraw": draft_withdraw, "approve": version_approve}
_REASONED = {"discard": draft_discard, "reject": version_reject}


def version_step(
    *,
    kind: str,
    subject: str,
    step: StepName,
    actor: Actor,
    reason: str = "",
    acknowledge_warnings: bool = False,
) -> VersionView:
    """Take a step with what waits of a subject.

    Raises:
        NotFound: there is no such subject.
        Conflict: nothing waits (`nothing_waits`), or it does not stand where the step begins.
        Forbidden: not this person.
        InvalidInput: a reason is wanted.
    """
    with transaction.atomic():
        version_id = _waiting_id(kind, subject)
        if step == "publish":
            return version_publish(
                kind=kind,
                version_id=version_id,
                actor=actor,
                reason=reason,
                acknowledge_warnings=acknowledge_warnings,
            )
        if step in _REASONED:
            act = _REASONED[step]
            return act(kind=kind, version_id=version_id, actor=actor, reason=reason)
        return _PLAIN[step](kind=kind, version_id=version_id, actor=actor)


def _waiting_id(kind: str, subject: str) -> int:
    subject_lock(kind, subject)
    waiting = proposal_of(kind, subject)
    if waiting is not None:
        return waiting.id
    if not subject_versions(kind=kind, subject=subject, limit=1):
        raise NotFound(f"There is no {subject} among the {kind}.")
    raise Conflict(f"Nothing of {subject} waits to be published.", code="nothing_waits")
