"""Training frames: what the features of every entity were at a moment, as one file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from apps.features.contracts_store import Feature
from apps.features.engines.parquet_files import frame_write
from apps.features.selectors_offline import frame_pieces, frame_runs


@dataclass(frozen=True, slots=True)
class FrameReport:
    """What was written: rows, and each feature's own moment, not later than the frame's."""

    rows: int
    as_of: dict[str, datetime]


def features_snapshot(*, as_of: datetime, features: Sequence[Feature], out: Path) -> FrameReport:
    """Write the values that stood at `as_of`: of each feature the latest run not after it.

    Args:
        as_of: aware.
        features: of entities of one kind.
        out: the Parquet file.

    Raises:
        InvalidInput: a feature had not been computed by then.
    """
    runs = frame_runs(features, as_of)
    moments = {run.key: run.as_of for run in runs}
    told = {
        "endcap.as_of": as_of.isoformat(),
        "endcap.runs": msgspec.json.encode(moments).decode(),
    }
    pieces = ((piece.entities, piece.parts, piece.values) for piece in frame_pieces(runs))
    rows = frame_write(out, [run.key for run in runs], pieces, told)
    return FrameReport(rows, moments)
