"""The offline store as it is read: by row of the catalogue, by entity, and as a training frame."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from apps.catalog.contracts import ProductColumns
from apps.common.errors import InvalidInput
from apps.features.contracts import Float32
from apps.features.contracts_store import ComputeContext, Computed, Feature, StoredRun
from apps.features.selectors_compute import product_rows_by_text
from apps.features.selectors_state import latest_runs
from apps.features.selectors_streams import BATCH, rows_streamed

_VALUES = "SELECT entity, value FROM features_featurevalue WHERE run_id = %s"
_OF_ENTITIES = """
    SELECT run_id, entity, part, value FROM features_featurevalue
    WHERE run_id = ANY (%s) AND entity = ANY (%s)
    ORDER BY run_id, entity, value DESC, part
"""
_FRAME = """
    SELECT entity, part, array_agg(run_id), array_agg(value) FROM features_featurevalue
    WHERE run_id = ANY (%(runs)s)
    GROUP BY entity, part ORDER BY entity, part
"""


@dataclass(frozen=True, slots=True, eq=False)
class FramePiece:
    """Some rows of a training frame.

    Attributes:
        entities, parts: one a row.
        values: float32[rows, features]; nan where a feature has none.
    """

    entities: list[str]
    parts: list[str]
    values: Float32


def run_values(run: StoredRun, columns: ProductColumns) -> Float32:
    """float32[n]: a run's values by row of the catalogue; nan where it has none."""
    with connection.cursor() as cursor:
        cursor.execute(_VALUES, [run.id])
        found = cursor.fetchall()
    return by_row(columns, [row[0] for row in found], np.array([row[1] for row in found]))


def by_row(columns: ProductColumns, ids: Sequence[str], values: Any) -> Float32:
    """float32[n]: values of products by their rows; ids that the catalogue lacks are left out."""
    found = np.full(len(columns), np.nan, dtype=np.float32)
    places = product_rows_by_text(columns.product_ids)
    rows = np.fromiter((places.get(one, -1) for one in ids), dtype=np.int32, count=len(ids))
    found[rows[rows >= 0]] = np.asarray(values, dtype=np.float32)[rows >= 0]
    return found


def computed_by_row(context: ComputeContext, pieces: Iterable[Computed]) -> Float32:
    """float32[n]: what was computed of products, by row of the catalogue; nan where nothing."""
    found = np.full(len(context.columns), np.nan, dtype=np.float32)
    for piece in pieces:
        some = by_row(context.columns, piece.entities, piece.values)
        found = np.where(np.isnan(some), found, some)
    return found


def stored_values(
    runs: Sequence[StoredRun], entities: Sequence[str]
) -> dict[str, dict[str, dict[str, float]]]:
    """`name@version` to entity to part to value, largest first; one statement."""
    keys = {run.id: run.key for run in runs}
    found: dict[str, dict[str, dict[str, float]]] = {run.key: {} for run in runs}
    with connection.cursor() as cursor:
        cursor.execute(_OF_ENTITIES, [list(keys), list(entities)])
        for run_id, entity, part, value in cursor:
            found[keys[run_id]].setdefault(entity, {})[part] = value
    return found


def frame_runs(features: Sequence[Feature], as_of: datetime) -> tuple[StoredRun, ...]:
    """The run that each feature's values stood in at a moment, in the features' order.

    Raises:
        InvalidInput: one had not been computed by then, or the moment is still to come.
    """
    if as_of > timezone.now():
        raise InvalidInput(f"{as_of:%Y-%m-%d %H:%M} is still to come (UTC).", field="as_of")
    runs = latest_runs(until=as_of)
    for feature in features:
        if feature.spec.key not in runs:
            raise InvalidInput(
                f"{feature.spec.key} has no values as of {as_of:%Y-%m-%d %H:%M}: "
                "backfill them (features_backfill), or ask for a later moment.",
                field="as_of",
                code="not_computed",
            )
    return tuple(runs[feature.spec.key] for feature in features)


def frame_pieces(runs: Sequence[StoredRun]) -> Iterator[FramePiece]:
    """A training frame in pieces, by entity; bounded memory, one statement."""
    places = {run.id: place for place, run in enumerate(runs)}
    rows = rows_streamed(_FRAME, {"runs": list(places)})
    while piece := list(islice(rows, BATCH)):
        yield _piece(piece, places)


def _piece(rows: list[Sequence[Any]], places: Mapping[int, int]) -> FramePiece:
    values = np.full((len(rows), len(places)), np.nan, dtype=np.float32)
    for at, (_entity, _part, run_ids, found) in enumerate(rows):
        values[at, [places[run_id] for run_id in run_ids]] = found
    return FramePiece([row[0] for row in rows], [row[1] for row in rows], values)
