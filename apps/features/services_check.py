"""Whether what is served is what is stored: Redis and the serving matrix against PostgreSQL."""

from dataclasses import dataclass

import numpy as np

from apps.catalog.contracts import BoolArray
from apps.features.contracts import Float32
from apps.features.contracts_store import StoredRun
from apps.features.domain.packing import values_unpack
from apps.features.metrics import feature_inconsistent_values
from apps.features.online import layout_now, products_publish, products_streamed
from apps.features.selectors import serving_snapshot_refresh
from apps.features.selectors_compute import product_texts
from apps.features.selectors_offline import run_values
from apps.features.selectors_online import matrix_column
from apps.features.selectors_state import latest_runs, store_state
from apps.jobs.contracts import JobContext, JobOutcome


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Attributes:
        products: how many were compared.
        online: how many of them Redis holds; the others expired, and are read from the matrix.
        different: `name@version` to values that differ in Redis.
        behind: `name@version` to values that differ in the serving matrix: the next refresh
            publishes them.
        repaired: products that were written to Redis again.
        moved: whether features were refreshed meanwhile; then nothing was compared.
    """

    products: int = 0
    online: int = 0
    different: dict[str, int] | None = None
    behind: dict[str, int] | None = None
    repaired: int = 0
    moved: bool = False

    @property
    def consistent(self) -> bool:
        """Whether nothing differs."""
        return not any((self.different or {}).values()) and not any((self.behind or {}).values())


def features_check(*, repair: bool) -> CheckReport:
    """Compare every product's features online with the latest runs offline.

    Args:
        repair: write what differs in Redis again, from the offline store.
    """
    before = latest_runs()
    snapshot = serving_snapshot_refresh()
    layout, columns, state = layout_now(), snapshot.columns, store_state()
    there = np.flatnonzero(columns.row_of_pk[columns.pks] == np.arange(len(columns)))
    stored = np.full((len(columns), len(layout.keys)), np.nan, dtype=np.float32)
    behind: dict[str, int] = {}
    for place, key in enumerate(layout.keys):
        if key in before:
            stored[:, place] = run_values(before[key], columns)
            # Products that are newer than the run stand in no store yet.
            known = there[~np.isnan(stored[there, place])]
            served = matrix_column(snapshot, key, state)
            if served is not None:
                behind[key] = _unlike(served[known], stored[known, place])
    ids = np.array(product_texts(columns.product_ids), dtype=object)[there].tolist()
    online, wrong = _online(ids, stored[there])
    if {key: run.id for key, run in latest_runs().items()} != _ids(before):
        return CheckReport(moved=True)
    different = dict(zip(layout.keys, wrong.sum(axis=0).tolist(), strict=True))
    for key, count in different.items():
        feature_inconsistent_values.labels(key).set(count + behind.get(key, 0))
    rows = np.flatnonzero(wrong.any(axis=1))
    if repair and len(rows):
        products_publish(layout, [ids[row] for row in rows.tolist()], stored[there][rows])
    return CheckReport(len(ids), online, different, behind, len(rows) if repair else 0)


def _ids(runs: dict[str, StoredRun]) -> dict[str, int]:
    return {key: run.id for key, run in runs.items()}


def _unlike(one: Float32, other: Float32) -> int:
    return int((one != other).sum())


def _online(ids: list[str], stored: Float32) -> tuple[int, BoolArray]:
    """How many products Redis holds, and bool[p, f]: values that differ from what is stored."""
    layout, online, at = layout_now(), 0, 0
    wrong = np.zeros(stored.shape, dtype=np.bool_)
    for kept in products_streamed(ids):
        values, found = values_unpack(layout, kept)
        mine = stored[at : at + len(kept)]
        wrong[at : at + len(kept)] = found[:, None] & ~np.isnan(mine) & (values != mine)
        online, at = online + int(found.sum()), at + len(kept)
    return online, wrong


def features_check_job(context: JobContext) -> JobOutcome:
    """What the job `features_consistency` runs: it repairs, and says what it found."""
    report = features_check(repair=bool(context.params.get("repair", True)))
    return {
        "products": report.products,
        "online": report.online,
        "different": sum((report.different or {}).values()),
        "behind": sum((report.behind or {}).values()),
        "repaired": report.repaired,
        "moved": report.moved,
    }
