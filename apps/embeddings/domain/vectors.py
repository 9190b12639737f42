"""Vectors at rest: float16, half the bytes at a cosine that differs by less than 0.0001."""

from collections.abc import Sequence

import numpy as np

from apps.embeddings.contracts import FloatArray


def vectors_pack(vectors: FloatArray) -> list[bytes]:
    """Rows of float32[n, d] as little-endian float16 bytes."""
    return [row.tobytes() for row in vectors.astype("<f2")]


def vectors_unpack(rows: Sequence[bytes], dimension: int) -> FloatArray:
    """float32[n, dimension] from `vectors_pack`, brought back to length 1.

    Raises:
        ValueError: a row has another length.
    """
    wanted = dimension * 2
    if any(len(row) != wanted for row in rows):
        raise ValueError(f"a stored vector does not have {dimension} numbers")
    flat = np.frombuffer(b"".join(rows), dtype="<f2").reshape(len(rows), dimension)
    return vectors_normalise(flat.astype(np.float32))


def vectors_normalise(vectors: FloatArray) -> FloatArray:
    """Rows of float32[n, d] at length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: FloatArray = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled
