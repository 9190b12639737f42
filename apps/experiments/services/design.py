"""Designs on their way: created, edited, put before a second person, approved."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from apps.access.services import Actor, author_id
from apps.common.errors import Conflict, InvalidInput
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.design import DesignInvalid, ExperimentDesign
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.domain.design.reading import (
    design_read,
    design_written,
    experiment_key_checked,
)
from apps.experiments.domain.design.transitions import Action
from apps.experiments.models import Experiment, ExperimentVersion, Flag
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.requirements import design_problems, metric_numbers
from apps.experiments.services.rows import (
    KIND,
    changes_between,
    experiment_locked,
    key_lock,
    moment,
    person_id,
    reason_given,
    refused,
    requirements_hold,
    status_move,
    transition_write,
)
from apps.publishing.contracts import VersionStatus
from apps.publishing.services import (
    draft_create,
    draft_submit,
    draft_update,
    draft_withdraw,
    version_approve,
    version_reject,
)
from apps.publishing.settling import draft_replace

# Fixed once units were enrolled: an analysis has one unit, one reader of payloads, one kind.
FIXED_AFTER_START = ("kind", "unit", "surface")


def experiment_create(
    *,
    key: str,
    design: Mapping[str, Json],
    actor: Actor,
    now: datetime | None = None,
) -> ExperimentView:
    """A new experiment with its first draft.

    Raises:
        InvalidInput: naming the field of the design, or the key.
        Conflict: an experiment or a flag has this key (`key_taken`).
    """
    read = _design_checked(design)
    at = moment(now)
    with transaction.atomic():
        key_free(key)
        version = draft_create(
            kind=KIND, subject=key, content={"design": _drafted(read)}, actor=actor
        )
        row = Experiment(key=key, owner_id=person_id(actor), created_at=at, draft_id=version.id)
        _row_describe(row, read)
        transition_write(row, action="created", actor=actor, at=at)
    return experiment_view(key)


def key_free(key: str) -> None:
    """Take the lock of a key that no experiment and no flag has.

    Raises:
        InvalidInput: malformed or reserved.
        Conflict: it is taken.
    """
    try:
        experiment_key_checked(key)
    except DesignInvalid as error:
        raise refused(error) from error
    key_lock(key)
    if Experiment.objects.filter(key=key).exists() or Flag.objects.filter(key=key).exists():
        raise Conflict(
            f"There is an experiment or a flag called {key}.",
            code="key_taken",
            extra={"field": "key"},
        )


def experiment_edit(
    *,
    key: str,
    design: Mapping[str, Json],
    actor: Actor,
    now: datetime | None = None,
) -> ExperimentView:
    """Another design: of the draft, or proposed as a change of what runs.

    Whoever edits somebody else's draft becomes the author of the version, and so cannot
    approve it. Nothing about a running variant changes before `experiment_start` applies it.

    Raises:
        InvalidInput: naming the field.
        Conflict: it is under review, or over.
    """
    read = _design_checked(design)
    with transaction.atomic():
        row = experiment_locked(key)
        status_move(row, Action.EDIT)
        _fixed_kept(row, read)
        former = _draft_or_live(row)
        _draft_store(row, _drafted(read), actor)
        if row.live_id is None:
            _row_describe(row, read)
        changes = changes_between(former, _drafted(read))
        transition_write(row, action="edited", actor=actor, at=moment(now), changes=changes)
    return experiment_view(key)


def _draft_store(row: Experiment, document: dict[str, Json], actor: Actor) -> None:
    content = {"design": document}
    draft = row.draft
    if draft is None:
        row.draft_id = draft_create(kind=KIND, subject=row.key, content=content, actor=actor).id
    elif draft.status != VersionStatus.DRAFT.value:
        raise Conflict("This design is under review; withdraw it first.", code="in_review")
    elif draft.created_by_id in {None, author_id(actor)}:
        draft_update(kind=KIND, version_id=draft.pk, content=content, actor=actor)
    else:
        row.draft_id = draft_replace(
            kind=KIND, version_id=draft.pk, content=content, actor=actor
        ).id


def experiment_submit(
    *, key: str, actor: Actor, reason: str = "", now: datetime | None = None
) -> ExperimentView:
    """Put the draft before a second person; the versions of its metrics are frozen.

    Raises:
        Conflict: something is missing (`requirements_missing`, listed in extra).
    """
    with transaction.atomic():
        row = experiment_locked(key)
        to = status_move(row, Action.SUBMIT)
        draft = draft_of(row, VersionStatus.DRAFT)
        at = moment(now)
        requirements_hold(key, Action.SUBMIT, at)
        metrics_freeze(row, draft)
        draft_submit(kind=KIND, version_id=draft.pk, actor=actor)
        transition_write(row, action="submitted", to=to, actor=actor, at=at, reason=reason)
    return experiment_view(key)


def experiment_withdraw(
    *, key: str, actor: Actor, reason: str = "", now: datetime | None = None
) -> ExperimentView:
    """Take what is under review back to edit it; an approval is gone with that.

    Raises:
        Conflict: nothing is under review.
        Forbidden: the actor is not its author.
    """
    with transaction.atomic():
        row = experiment_locked(key)
        to = status_move(row, Action.WITHDRAW)
        draft = draft_of(row, VersionStatus.IN_REVIEW)
        draft_withdraw(kind=KIND, version_id=draft.pk, actor=actor)
        transition_write(
            row, action="withdrawn", to=to, actor=actor, at=moment(now), reason=reason
        )
    return experiment_view(key)


def experiment_approve(
    *, key: str, actor: Actor, reason: str = "", now: datetime | None = None
) -> ExperimentView:
    """A second person agrees; it waits to be started.

    Raises:
        Conflict: nothing is under review.
        Forbidden: the actor is its author, or no person.
    """
    with transaction.atomic():
        row = experiment_locked(key)
        to = status_move(row, Action.APPROVE)
        draft = draft_of(row, VersionStatus.IN_REVIEW)
        if draft.reviewed_at is not None:
            raise Conflict("It is approved already.", code="approved_already")
        version_approve(kind=KIND, version_id=draft.pk, actor=actor)
        transition_write(row, action="approved", to=to, actor=actor, at=moment(now), reason=reason)
    return experiment_view(key)


def experiment_reject(
    *, key: str, actor: Actor, reason: str, now: datetime | None = None
) -> ExperimentView:
    """A second person refuses; its author goes on in a new draft of the same content.

    Raises:
        Conflict: nothing is under review.
        Forbidden: the actor is its author, or no person.
        InvalidInput: no reason is given.
    """
    with transaction.atomic():
        row = experiment_locked(key)
        to = status_move(row, Action.REJECT)
        draft = draft_of(row, VersionStatus.IN_REVIEW)
        version_reject(kind=KIND, version_id=draft.pk, actor=actor, reason=reason_given(reason))
        again = draft_create(
            kind=KIND,
            subject=key,
            content={"design": draft.design},
            actor=draft.created_by,
            based_on=draft.based_on,
        )
        row.draft_id = again.id
        transition_write(row, action="rejected", to=to, actor=actor, at=moment(now), reason=reason)
    return experiment_view(key)


def draft_of(row: Experiment, *wanted: VersionStatus) -> ExperimentVersion:
    """The version that waits, in one of the wanted states.

    Raises:
        Conflict: there is none.
    """
    draft = row.draft
    if draft is None or VersionStatus(draft.status) not in wanted:
        states = " or ".join(state.value.replace("_", " ") for state in wanted)
        raise Conflict(f"No version of {row.key} is {states}.", code="nothing_waits")
    return draft


def metrics_freeze(row: Experiment, draft: ExperimentVersion) -> None:
    """Write into a draft which versions of its metrics count: the running ones stay."""
    design = design_read(draft.design)
    current = metric_numbers([use.key for use in design.metrics])
    kept = design_read(row.live.design).metrics if row.live is not None else ()
    numbers = {**current, **{use.key: use.version for use in kept}}
    uses = tuple(replace(use, version=numbers.get(use.key, 0)) for use in design.metrics)
    draft.design = design_written(replace(design, metrics=uses))
    draft.save(update_fields=["design"])


def _design_checked(document: Mapping[str, Json]) -> ExperimentDesign:
    try:
        design = design_read(dict(document))
    except DesignInvalid as error:
        raise refused(error) from error
    problems = design_problems(design)
    if problems:
        first = problems[0]
        raise InvalidInput(
            first.message,
            field=first.field,
            problems=[{"field": each.field, "message": each.message} for each in problems],
        )
    return design


def _drafted(design: ExperimentDesign) -> dict[str, Json]:
    # Which versions of metrics count is decided when the design is submitted, not by its writer.
    uses = tuple(replace(use, version=0) for use in design.metrics)
    return design_written(replace(design, metrics=uses))


def _draft_or_live(row: Experiment) -> dict[str, Json]:
    version = row.draft or row.live
    if version is None:
        raise AssertionError("an experiment has a draft or a live design")
    return _drafted(design_read(version.design))


def _fixed_kept(row: Experiment, design: ExperimentDesign) -> None:
    if row.live_id is None:
        return
    for name in FIXED_AFTER_START:
        if getattr(row, name) != str(getattr(design, name)):
            raise InvalidInput(
                f"The {name} of an experiment that has started cannot change.", field=name
            )


def _row_describe(row: Experiment, design: ExperimentDesign) -> None:
    row.name, row.kind = design.name, design.kind.value
    row.surface, row.unit = design.surface, design.unit.value


def row_adopt(row: Experiment, version: ExperimentVersion) -> None:
    """The version is what runs now; nothing waits any more."""
    row.live, row.draft = version, None
    _row_describe(row, design_read(version.design))
