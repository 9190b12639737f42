"""What every process knows of the store without asking: latest runs, and what people say."""

from collections.abc import Mapping
from datetime import datetime

from apps.common.snapshots import Snapshot
from apps.features.contracts import FeatureStatus
from apps.features.contracts_store import FeatureRecord, StoredRun, StoreState
from apps.features.models import FeatureNote, FeatureRun

STORE_VERSION = "features:store"


def latest_runs(*, until: datetime | None = None) -> dict[str, StoredRun]:
    """The latest run of each feature, by `name@version`; one statement.

    Args:
        until: none whose windows end later; None: whatever there is.
    """
    rows = FeatureRun.objects.order_by("key", "-as_of").distinct("key")
    if until is not None:
        rows = rows.filter(as_of__lte=until)
    return {row.key: run_of(row) for row in rows}


def run_of(row: FeatureRun) -> StoredRun:
    return StoredRun(row.id, row.key, row.as_of, row.computed_at, row.rows, row.constants)


def feature_records() -> dict[str, FeatureRecord]:
    """What people say of each feature, by `name@version`; one statement."""
    return {row.key: record_of(row) for row in FeatureNote.objects.all()}


def record_of(row: FeatureNote) -> FeatureRecord:
    return FeatureRecord(row.key, row.owner, FeatureStatus(row.status), row.successor, row.notes)


def note_ids() -> dict[str, int]:
    """The rows that admin edits, by `name@version`; one statement."""
    return dict(FeatureNote.objects.values_list("key", "id"))


def _load() -> StoreState:
    return StoreState(latest_runs(), feature_records())


_state = Snapshot("feature_store", _load, versions=(STORE_VERSION,))


def store_state() -> StoreState:
    """The state, from memory."""
    return _state.get()


def records_told() -> Mapping[str, FeatureRecord]:
    """What people say of features, as far as this process has read it: a request reads nothing."""
    return _state.get().records if _state.is_loaded else {}
