"""Which shelf stands where: from memory, never by SQL on a request's path."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.common.observability.metrics import degraded_total
from apps.common.snapshots import Snapshot
from apps.publishing.contracts import VersionStatus, VersionView
from apps.publishing.selectors import live_versions, proposal_of, proposals
from apps.recommendations.contracts import Placement, PlacementName
from apps.recommendations.domain.placement_words import PLACEMENT_TITLES, placement_lines
from apps.recommendations.domain.placements import (
    DEFAULT_PLACEMENTS,
    PlacementInvalid,
    placement_read,
)
from apps.recommendations.models import PlacementVersion

logger = structlog.get_logger(__name__)
PLACEMENTS = "placements"


@dataclass(frozen=True, slots=True)
class _Published:
    """Every placement, as published, else as shipped; `unread`: as shipped for want of better."""

    placements: Mapping[PlacementName, Placement]
    unread: frozenset[str] = frozenset()


def _load() -> _Published:
    try:
        rows = list(PlacementVersion.objects.filter(status=VersionStatus.PUBLISHED.value))
    except DatabaseFailure as error:
        if _published.is_loaded:
            raise  # the old ones stay
        connection.close()
        degraded_total.labels(component="placements", reason="database").inc()
        logger.warning("placements_default", reason=str(error))
        # Stale from the start: the next poll tries again.
        _published.mark_stale()
        return _Published(DEFAULT_PLACEMENTS, frozenset(PlacementName))
    return _readable(rows)


def _readable(rows: Iterable[PlacementVersion]) -> _Published:
    """What an older release published and this one cannot read never sinks the others."""
    found, unread = dict(DEFAULT_PLACEMENTS), set[str]()
    for row in rows:
        try:
            read = placement_read(PlacementName(row.subject), row.number, row.content())
        except ValueError as error:
            unread.add(row.subject)
            degraded_total.labels(component="placements", reason="unreadable").inc()
            logger.error("placement_unreadable", version=str(row), reason=str(error))  # noqa: TRY400 - the sentence says it all
        else:
            found[read.name] = read
    return _Published(found, frozenset(unread))


_published: Snapshot[_Published] = Snapshot(PLACEMENTS, _load, versions=(PLACEMENTS,))


def placement_named(name: PlacementName) -> Placement:
    """The shelf as it is live; as shipped until a version of it is published."""
    return _published.get().placements[name]


def placement_degraded(name: PlacementName) -> bool:
    """Whether it is as shipped only because the published one could not be read."""
    return name in _published.get().unread


def placement_of_version(version: VersionView) -> Placement | None:
    """What a version says, whatever its status; None: this release cannot read it."""
    try:
        return placement_read(PlacementName(version.subject), version.number, version.content)
    except PlacementInvalid:
        return None


def placement_worked_on(name: PlacementName) -> Placement:
    """What a form begins with: what waits to be published, else what is live."""
    waiting = proposal_of(PLACEMENTS, name.value)
    found = None if waiting is None else placement_of_version(waiting)
    return found or placement_named(name)


@dataclass(frozen=True, slots=True)
class PlacementCard:
    """One placement in the list.

    Attributes:
        placement: as it is live.
        live: its published version; None: as shipped.
        waiting: its draft, or what is under review.
    """

    placement: Placement
    live: VersionView | None
    waiting: VersionView | None

    @property
    def title(self) -> str:
        """Where the shelf stands."""
        return PLACEMENT_TITLES[self.placement.name]

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """(what, in words)."""
        return placement_lines(self.placement)


def placements_overview() -> tuple[PlacementCard, ...]:
    """Every placement, in the order of the shop's pages; two statements."""
    live = {each.subject: each for each in live_versions(kind=PLACEMENTS)}
    waiting = proposals(kind=PLACEMENTS)
    return tuple(
        PlacementCard(placement_named(name), live.get(name), waiting.get(name))
        for name in PlacementName
    )
