"""Which weights a request is ranked by: from memory, never by SQL on a request's path."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

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
    WeightsChoice,
    WeightSet,
)
from apps.ranking_weights.domain.resolve import subjects_upwards, weights_resolve_from
from apps.ranking_weights.last_known import weights_remember, weights_remembered
from apps.ranking_weights.models import WeightSetVersion

logger = structlog.get_logger(__name__)


# A category's path, the features that have a source, and what an experiment asks for.
_Asked = tuple[str | None, frozenset[str], WeightsChoice | None, tuple[str, str]]
_Compared = tuple[str | None, frozenset[str], frozenset[WeightsChoice | None]]
_SETTLED = (VersionStatus.PUBLISHED.value, VersionStatus.SUPERSEDED.value)
_REMEMBERED = 2048


@dataclass(frozen=True, slots=True)
class _Published:
    """What is live, and what it came to for the categories and features asked so far.

    `settled` holds every version that is or was live, by subject and number: an experiment may
    ask for any of them, and no request waits for it.
    """

    sets: Mapping[str, WeightSet]
    settled: Mapping[tuple[str, int], WeightSet] = field(default_factory=dict)
    degraded: bool = False
    resolved: dict[_Asked, ResolvedWeights] = field(default_factory=dict)
    differing: dict[_Compared, bool] = field(default_factory=dict)


def _load() -> _Published:
    try:
        rows = list(
            WeightSetVersion.objects.filter(status__in=_SETTLED).values_list(
                "status", "subject", "number", "weights"
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
        # The last ones that anybody published, where Redis remembers them; else the default.
        return _Published(weights_remembered(), degraded=True)
    settled = {(row[1], row[2]): WeightSet(*row[1:]) for row in rows}
    live = {row[1]: settled[row[1], row[2]] for row in rows if row[0] == _SETTLED[0]}
    weights_remember(live)
    return _Published(live, settled)


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
    choice: WeightsChoice | None = None,
    chosen_by: tuple[str, str] = ("", ""),
) -> ResolvedWeights:
    """The one set of this request: override → category → parents → global → default.

    Args:
        category_path: filtered, else detected category.
        available: features that have a source in this request; the weight of others is
            shared out.
        override: a preview's weights.
        choice: what a variant of an experiment asks for.
        chosen_by: that experiment's and variant's key, for the explanation.

    Raises:
        WeightsInvalid: the override is no weight set.
    """
    published = _published.get()
    if override is not None:
        return _resolved(published, category_path, available, override=override)
    asked = (category_path, frozenset(available), choice, chosen_by)
    found = published.resolved.get(asked)
    if found is None:
        found = _resolved(published, category_path, available, choice=choice)
        if choice is not None and found.source == "override":
            found = replace(found, experiment=chosen_by[0], variant=chosen_by[1])
        if len(published.resolved) >= _REMEMBERED:
            published.resolved.clear()
        published.resolved[asked] = found
    return found


def weights_differ(
    choices: frozenset[WeightsChoice | None],
    *,
    category_path: str | None,
    available: AbstractSet[str],
) -> bool:
    """Whether any two of these choices weigh a request of this category differently."""
    published = _published.get()
    asked = (category_path, frozenset(available), choices)
    found = published.differing.get(asked)
    if found is None:
        resolved = (_resolved(published, category_path, available, choice=one) for one in choices)
        found = len({one.weights for one in resolved}) > 1
        if len(published.differing) >= _REMEMBERED:
            published.differing.clear()
        published.differing[asked] = found
    return found


def _resolved(
    published: _Published,
    category_path: str | None,
    available: AbstractSet[str],
    *,
    override: Mapping[str, float] | None = None,
    choice: WeightsChoice | None = None,
) -> ResolvedWeights:
    return weights_resolve_from(
        published=published.sets,
        category_path=category_path,
        available=available,
        override=override,
        choice=choice,
        settled=published.settled,
        degraded=published.degraded,
    )


def weights_settled(subject: str, number: int) -> WeightSet | None:
    """A version that is or was live, from memory; None when it never was."""
    return _published.get().settled.get((subject, number))


def weights_settled_all() -> tuple[WeightSet, ...]:
    """Every version that is or was live, by subject, newest first."""
    found = _published.get().settled.values()
    return tuple(sorted(found, key=lambda one: (one.subject, -one.number)))


def weights_in_work() -> tuple[tuple[int, WeightSet], ...]:
    """(id, set) of every draft and version in review, newest first."""
    rows = WeightSetVersion.objects.filter(
        status__in=(VersionStatus.DRAFT.value, VersionStatus.IN_REVIEW.value)
    ).order_by("-created_at")
    values = rows.values_list("pk", "subject", "number", "weights")
    return tuple((pk, WeightSet(*rest)) for pk, *rest in values)


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
