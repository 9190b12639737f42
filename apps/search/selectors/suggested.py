"""What suggested products look like: read once for each state of the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from apps.catalog.contracts import ProductDocument
from apps.features.contracts import ServingSnapshot
from apps.search.selectors.presenting import page_documents

_MOST = 20_000
# Whatever is written to the catalogue gives the columns another one, and a sale another price.
_State = tuple[int, str, float, int]


@dataclass(slots=True)
class _Kept:
    """Documents by product key, all of one state."""

    state: _State | None = None
    documents: dict[int, ProductDocument] = field(default_factory=dict)


_kept = _Kept()


def suggested_documents(
    snapshot: ServingSnapshot, rows: Sequence[int]
) -> tuple[dict[int, ProductDocument], bool]:
    """Row to document, and whether they are as new as the snapshot; at most one statement.

    Without PostgreSQL the artifact's documents stand in, and are not kept.
    """
    columns = snapshot.columns
    kept = _documents((columns.horizon, columns.fingerprint, columns.priced_at, id(snapshot.tree)))
    pks = {row: int(columns.pks[row]) for row in rows}
    missing = [row for row in rows if pks[row] not in kept]
    read, whole = page_documents(snapshot, np.array(missing, dtype=np.int32))
    if whole:
        kept.update((pks[row], document) for row, document in read.items())
    found = {row: kept[pks[row]] for row in rows if pks[row] in kept}
    return found | read, whole


def _documents(state: _State) -> dict[int, ProductDocument]:
    """The kept ones; a request that began with an older state goes on with that state's own."""
    if _kept.state != state or len(_kept.documents) > _MOST:
        # Another dictionary: what other threads add to the old one stays there.
        _kept.state, _kept.documents = state, {}
    return _kept.documents
