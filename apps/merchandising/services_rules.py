"""Rules: drafted, reviewed where the house wants it, published, retired and brought back."""

from collections.abc import Mapping

from django.conf import settings
from django.db import transaction

from apps.access.services import Actor
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.merchandising.contracts_rules import RuleInvalid
from apps.merchandising.domain.rules.content import CONTENT_FIELDS, rule_content, rule_parse
from apps.merchandising.selectors_rules import RULES, rule_proposal
from apps.merchandising.services_steps import version_step
from apps.publishing.contracts import JsonValue, VersionView
from apps.publishing.proposals import draft_write
from apps.publishing.rows import subject_lock
from apps.publishing.selectors import live_version, subject_versions
from apps.publishing.services import (
    draft_create,
    draft_submit,
    version_publish,
    version_rollback,
)


def rule_create(*, key: str, content: Mapping[str, object], actor: Actor) -> VersionView:
    """A new rule with its first draft.

    Raises:
        InvalidInput: naming the field, as a dotted path.
        Conflict: there is a rule with this key (`key_taken`).
    """
    read = rule_content_checked(key, content)
    with transaction.atomic():
        subject_lock(RULES, key)
        if live_version(kind=RULES, subject=key) or rule_proposal(key):
            raise Conflict(f"There is a rule '{key}' already.", code="key_taken")
        return draft_create(kind=RULES, subject=key, content=read, actor=actor)


def rule_edit(*, key: str, content: Mapping[str, object], actor: Actor) -> VersionView:
    """Other content, as the rule's draft; a retired rule's draft brings it back.

    Raises:
        NotFound: there is no such rule.
        InvalidInput: naming the field, as a dotted path.
        Conflict: a version is under review (`in_review`).
    """
    read = rule_content_checked(key, content)
    with transaction.atomic():
        subject_lock(RULES, key)
        if not subject_versions(kind=RULES, subject=key, limit=1):
            raise NotFound(f"There is no rule {key}.")
        return draft_write(kind=RULES, subject=key, content=read, actor=actor)


def rule_retire(*, key: str, actor: Actor, reason: str) -> VersionView:
    """Take a rule offline: a version that says so, published; it waits where review is wanted.

    Raises:
        NotFound: nothing of this rule is live.
        Conflict: it is retired already, or another version waits (`version_waits`).
        InvalidInput: no reason is given.
    """
    if not reason.strip():
        raise InvalidInput("Say why.", field="reason")
    with transaction.atomic():
        subject_lock(RULES, key)
        live = live_version(kind=RULES, subject=key)
        if live is None:
            raise NotFound(f"No version of the rule {key} is published.")
        if live.content["retired"]:
            raise Conflict(f"The rule '{key}' is retired already.", code="retired")
        if rule_proposal(key) is not None:
            raise Conflict("Another version waits; settle it first.", code="version_waits")
        content = {**live.content, "retired": True}
        draft = draft_create(kind=RULES, subject=key, content=content, actor=actor)
        if settings.ENDCAP_REVIEW_REQUIRED:
            return draft_submit(kind=RULES, version_id=draft.id, actor=actor)
        return version_publish(
            kind=RULES, version_id=draft.id, actor=actor, reason=reason, acknowledge_warnings=True
        )


def rule_submit(*, key: str, actor: Actor) -> VersionView:
    """Put the draft before a second person.

    Raises:
        NotFound, Conflict: there is no such rule, or no draft of it.
    """
    return version_step(kind=RULES, subject=key, step="submit", actor=actor)


def rule_withdraw(*, key: str, actor: Actor) -> VersionView:
    """Take it back from review.

    Raises:
        NotFound, Conflict: there is no such rule, or nothing under review.
        Forbidden: the actor is not its author.
    """
    return version_step(kind=RULES, subject=key, step="withdraw", actor=actor)


def rule_discard(*, key: str, actor: Actor, reason: str = "") -> VersionView:
    """Give the draft up.

    Raises:
        NotFound, Conflict: there is no such rule, or no draft of it.
        Forbidden: the actor is not its author.
    """
    return version_step(kind=RULES, subject=key, step="discard", actor=actor, reason=reason)


def rule_approve(*, key: str, actor: Actor) -> VersionView:
    """A second person agrees.

    Raises:
        NotFound, Conflict: there is no such rule, or nothing under review.
        Forbidden: the actor is its author, or no person.
    """
    return version_step(kind=RULES, subject=key, step="approve", actor=actor)


def rule_reject(*, key: str, actor: Actor, reason: str) -> VersionView:
    """A second person refuses.

    Raises:
        NotFound, Conflict: there is no such rule, or nothing under review.
        Forbidden: the actor is its author, or no person.
        InvalidInput: no reason is given.
    """
    return version_step(kind=RULES, subject=key, step="reject", actor=actor, reason=reason)


def rule_publish(
    *, key: str, actor: Actor, reason: str, acknowledge_warnings: bool = False
) -> VersionView:
    """Publish what waits: every worker has it within a second, and it acts in its window.

    Raises:
        NotFound, Conflict: there is no such rule, nothing waits, a second person must approve
            it first, or there are warnings that nobody acknowledged.
        InvalidInput: no reason is given.
    """
    return version_step(
        kind=RULES,
        subject=key,
        step="publish",
        actor=actor,
        reason=reason,
        acknowledge_warnings=acknowledge_warnings,
    )


def rule_rollback(*, key: str, to_number: int, actor: Actor, reason: str) -> VersionView:
    """A former version again, as a new one, at once.

    Raises:
        NotFound, Conflict: there is no such version, or it never was published.
        InvalidInput: no reason is given.
    """
    return version_rollback(
        kind=RULES, subject=key, to_number=to_number, actor=actor, reason=reason
    )


def rule_content_checked(key: str, content: Mapping[str, object]) -> dict[str, JsonValue]:
    """The content in its one form.

    Raises:
        InvalidInput: naming the field, as a dotted path.
    """
    given = {name: value for name, value in content.items() if name != "retired"}
    if content.get("retired") not in {None, False}:
        raise InvalidInput("Retire a rule instead of drafting it so.", field="retired")
    try:
        written = rule_content(rule_parse(key, 0, given))
    except RuleInvalid as error:
        raise InvalidInput(error.message, field=error.field) from error
    return {**{name: written[name] for name in CONTENT_FIELDS}, "retired": False}
