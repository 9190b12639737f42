"""Placements: drafted, and put as far towards live as whoever asks may."""

from collections.abc import Mapping

from apps.access.services import Actor
from apps.common.errors import InvalidInput
from apps.publishing.contracts import JsonValue, VersionView
from apps.publishing.proposals import draft_write, version_put
from apps.recommendations.contracts import PlacementName
from apps.recommendations.domain.placements import (
    PlacementInvalid,
    placement_content,
    placement_read,
)
from apps.recommendations.selectors.placements import PLACEMENTS


def placement_draft(
    *, name: PlacementName, content: Mapping[str, object], actor: Actor
) -> VersionView:
    """The placement's one draft, with this content.

    Raises:
        InvalidInput: naming the field, as a dotted path.
        Conflict: a version is under review (`in_review`).
    """
    checked = placement_content_checked(name, content)
    return draft_write(kind=PLACEMENTS, subject=name.value, content=checked, actor=actor)


def placement_put(
    *,
    name: PlacementName,
    content: Mapping[str, object],
    actor: Actor,
    reason: str,
    publish: bool,
    submit: bool,
    based_on: int | None = None,
    acknowledge_warnings: bool = False,
) -> VersionView:
    """Other content, published, in review or a draft: what `publishing.version_put` does.

    Raises:
        InvalidInput: naming the field, as a dotted path.
        Conflict: something else is live (`base_moved`), or there are warnings.
        ApplicationError: a check refuses.
    """
    return version_put(
        kind=PLACEMENTS,
        subject=name.value,
        content=placement_content_checked(name, content),
        actor=actor,
        reason=reason,
        publish=publish,
        submit=submit,
        based_on=based_on,
        acknowledge_warnings=acknowledge_warnings,
    )


def placement_content_checked(
    name: PlacementName, content: Mapping[str, object]
) -> dict[str, JsonValue]:
    """The content in its one form.

    Raises:
        InvalidInput: naming the field, as a dotted path.
    """
    try:
        return placement_content(placement_read(name, 0, content))
    except PlacementInvalid as error:
        raise InvalidInput(error.message, field=error.field) from error
