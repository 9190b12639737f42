"""Which shelf stands where: from memory, never by SQL on a request's path."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import structlog
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.common.observability.metrics import degraded_total
from apps.common.snapshots import Snapshot
from apps.publishing.contracts import VersionStatus, VersionView
from apps.recommendations.contracts import Placement, PlacementName
from apps.recommendations.domain.placements import (
    DEFAULT_PLACEMENTS,
    placement_read,
)
from apps.recommendations.models import PlacementVersion

logger = structlog.get_logger(__name__)
PLACEMENTS = "placements"


@dataclass(frozen=True, slots=True)
class _Published:
    """Every placement, as published, else as shipped."""

    placements: Mapping[PlacementName, Placement]
    degraded: bool = False


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
        return _Published(DEFAULT_PLACEMENTS, degraded=True)
    return _Published({**DEFAULT_PLACEMENTS, **{each.name: each for each in _readable(rows)}})


def _readable(rows: Iterable[PlacementVersion]) -> Iterator[Placement]:
    """What an older release published and this one cannot read never sinks the others."""
    for row in rows:
        try:
            yield placement_read(PlacementName(row.subject), row.number, row.content())
        except ValueError as error:
            degraded_total.labels(component="placements", reason="unreadable").inc()
            logger.error("placement_unreadable", version=str(row), reason=str(error))  # noqa: TRY400 - the sentence says it all


_published: Snapshot[_Published] = Snapshot(PLACEMENTS, _load, versions=(PLACEMENTS,))


def placement_named(name: PlacementName) -> Placement:
    """The shelf as it is live; as shipped until a version of it is published."""
    return _published.get().placements[name]


def placements_degraded() -> bool:
    """Whether the published ones could not be read since this process started."""
    return _published.get().degraded


def placement_of_version(version: VersionView) -> Placement:
    """What a version says, whatever its status."""
    return placement_read(PlacementName(version.subject), version.number, version.content)
