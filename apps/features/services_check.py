"""Whether what is served is what is stored: Redis and the serving matrix against PostgreSQL."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from apps.catalog.contracts import BoolArray
from apps.features.contracts import USER_ENTITIES, Float32
from apps.features.contracts_store import StoredRun
from apps.features.domain.packing import values_unpack
from apps.features.domain.registry import features_stored
from apps.features.metrics import feature_inconsistent_values
from apps.features.online import (
    layout_now,
    products_publish,
    products_streamed,
    users_forget,
    users_streamed,
)
from apps.features.selectors import serving_snapshot_refresh
from apps.features.selectors_compute import product_texts
from apps.features.selectors_offline import run_values, stored_values
from apps.features.selectors_online import matrix_column
from apps.features.selectors_state import latest_runs, store_state
from apps.jobs.contracts import JobContext, JobOutcome


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Attributes:
        products: how many were compared.
        online: how many of them Redis holds; the others expired, and are read from the matrix.
        users: how many Redis holds; all of them were compared.
        different: `name@version` to values that differ in Redis.
        behind: `name@version` to values that differ in the serving matrix: the next refresh
            publishes them.
        repaired: products that were written to Redis again, and users that it forgot.
        moved: whether features were refreshed meanwhile; then nothing was compared.
    """

    products: int = 0
    online: int = 0
    users: int = 0
    different: dict[str, int] | None = None
    behind: dict[str, int] | None = None
    repaired: int = 0
    moved: bool = False

    @property
    def consistent(self) -> bool:
        """Whether nothing differs."""
        return not any((self.different or {}).values()) and not any((self.behind or {}).values())


@dataclass(frozen=True, slots=True, eq=False)
class _Products:
    """What stands of products: p of the catalogue, f features of the layout.

    Attributes:
        ids: of the products.
        stored: float32[p, f], by the latest runs; nan where they have none.
        behind: `name@version` to values that differ in the serving matrix.
        online: how many of them Redis holds.
        wrong: bool[p, f], values that differ in Redis.
    """

    ids: list[str]
    stored: Float32
    behind: dict[str, int]
    online: int
    wrong: BoolArray


@dataclass(slots=True)
class _Users:
    """How many users Redis holds, who of them differ, and in how many values of each feature."""

    online: int = 0
    wrong: set[str] = field(default_factory=set)
    different: Counter[str] = field(default_factory=Counter)


def features_check(*, repair: bool) -> CheckReport:
    """Compare what is online of products and users with the latest runs offline.

    Args:
        repair: write products that differ in Redis again, from the offline store, and have
            Redis forget users who do: they are read from there.
    """
    before = latest_runs()
    products, users = _products(before), _users(before)
    if {key: run.id for key, run in latest_runs().items()} != _ids(before):
        return CheckReport(moved=True)
    counts = zip(layout_now().keys, products.wrong.sum(axis=0).tolist(), strict=True)
    different = dict(counts) | users.different
    for key, count in different.items():
        feature_inconsistent_values.labels(key).set(count + products.behind.get(key, 0))
    repaired = _repaired(products, users) if repair else 0
    return CheckReport(
        len(products.ids), products.online, users.online, different, products.behind, repaired
    )


def _ids(runs: Mapping[str, StoredRun]) -> dict[str, int]:
    return {key: run.id for key, run in runs.items()}


def _products(runs: Mapping[str, StoredRun]) -> _Products:
    snapshot = serving_snapshot_refresh()
    layout, columns, state = layout_now(), snapshot.columns, store_state()
    there = np.flatnonzero(columns.row_of_pk[columns.pks] == np.arange(len(columns)))
    stored = np.full((len(columns), len(layout.keys)), np.nan, dtype=np.float32)
    behind: dict[str, int] = {}
    for place, key in enumerate(layout.keys):
        if key in runs:
            stored[:, place] = run_values(runs[key], columns)
            # Products that are newer than the run stand in no store yet.
            known = there[~np.isnan(stored[there, place])]
            served = matrix_column(snapshot, key, state)
            differs = served is None or served[known] != stored[known, place]
            behind[key] = int(np.broadcast_to(differs, known.shape).sum())
    ids = np.array(product_texts(columns.product_ids), dtype=object)[there].tolist()
    online, wrong = _online(ids, stored[there])
    return _Products(ids, stored[there], behind, online, wrong)


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


def _users(runs: Mapping[str, StoredRun]) -> _Users:
    """Nothing is compared of an earlier run, or of a user whom the run does not know."""
    keys = [each.spec.key for each in features_stored(*USER_ENTITIES)]
    of_users = [runs[key] for key in keys if key in runs]
    found = _Users(different=Counter(dict.fromkeys(keys, 0)))
    for entries in users_streamed():
        found.online += len(entries)
        stored = stored_values(of_users, list(entries))
        for run in of_users:
            for one, values in stored[run.key].items():
                number, parts = entries[one].get(run.key, (0, {}))
                if number == run.id and parts != values:
                    found.wrong.add(one)
                    names = parts.keys() | values.keys()
                    found.different[run.key] += sum(parts.get(n) != values.get(n) for n in names)
    return found


def _repaired(products: _Products, users: _Users) -> int:
    """How many products and users were mended."""
    rows = np.flatnonzero(products.wrong.any(axis=1))
    if len(rows):
        ids = [products.ids[row] for row in rows.tolist()]
        products_publish(layout_now(), ids, products.stored[rows])
    if users.wrong:
        users_forget(sorted(users.wrong))
    return len(rows) + len(users.wrong)


def features_check_job(context: JobContext) -> JobOutcome:
    """What the job `features_consistency` runs: it repairs, and says what it found."""
    report = features_check(repair=bool(context.params.get("repair", True)))
    return {
        "products": report.products,
        "online": report.online,
        "users": report.users,
        "different": sum((report.different or {}).values()),
        "behind": sum((report.behind or {}).values()),
        "repaired": report.repaired,
        "moved": report.moved,
    }
