"""Many strings in two flat arrays that can be mapped from a file."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class StringTable:
    """Strings as two flat arrays, so that a table can be mapped from a file.

    Attributes:
        offsets: uint32[n + 1] into blob.
        blob: uint8[bytes], UTF-8, one after the other.
        order: int32[n], row numbers sorted by their bytes, for look-ups.
    """

    offsets: NDArray[np.uint32]
    blob: NDArray[np.uint8]
    order: NDArray[np.int32]

    @classmethod
    def build(cls, strings: Iterable[str]) -> "StringTable":
        """A table of `strings`, row i the i-th."""
        encoded = [text.encode() for text in strings]
        offsets = np.zeros(len(encoded) + 1, dtype=np.uint32)
        np.cumsum([len(each) for each in encoded], out=offsets[1:])
        blob = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        order = np.array(sorted(range(len(encoded)), key=encoded.__getitem__), dtype=np.int32)
        return cls(offsets, blob, order)

    def __len__(self) -> int:
        """How many strings."""
        return len(self.offsets) - 1

    def _bytes(self, row: int) -> bytes:
        return self.blob[self.offsets[row] : self.offsets[row + 1]].tobytes()

    def get(self, row: int) -> str:
        """The string of a row."""
        return self._bytes(row).decode()

    def row_of(self, text: str) -> int:
        """The row of `text`; -1 when it is not there (of equal strings any row)."""
        wanted = text.encode()
        at = bisect_left(self.order, wanted, key=lambda row: self._bytes(int(row)))
        if at < len(self.order) and self._bytes(int(self.order[at])) == wanted:
            return int(self.order[at])
        return -1

    def rows_of(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """int32[len(texts)]: the row of each text, -1 when it is not there."""
        return np.array([self.row_of(text) for text in texts], dtype=np.int32)

    def appended(self, strings: Sequence[str]) -> "StringTable":
        """A new table with `strings` as further rows; the rows before keep their numbers."""
        if not strings:
            return self
        return StringTable.build([*(self.get(row) for row in range(len(self))), *strings])
