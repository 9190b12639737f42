"""Placements as the API reads and writes them: closed documents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from apps.publishing.contracts import JsonValue, VersionView
from apps.publishing.selectors import live_version, subject_versions
from apps.recommendations.contracts import Mix, Placement, PlacementName, StrategyName
from apps.recommendations.domain.placements import placement_content
from apps.recommendations.selectors.placements import PLACEMENTS, placement_named

_OPEN = ("draft", "in_review")
_WAITING = 20
# Read by `domain.placements`, which numbers the strategies in its refusals.
_AS_CONTENT = {"$ref": "#/components/schemas/PlacementContent"}


class PlacementStrategy(Struct, frozen=True):
    """A strategy in a placement, and what its scores are multiplied by."""

    name: StrategyName
    weight: Annotated[float, Meta(gt=0, le=1)] = 1.0


class PlacementConstraints(Struct, frozen=True):
    """What a shelf may show; a count of 0 sets no limit, nor does a price of 0."""

    in_stock: bool = True
    not_bought_days: Annotated[int, Meta(ge=0)] = 0
    not_in_session: bool = True
    most_per_brand: Annotated[int, Meta(ge=0)] = 0
    most_per_category: Annotated[int, Meta(ge=0)] = 0
    price_from: Annotated[float, Meta(ge=0)] = 0.0
    price_to: Annotated[float, Meta(ge=0)] = 0.0


class PlacementContent(Struct, frozen=True):
    """A shelf: its strategies in order, how they come together, and what may stand on it."""

    title: str
    strategies: tuple[PlacementStrategy, ...]
    mix: Mix = Mix.FIRST
    constraints: PlacementConstraints = PlacementConstraints()
    diversity: Annotated[float, Meta(ge=0, le=1)] = 1.0
    weights: Mapping[str, float] | None = None
    k: Annotated[int, Meta(ge=1, le=100)] = 12


class PlacementBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other content for a placement.

    Attributes:
        content: a `PlacementContent`; what it leaves out is as by default.
        reason: why; wanted where it is published.
        publish: as far as the caller's rights and the review setting let it; false: a draft.
        based_on: number of the version that the caller has seen live; 0: none was.
        acknowledge_warnings: publish in spite of what the checks say.
    """

    content: Annotated[
        dict[str, Any],
        Meta(extra_json_schema={"$ref": "#/components/schemas/PlacementContent"}),
    ]
    reason: str = ""
    publish: bool = True
    based_on: int | None = None
    acknowledge_warnings: bool = False


class PlacementVersionDocument(Struct, frozen=True):
    """One version of a placement."""

    name: PlacementName
    version: int
    status: str
    approved: bool
    content: PlacementContent
    based_on: int | None
    created_by: str
    created_at: datetime
    reviewed_by: str
    published_by: str
    published_at: datetime | None
    reason: str


class PlacementDocument(Struct, frozen=True):
    """A placement as it is live; version 0 is the one that the product ships with."""

    name: PlacementName
    version: int
    content: PlacementContent


class PlacementAnswer(Struct, frozen=True):
    """One placement: what is live, its published version, and what waits."""

    live: PlacementDocument
    published: PlacementVersionDocument | None
    waiting: tuple[PlacementVersionDocument, ...]


class PlacementsList(Struct, frozen=True):
    """Every placement as it is live."""

    results: tuple[PlacementDocument, ...]


class PlacementVersions(Struct, frozen=True):
    """A placement's versions, newest first."""

    name: PlacementName
    results: tuple[PlacementVersionDocument, ...]


def placements_document() -> PlacementsList:
    """Every placement."""
    return PlacementsList(tuple(_live(placement_named(name)) for name in PlacementName))


def placement_document(name: PlacementName) -> PlacementAnswer:
    """One placement, whole."""
    live = live_version(kind=PLACEMENTS, subject=name.value)
    versions = subject_versions(kind=PLACEMENTS, subject=name.value, limit=_WAITING)
    return PlacementAnswer(
        _live(placement_named(name)),
        None if live is None else version_document(live),
        tuple(version_document(each) for each in versions if each.status.value in _OPEN),
    )


def versions_document(name: PlacementName, limit: int) -> PlacementVersions:
    """What there is of a placement."""
    versions = subject_versions(kind=PLACEMENTS, subject=name.value, limit=limit)
    return PlacementVersions(name, tuple(version_document(each) for each in versions))


def version_document(view: VersionView) -> PlacementVersionDocument:
    """One version, as it was stored."""
    return PlacementVersionDocument(
        name=PlacementName(view.subject),
        version=view.number,
        status=view.status.value,
        approved=view.approved,
        content=_content(view.content),
        based_on=view.based_on,
        created_by=view.created_by,
        created_at=view.created_at,
        reviewed_by=view.reviewed_by,
        published_by=view.published_by,
        published_at=view.published_at,
        reason=view.reason,
    )


def _live(placement: Placement) -> PlacementDocument:
    return PlacementDocument(
        placement.name, placement.number, _content(placement_content(placement))
    )


def _content(stored: Mapping[str, JsonValue]) -> PlacementContent:
    return msgspec.convert(stored, PlacementContent)
