"""Flat arrays and texts on disk, mapped read-only: one copy a machine, whatever the workers."""

from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from apps.common.domain.string_table import StringTable, TextBlob

Scalar = TypeVar(
    "Scalar", np.int32, np.int64, np.uint8, np.uint32, np.float32, np.float64, np.bool_
)


class MatrixUnreadable(ValueError):
    """The folder holds no serving matrix of this format, or its arrays do not fit together."""


def array_write(folder: Path, name: str, array: npt.NDArray[Scalar]) -> None:
    """Write `name`.npy."""
    np.save(folder / f"{name}.npy", array, allow_pickle=False)


def array_mapped(folder: Path, name: str, dtype: type[Scalar]) -> npt.NDArray[Scalar]:
    """The one-dimensional array in `name`.npy, mapped and read-only.

    Raises:
        MatrixUnreadable: another type or shape.
        OSError: no such file.
        ValueError: no npy file.
    """
    # A plain view: numpy's memmap class costs time at every slice. It keeps the map open.
    array: npt.NDArray[Scalar] = np.load(
        folder / f"{name}.npy", mmap_mode="r", allow_pickle=False
    ).view(np.ndarray)
    if array.dtype != np.dtype(dtype) or array.ndim != 1:
        raise MatrixUnreadable(f"{name} is {array.dtype} with {array.ndim} dimensions")
    return array


def text_mapped(folder: Path, name: str) -> npt.NDArray[np.uint8]:
    """uint8[bytes] of `name`.bin, mapped and read-only."""
    path = folder / f"{name}.bin"
    if path.stat().st_size == 0:  # an empty file cannot be mapped
        return np.zeros(0, dtype=np.uint8)
    return np.memmap(path, dtype=np.uint8, mode="r").view(np.ndarray)


def texts_write(folder: Path, name: str, texts: TextBlob) -> None:
    """Write a blob's offsets and bytes, and a table's order."""
    array_write(folder, f"{name}_offsets", texts.offsets)
    (folder / f"{name}.bin").write_bytes(texts.blob.tobytes())
    if isinstance(texts, StringTable):
        array_write(folder, f"{name}_order", texts.order)


def blob_mapped(folder: Path, name: str) -> TextBlob:
    """The blob that `texts_write` wrote.

    Raises:
        MatrixUnreadable: offsets that point past the text.
    """
    offsets = array_mapped(folder, f"{name}_offsets", np.uint32)
    text = text_mapped(folder, name)
    if len(offsets) == 0 or int(offsets[-1]) != len(text):
        raise MatrixUnreadable(f"{name}: offsets and text do not fit together")
    return TextBlob(offsets, text)


def table_mapped(folder: Path, name: str) -> StringTable:
    """The table that `texts_write` wrote.

    Raises:
        MatrixUnreadable: its parts do not fit together.
    """
    blob = blob_mapped(folder, name)
    order = array_mapped(folder, f"{name}_order", np.int32)
    if len(order) != len(blob):
        raise MatrixUnreadable(f"{name}: order and texts do not fit together")
    return StringTable(blob.offsets, blob.blob, order)
