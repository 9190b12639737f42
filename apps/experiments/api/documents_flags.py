"""What the API answers about flags, layers and the global holdout."""

from datetime import datetime

import msgspec

from apps.experiments.api.documents import Document
from apps.experiments.contracts.lifecycle import FlagView, HoldoutView, LayerView
from apps.experiments.domain.design.flags import flag_written
from apps.publishing.contracts import VersionView


class WaitingVersion(msgspec.Struct, frozen=True):
    """A version that waits to be published."""

    version: int
    status: str
    approved: bool
    created_by: str
    reviewed_by: str
    submitted_at: datetime | None
    content: Document


class FlagAnswer(msgspec.Struct, frozen=True):
    """A flag; `definition` is served while it is enabled, null before the first publish."""

    key: str
    enabled: bool
    version: int
    definition: Document | None
    proposal: WaitingVersion | None


class FlagSummary(msgspec.Struct, frozen=True):
    """A flag in a list."""

    key: str
    enabled: bool
    version: int
    definition: Document | None


class FlagList(msgspec.Struct, frozen=True):
    """Every flag, by key."""

    results: list[FlagSummary]


class LayerRange(msgspec.Struct, frozen=True):
    """A range `[low, high)` of a layer."""

    low: float
    high: float


class LayerClaim(msgspec.Struct, frozen=True):
    """A range `[low, high)` of a layer, and who holds it."""

    experiment: str
    unit: str
    low: float
    high: float


class LayerAnswer(msgspec.Struct, frozen=True):
    """A layer: what is held, and what is free."""

    name: str
    description: str
    claims: list[LayerClaim]
    free: list[LayerRange]


class LayerList(msgspec.Struct, frozen=True):
    """Every layer, by name."""

    results: list[LayerAnswer]


class HoldoutAnswer(msgspec.Struct, frozen=True):
    """The global holdout of what starts now; share 0 is none."""

    share: float
    salt: str
    version: int
    proposal: WaitingVersion | None


def flag_document(view: FlagView, waiting: VersionView | None) -> FlagAnswer:
    """One flag."""
    return FlagAnswer(
        key=view.key,
        enabled=view.enabled,
        version=view.version,
        definition=_definition(view),
        proposal=waiting_document(waiting),
    )


def flags_document(views: tuple[FlagView, ...]) -> FlagList:
    """Every flag."""
    return FlagList(
        [FlagSummary(each.key, each.enabled, each.version, _definition(each)) for each in views]
    )


def layer_document(view: LayerView) -> LayerAnswer:
    """One layer."""
    return LayerAnswer(
        name=view.name,
        description=view.description,
        claims=[
            LayerClaim(each.experiment, each.unit, each.low, each.high) for each in view.claims
        ],
        free=[LayerRange(low, high) for low, high in view.free],
    )


def holdout_document(view: HoldoutView, waiting: VersionView | None) -> HoldoutAnswer:
    """The global holdout."""
    return HoldoutAnswer(view.share, view.salt, view.version, waiting_document(waiting))


def waiting_document(version: VersionView | None) -> WaitingVersion | None:
    """A version that waits."""
    if version is None:
        return None
    return WaitingVersion(
        version=version.number,
        status=version.status.value,
        approved=version.approved,
        created_by=version.created_by,
        reviewed_by=version.reviewed_by,
        submitted_at=version.submitted_at,
        content=dict(version.content),
    )


def _definition(view: FlagView) -> Document | None:
    return None if view.definition is None else dict(flag_written(view.definition))
