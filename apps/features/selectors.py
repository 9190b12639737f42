"""The serving snapshot of this process: mapped from an artifact, following the catalogue."""

import time
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection
from django.utils import timezone

from apps.catalog.contracts import CategoryTree
from apps.catalog.selectors import (
    category_tree,
    columns_load,
    columns_refresh,
    staleness_sql,
)
from apps.common.errors import Unavailable
from apps.common.observability.metrics import degraded_total
from apps.common.snapshots import Snapshot
from apps.features.contracts import ServingSnapshot
from apps.features.domain.serving import snapshot_at, snapshot_build, snapshot_follow
from apps.features.engines.matrix_files import matrix_read
from apps.model_registry.contracts import Artifact
from apps.model_registry.services.holder import ArtifactHolder, Held

SERVING_MATRIX = "serving_matrix"
logger = structlog.get_logger(__name__)
# With PostgreSQL down a connection attempt may cost seconds: not at every request.
_TREE_RETRY_S = 5.0

_LOOK = f"""
    SELECT {staleness_sql()}, pg_snapshot_xmin(pg_current_snapshot())::text::bigint
"""


def _artifact_load(artifact: Artifact) -> ServingSnapshot:
    return matrix_read(artifact.folder, artifact.number)


_holder: ArtifactHolder[ServingSnapshot] = ArtifactHolder(SERVING_MATRIX, _artifact_load)


@dataclass(slots=True)
class _Followed:
    """What this process serves.

    Attributes:
        snapshot: with the catalogue's changes.
        base: the artifact that it was patched from.
        moment: (a snapshot, the same with prices and tree of its last use).
        tree_retry_at: monotonic seconds before which the tree is not asked for again.
        behind: whether the last look failed: changes may be missing.
    """

    snapshot: ServingSnapshot | None = None
    base: ServingSnapshot | None = None
    moment: tuple[ServingSnapshot | None, ServingSnapshot | None] = (None, None)
    tree_retry_at: float = 0.0
    behind: bool = False


_state = _Followed()


def _follow() -> ServingSnapshot:
    """The next snapshot: a new artifact, or the old one with the catalogue's changes.

    Runs at first use, at every poll of the version thread, and when a search's own statement
    has found the columns stale.
    """
    if not _serving.is_loaded:
        _state.snapshot = _state.base = None
        _state.moment, _state.tree_retry_at = (None, None), 0.0
    if settings.ENDCAP_VERSION_POLLER:
        # Raw SQL and COPY announce no version: every poll looks.
        _serving.mark_stale()
    base = _holder.get()
    before = _state.snapshot
    if before is None or base is not _state.base:
        before = base
    try:
        _state.snapshot = _current(before)
        _state.behind = False
    except DatabaseFailure as error:
        _database_gone(error)
        _state.behind = True
        # The newer of what there is; without either there is nothing to serve.
        _state.snapshot = before if before is not None else _state.snapshot
        if _state.snapshot is None:
            raise
    _state.base = base
    return _state.snapshot


def _current(before: ServingSnapshot | None) -> ServingSnapshot:
    if before is None:
        tree = category_tree()
        return snapshot_build(
            columns=columns_load(),
            tree=tree,
            totals=None,
            as_of=timezone.now().timestamp(),
            freshness_half_life_days=settings.FRESHNESS_HALF_LIFE_DAYS,
        )
    if not _is_stale(before):
        return before
    return snapshot_follow(before, columns_refresh(before.columns))


def _is_stale(snapshot: ServingSnapshot) -> bool:
    columns = snapshot.columns
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, {"horizon": columns.horizon})
        fingerprint, oldest_running = cursor.fetchone() or ("", 0)
    # Moving the horizon past changes that are already in keeps the look itself cheap.
    none_since = str(fingerprint).startswith("0:")
    return fingerprint != columns.fingerprint or (
        not none_since and int(oldest_running) > columns.horizon
    )


def _database_gone(error: DatabaseFailure) -> None:
    degraded_total.labels(component="serving_snapshot", reason="database").inc()
    logger.warning("serving_snapshot_kept", reason=str(error))
    connection.close()


_serving: Snapshot[ServingSnapshot] = Snapshot(
    "serving_snapshot", _follow, versions=(f"artifact:{SERVING_MATRIX}",)
)


def serving_snapshot(*, fingerprint: str | None = None) -> ServingSnapshot:
    """What requests read; no SQL once loaded, unless `fingerprint` says it is stale.

    Args:
        fingerprint: what `catalog.selectors.staleness_sql()` answered for the horizon of the
            columns that the caller has; differs after any write to the catalogue.

    Raises:
        Unavailable: PostgreSQL is down and there is no artifact on this disk.
    """
    snapshot = _get()
    if fingerprint is not None and fingerprint != snapshot.columns.fingerprint:
        return serving_snapshot_refresh()
    return _as_of_now(snapshot)


def serving_snapshot_refresh() -> ServingSnapshot:
    """The snapshot with everything that is committed now: one look, and a patch if needed."""
    return serving_snapshot_followed()[0]


def serving_snapshot_followed() -> tuple[ServingSnapshot, bool]:
    """The same, and whether it succeeded; else the snapshot is the one before."""
    _get()
    _serving.reload()
    # Read first: whoever succeeds after that only makes the snapshot newer.
    followed = not _state.behind
    return _as_of_now(_get()), followed


def _get() -> ServingSnapshot:
    try:
        return _serving.get()
    except DatabaseFailure as error:
        raise Unavailable(
            "The catalogue cannot be read, and no artifact of it is on this machine.",
            code="catalogue_unavailable",
        ) from error


def _as_of_now(snapshot: ServingSnapshot) -> ServingSnapshot:
    """Sales that began or ended, and an edited tree, are right in the very next request."""
    source, moment = _state.moment
    start = moment if source is snapshot and moment is not None else snapshot
    tree = _tree_now(start.tree)
    if tree is not start.tree:
        # Recoding loses the categories that a tree lacks: the next one may have them again.
        start = snapshot
    moment = snapshot_at(start, tree, as_of=time.time())
    _state.moment = (snapshot, moment)
    return moment


def _tree_now(known: CategoryTree) -> CategoryTree:
    if time.monotonic() < _state.tree_retry_at:
        return known
    try:
        return category_tree()
    except DatabaseFailure as error:
        _database_gone(error)
        _state.tree_retry_at = time.monotonic() + _TREE_RETRY_S
        return known


def serving_is_loaded() -> bool:
    """Whether this process holds a snapshot already."""
    return _serving.is_loaded


def serving_matrix_state() -> Held[ServingSnapshot]:
    """The artifact that is served, and why not when it is not the one wanted."""
    return _holder.state
