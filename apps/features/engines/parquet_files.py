"""Training frames as Parquet; pyarrow is a worker's, and imported where it is used."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
# Entities, parts, float32[rows, features].
Piece = tuple[Sequence[str], Sequence[str], Float32]


def frame_write(
    path: Path, names: Sequence[str], pieces: Iterable[Piece], told: Mapping[str, str]
) -> int:
    """Write a frame piece by piece; how many rows.

    Columns: `entity`, `part` (a category's path; empty for features of one entity), then float32
    columns by name, null where there is no value. The file appears whole or not at all.

    Args:
        path: the file.
        names: of the features, in the pieces' order.
        pieces: rows.
        told: what the file says of itself, as its schema's metadata.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [("entity", pa.string()), ("part", pa.string())]
    fields += [(name, pa.float32()) for name in names]
    schema = pa.schema(fields, metadata=dict(told))
    rows, beside = 0, path.with_name(f".{path.name}.part")
    with pq.ParquetWriter(beside, schema) as writer:
        for entities, parts, values in pieces:
            columns = [pa.array(entities, pa.string()), pa.array(parts, pa.string())]
            # from_pandas: nan becomes null.
            columns += [pa.array(column, pa.float32(), from_pandas=True) for column in values.T]
            writer.write_table(pa.table(columns, schema=schema))
            rows += len(entities)
    beside.replace(path)
    return rows
