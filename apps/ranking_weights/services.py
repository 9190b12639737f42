"""Drafting weight sets; publishing itself is `apps.publishing.services`."""

from collections.abc import Mapping

from django.conf import settings
from django.db import transaction

from apps.access.services import Actor
from apps.catalog.selectors import category_tree_fresh
from apps.common.errors import InvalidInput, NotFound
from apps.publishing.contracts import VersionView
from apps.publishing.proposals import version_put
from apps.publishing.selectors import subject_versions
from apps.publishing.services import draft_create, draft_submit, draft_update, version_publish
from apps.publishing.shipping import content_ship
from apps.ranking_weights.contracts import (
    DEFAULT_WEIGHTS,
    GLOBAL_SUBJECT,
    WeightsChoice,
    WeightsInvalid,
    weights_validate,
)
from apps.ranking_weights.domain.starters import STARTERS
from apps.ranking_weights.selectors import published_weight_sets, weights_settled

KIND = "ranking_weights"


def weights_draft_create(
    *, subject: str, weights: Mapping[str, float], actor: Actor
) -> VersionView:
    """A draft of the weights of `global` or of a category.

    Raises:
        InvalidInput: no such category, or no weight set; `field` names which.
    """
    content = {"weights": _checked(weights)}
    return draft_create(kind=KIND, subject=_subject_known(subject), content=content, actor=actor)


def weights_put(
    *,
    subject: str,
    weights: Mapping[str, float],
    actor: Actor,
    reason: str,
    publish: bool,
    submit: bool,
    based_on: int | None = None,
    acknowledge_warnings: bool = False,
) -> VersionView:
    """Other weights, as far towards live as they may go: published, in review, or a draft.

    All or nothing: what is refused on its way leaves no draft behind.

    Args:
        subject: `global` or a category's path.
        weights: a set.
        actor: its author.
        reason: wanted where they are published.
        publish: the author may, and wants to.
        submit: the same of putting it before a second person, where one is required.
        based_on: what the author has seen live, 0 for nothing; None: whatever is.
        acknowledge_warnings: publish in spite of what checks say.

    Raises:
        InvalidInput: naming the field.
        Conflict: something else is live (`base_moved`), or there are warnings.
        ApplicationError: a check refuses.
    """
    return version_put(
        kind=KIND,
        subject=_subject_known(subject),
        content={"weights": _checked(weights)},
        actor=actor,
        reason=reason,
        publish=publish,
        submit=submit,
        based_on=based_on,
        acknowledge_warnings=acknowledge_warnings,
    )


def weights_draft_update(
    *, version_id: int, weights: Mapping[str, float], actor: Actor
) -> VersionView:
    """The draft with other weights.

    Raises:
        InvalidInput: no weight set.
        Conflict: it is no draft any more.
        Forbidden: somebody else's draft.
    """
    content = {"weights": _checked(weights)}
    return draft_update(kind=KIND, version_id=version_id, content=content, actor=actor)


def _subject_known(subject: str) -> str:
    if subject != GLOBAL_SUBJECT and category_tree_fresh().by_path(subject) is None:
        raise InvalidInput(f"There is no category '{subject}'.", field="subject")
    return subject


def _checked(weights: Mapping[str, float]) -> dict[str, float]:
    try:
        return weights_validate(weights)
    except WeightsInvalid as error:
        raise InvalidInput(str(error), field=error.field, code=error.code) from error


def weight_starters_ensure(
    *, paths: Mapping[str, str], actor: Actor = None
) -> tuple[VersionView, ...]:
    """The house's starting sets, for subjects that have no version at all yet.

    Published with the reason `starter`; where a second person must review, they are submitted
    and wait. Running it again changes nothing, nor does it touch what people have edited.

    Args:
        paths: starter (`electronics`, `fashion`, `books`) → the path of the shop's category.
            The global set is always ensured.
        actor: who is said to have made them; None is the system.

    Raises:
        InvalidInput: there is no such starter, or no such category.
    """
    unknown = sorted(set(paths) - set(STARTERS))
    if unknown:
        raise InvalidInput(f"There is no starter '{unknown[0]}'.", field="paths")
    wanted = {GLOBAL_SUBJECT: GLOBAL_SUBJECT, **paths}
    return tuple(
        _starter_make(subject, STARTERS[starter], actor)
        for starter, subject in wanted.items()
        if not subject_versions(kind=KIND, subject=subject, limit=1)
    )


def _starter_make(subject: str, weights: Mapping[str, float], actor: Actor) -> VersionView:
    draft = weights_draft_create(subject=subject, weights=weights, actor=actor)
    if settings.ENDCAP_REVIEW_REQUIRED:
        return draft_submit(kind=KIND, version_id=draft.id, actor=actor)
    return version_publish(
        kind=KIND,
        version_id=draft.id,
        actor=actor,
        reason="starter",
        acknowledge_warnings=True,
    )


def weights_ship(
    *, choice: WeightsChoice, maker: Actor, checker: Actor, actor: Actor, reason: str
) -> tuple[tuple[VersionView, bool], ...]:
    """Make what an experiment asked for the published weights; (version, new) of each subject.

    Numbers become the set of their category, or the global one; a version is published once
    more; "global whatever the category" gives every category's own set the global numbers.

    Raises:
        NotFound: the version never was live.
        ApplicationError: publishing refuses.
    """
    with transaction.atomic():
        return tuple(
            content_ship(
                kind=KIND,
                subject=subject,
                content={"weights": weights},
                maker=maker,
                checker=checker,
                actor=actor,
                reason=reason,
            )
            for subject, weights in _shipped(choice).items()
        )


def _shipped(choice: WeightsChoice) -> dict[str, dict[str, float]]:
    """Subject to weights."""
    if choice.weights:
        return {choice.subject or GLOBAL_SUBJECT: dict(choice.weights)}
    if choice.number:
        found = weights_settled(choice.subject, choice.number)
        if found is None:
            raise NotFound(f"{choice.subject} has no published version {choice.number}.")
        return {choice.subject: dict(found.weights)}
    live = published_weight_sets()
    everywhere = live[GLOBAL_SUBJECT].weights if GLOBAL_SUBJECT in live else DEFAULT_WEIGHTS
    return {subject: dict(everywhere) for subject in sorted(live) if subject != GLOBAL_SUBJECT}
