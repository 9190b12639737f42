"""Which weights a request is ranked by: from memory, never by SQL on a request's path."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import structlog
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.common.observability.metrics import degraded_total
from apps.common.snapshots import Snapshot
from apps.publishing.contracts import VersionStatus
from apps.ranking_weights.contracts import (
    DEFAULT_WEIGHTS,
    GLOBAL_SUBJECT,
    ResolvedWeights,
    WeightSet,
)
from apps.ranking_weights.domain.resolve import subjects_upwards, weights_resolve_from
from apps.ranking_weights.models import WeightSetVersion

logger = structlog.get_logger(__name__)


# A category's path, and the features that have a source.
_Asked = tuple[str | None, frozenset[str]]
_REMEMBERED = 2048


@dataclass(frozen=True, slots=True)
class _Published:
    """What is live, and what it came to for the categories and features asked so far."""

    sets: Mapping[str, WeightSet]
    degraded: bool = False
    resolved: dict[_Asked, ResolvedWeights] = field(default_factory=dict)


def _load() -> _Published:
    try:
        rows = list(
            WeightSetVersion.objects.filter(status=VersionStatus.PUBLISHED.value).values_list(
                "subject", "number", "weights"
            )
        )
    except DatabaseFailure as error:
        if _published.is_loaded:
            raise  # the old sets stay
        connection.close()
        degraded_total.labels(component="ranking_weights", reason="database").inc()
        logger.warning("ranking_weights_default", reason=str(error))
        # Stale from the start: the next poll tries again.
        _published.mark_stale()
        return _Published({}, degraded=True)
    return _Published({subject: WeightSet(subject, *rest) for subject, *rest in rows})


_published: Snapshot[_Published] = Snapshot(
    "ranking_weights", _load, versions=("ranking_weights",)
)


def published_weight_sets() -> Mapping[str, WeightSet]:
    """Subject → what is live."""
    return _published.get().sets


def weights_resolve(
    *,
    category_path: str | None,
    available: AbstractSet[str],
    override: Mapping[str, float] | None = None,
) -> ResolvedWeights:
    """The one set of this request: override → category → parents → global → default.

    Args:
        category_path: filtered, else detected category.
        available: features that have a source in this request; the weight of others is
            shared out.
        override: an experiment's or a preview's weights.

    Raises:
        WeightsInvalid: the override is no weight set.
    """
    published = _published.get()
    asked = (category_path, frozenset(available))
    if override is None and (known := published.resolved.get(asked)) is not None:
        return known
    found = weights_resolve_from(
        published=published.sets,
        category_path=category_path,
        available=available,
        override=override,
        degraded=published.degraded,
    )
    if override is None and len(published.resolved) < _REMEMBERED:
        published.resolved[asked] = found
    return found


def weights_of_version(version_id: int) -> WeightSet | None:
    """A version whatever its status (previews of drafts); None when there is none."""
    found = (
        WeightSetVersion.objects.filter(pk=version_id)
        .values_list("subject", "number", "weights")
        .first()
    )
    return WeightSet(*found) if found else None


def weights_to_start_from(subject: str) -> WeightSet:
    """What a new draft of `subject` begins with: its live set, else what it inherits now."""
    published = published_weight_sets()
    for candidate in (*subjects_upwards(subject), GLOBAL_SUBJECT):
        if candidate in published:
            return published[candidate]
    return WeightSet("", 0, DEFAULT_WEIGHTS)
