"""What a person may do with a version right now, and the form that asks why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanWidget

from apps.access.services import Actor
from apps.publishing.bases import publish_kind
from apps.publishing.contracts import Finding, FindingLevel, VersionStatus, VersionView
from apps.publishing.services import (
    draft_create,
    draft_discard,
    draft_submit,
    draft_withdraw,
    version_approve,
    version_publish,
    version_reject,
    version_rollback,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form answered."""

    reason: str = ""
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A button on a version's page.

    Attributes:
        name: part of its URL.
        title: what the button reads.
        permission: the model permission it wants, without the model's name.
        fits: whether it makes sense for this version and person.
        act: does it and answers the version to show next.
        reason: "" for none, or `optional` or `required`.
        checked: show what the checks say, and ask to acknowledge warnings.
    """

    name: str
    title: str
    permission: str
    fits: Callable[[VersionView, Actor], bool]
    act: Callable[[VersionView, Actor, Asked], VersionView]
    reason: str = ""
    checked: bool = False


class StepForm(forms.Form):
    """A reason, and an acknowledgement where there are warnings."""

    reason = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}), required=False, max_length=1000
    )
    acknowledged = forms.BooleanField(
        widget=UnfoldBooleanWidget(),
        required=False,
        label="I have read the warnings and publish all the same",
    )

    def __init__(self, data: object, step: Step, findings: Sequence[Finding]) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # request.POST, or None
        if not step.reason:
            del self.fields["reason"]
        else:
            self.fields["reason"].required = step.reason == "required"
        if not any(finding.level is FindingLevel.WARNING for finding in findings):
            del self.fields["acknowledged"]

    def asked(self) -> Asked:
        return Asked(
            reason=self.cleaned_data.get("reason", ""),
            acknowledged=self.cleaned_data.get("acknowledged", False),
        )


def steps_for(
    version: VersionView, actor: Actor, holds: Callable[[str], bool]
) -> tuple[Step, ...]:
    """The steps that fit now and that the person may take."""
    return tuple(step for step in _STEPS if step.fits(version, actor) and holds(step.permission))


def _mine(version: VersionView, actor: Actor) -> bool:
    return actor is not None and version.created_by_id in {None, actor.pk}


def _draft_of_mine(version: VersionView, actor: Actor) -> bool:
    return version.status is VersionStatus.DRAFT and _mine(version, actor)


def _under_review(version: VersionView, actor: Actor) -> bool:
    others = actor is not None and version.created_by_id != actor.pk
    return version.status is VersionStatus.IN_REVIEW and others


def _publishable(version: VersionView, _actor: Actor) -> bool:
    if publish_kind(version.kind).reviewed:
        return version.approved
    return version.status in {VersionStatus.DRAFT, VersionStatus.IN_REVIEW}


_STEPS = (
    Step(
        "publish",
        "Publish",
        "publish",
        _publishable,
        lambda version, actor, asked: version_publish(
            kind=version.kind,
            version_id=version.id,
            actor=actor,
            reason=asked.reason,
            acknowledge_warnings=asked.acknowledged,
        ),
        reason="required",
        checked=True,
    ),
    Step(
        "submit",
        "Submit for review",
        "change",
        _draft_of_mine,
        lambda version, actor, _asked: draft_submit(
            kind=version.kind, version_id=version.id, actor=actor
        ),
        checked=True,
    ),
    Step(
        "approve",
        "Approve",
        "review",
        lambda version, actor: _under_review(version, actor) and not version.approved,
        lambda version, actor, _asked: version_approve(
            kind=version.kind, version_id=version.id, actor=actor
        ),
        checked=True,
    ),
    Step(
        "reject",
        "Reject",
        "review",
        _under_review,
        lambda version, actor, asked: version_reject(
            kind=version.kind, version_id=version.id, actor=actor, reason=asked.reason
        ),
        reason="required",
    ),
    Step(
        "withdraw",
        "Withdraw",
        "change",
        lambda version, actor: version.status is VersionStatus.IN_REVIEW and _mine(version, actor),
        lambda version, actor, _asked: draft_withdraw(
            kind=version.kind, version_id=version.id, actor=actor
        ),
    ),
    Step(
        "rollback",
        "Roll back to this version",
        "publish",
        lambda version, _actor: version.status is VersionStatus.SUPERSEDED,
        lambda version, actor, asked: version_rollback(
            kind=version.kind,
            subject=version.subject,
            to_number=version.number,
            actor=actor,
            reason=asked.reason,
        ),
        reason="required",
    ),
    Step(
        "copy",
        "New draft from this",
        "add",
        lambda _version, actor: actor is not None,
        lambda version, actor, _asked: draft_create(
            kind=version.kind, subject=version.subject, content=version.content, actor=actor
        ),
    ),
    Step(
        "discard",
        "Discard",
        "change",
        _draft_of_mine,
        lambda version, actor, asked: draft_discard(
            kind=version.kind, version_id=version.id, actor=actor, reason=asked.reason
        ),
        reason="optional",
    ),
)
