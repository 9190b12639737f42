"""Many strings in flat arrays that can be mapped from a file."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class TextBlob:
    """Strings one after the other.

    Attributes:
        offsets: uint32[n + 1] into blob.
        blob: uint8[bytes], UTF-8.
    """

    offsets: NDArray[np.uint32]
    blob: NDArray[np.uint8]

    @classmethod
    def of(cls, strings: Iterable[str]) -> "TextBlob":
        """`strings`, row i the i-th."""
        return cls.of_bytes([text.encode() for text in strings])

    @classmethod
    def of_bytes(cls, encoded: Sequence[bytes]) -> "TextBlob":
        """The same for strings that are already UTF-8.

        Raises:
            OverflowError: more than 4 GiB.
        """
        ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        if ends[-1] > np.iinfo(np.uint32).max:
            raise OverflowError("a text blob holds at most 4 GiB")
        blob = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        return cls(ends.astype(np.uint32), blob)

    def __len__(self) -> int:
        """How many strings."""
        return len(self.offsets) - 1

    def raw(self, row: int) -> bytes:
        """The UTF-8 bytes of a row."""
        return self.blob[int(self.offsets[row]) : int(self.offsets[row + 1])].tobytes()

    def get(self, row: int) -> str:
        """The string of a row."""
        return self.raw(row).decode()

    def part(self, start: int, stop: int) -> "TextBlob":
        """Rows `start … stop - 1` as a blob of their own."""
        offsets = self.offsets[start : stop + 1]
        return TextBlob(offsets - offsets[0], self.blob[int(offsets[0]) : int(offsets[-1])])

    def found(self, text: str, start: int, stop: int) -> int:
        """The row of `text` among the rows `start … stop - 1`, which are sorted; -1 if absent."""
        wanted = text.encode()
        at = bisect_left(range(start, stop), wanted, key=self.raw) + start
        return at if at < stop and self.raw(at) == wanted else -1


def blobs_join(blobs: Sequence[TextBlob]) -> TextBlob:
    """All rows of all blobs, in order."""
    lengths = [np.diff(each.offsets.astype(np.int64)) for each in blobs]
    ends = np.cumsum(np.concatenate([np.zeros(1, np.int64), *lengths]))
    if ends[-1] > np.iinfo(np.uint32).max:
        raise OverflowError("a text blob holds at most 4 GiB")
    blob = np.concatenate([np.zeros(0, np.uint8), *(each.blob for each in blobs)])
    return TextBlob(ends.astype(np.uint32), blob)


@dataclass(frozen=True, slots=True, eq=False)
class StringTable(TextBlob):
    """Strings that can also be looked up.

    Attributes:
        order: int32[n], row numbers sorted by their bytes.
    """

    order: NDArray[np.int32]

    @classmethod
    def build(cls, strings: Iterable[str]) -> "StringTable":
        """A table of `strings`, row i the i-th."""
        encoded = [text.encode() for text in strings]
        flat = TextBlob.of_bytes(encoded)
        order = np.array(sorted(range(len(encoded)), key=encoded.__getitem__), dtype=np.int32)
        return cls(flat.offsets, flat.blob, order)

    def _place(self, wanted: bytes) -> int:
        return bisect_left(self.order, wanted, key=lambda row: self.raw(int(row)))

    def row_of(self, text: str) -> int:
        """The row of `text`; -1 when it is not there (of equal strings any row)."""
        wanted = text.encode()
        at = self._place(wanted)
        if at < len(self.order) and self.raw(int(self.order[at])) == wanted:
            return int(self.order[at])
        return -1

    def rows_of(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """int32[len(texts)]: the row of each text, -1 when it is not there."""
        return np.array([self.row_of(text) for text in texts], dtype=np.int32)

    def appended(self, strings: Sequence[str]) -> "StringTable":
        """A new table with `strings` as further rows; the rows before keep their numbers."""
        if not strings:
            return self
        encoded = [text.encode() for text in strings]
        flat = blobs_join([self, TextBlob.of_bytes(encoded)])
        added = sorted(range(len(encoded)), key=encoded.__getitem__)
        places = [self._place(encoded[each]) for each in added]
        order = np.insert(self.order, places, [len(self) + each for each in added])
        return StringTable(flat.offsets, flat.blob, order.astype(np.int32))
