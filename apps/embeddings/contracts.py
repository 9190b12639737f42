"""What crosses the boundary of embeddings: encoders, neighbours, and why there are none."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]


class IndexUnavailable(Exception):
    """Semantic search cannot answer now; the caller degrades.

    Attributes:
        reason: short and machine readable: `missing`, `checksum`, `model_mismatch`, ….
    """

    def __init__(self, reason: str) -> None:
        """Say why."""
        super().__init__(f"the product index cannot be searched: {reason}")
        self.reason = reason


class QueryEncoder(Protocol):
    """Turns one text into one vector.

    Attributes:
        model_name: the model and its weights' digest; vectors of different names do not mix.
        dimension: length of the vectors.
    """

    model_name: str
    dimension: int

    def encode(self, text: str) -> FloatArray:
        """float32[dimension], of length 1."""
        ...


class TextEncoder(QueryEncoder, Protocol):
    """Turns many texts into vectors, in batches."""

    def encode_many(self, texts: list[str]) -> FloatArray:
        """float32[len(texts), dimension], rows of length 1, in the order given."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Products nearest to a vector.

    Attributes:
        pks: int32[k], product primary keys, nearest first.
        similarities: float32[k], cosine, descending.
    """

    pks: IntArray
    similarities: FloatArray


class VectorIndex(Protocol):
    """An immutable index of unit vectors, by row.

    Attributes:
        kind: how vectors are kept, `flat`, `sq8` or `ivf_sq8`.
        size: how many there are.
        dimension: their length.
    """

    kind: str
    size: int
    dimension: int

    def search(
        self, vector: FloatArray, k: int, allowed: BoolArray | None
    ) -> tuple[IntArray, FloatArray]:
        """Rows and cosines of the `k` nearest, descending.

        Args:
            vector: float32[dimension], of length 1.
            k: at most so many; fewer when fewer are there or allowed.
            allowed: bool[size] by row, applied inside the scan; None allows all.
        """
        ...

    def vectors(self, rows: IntArray) -> FloatArray:
        """float32[m, dimension]: the vectors of int32[m] rows, as near as they are kept."""
        ...

    def cosines(self, vector: FloatArray, rows: IntArray) -> FloatArray:
        """float32[m]: the inner product of float32[dimension] with each of int32[m] rows."""
        ...


@dataclass(frozen=True, slots=True)
class IndexState:
    """Which index is served, and what it covers.

    Attributes:
        number: the artifact's version, 0 for none.
        model_name: what encoded its vectors.
        kind: `flat`, `sq8` or `ivf_sq8`.
        size: how many products it covers.
        horizon: the catalogue's transaction horizon up to which changes are in it.
        built_at: aware UTC; None for none.
        reason: empty when it is the version that should be served.
    """

    number: int
    model_name: str
    kind: str
    size: int
    horizon: int
    built_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class EmbedReport:
    """What one run of the embedding job did.

    Attributes:
        seen: products that had changed since the last run.
        encoded: of those, how many had a new text.
        deleted: vectors removed because their product is gone.
        index_number: the index version published, 0 when nothing changed.
        encode_s: seconds spent in the encoder.
    """

    seen: int
    encoded: int
    deleted: int
    index_number: int
    encode_s: float
