"""Sorted tables of strings become one."""

import heapq
from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from apps.common.domain.string_table import StringTable, TextBlob
from apps.search.domain.lexical.arrays import Int32

_MOST_BYTES = int(np.iinfo(np.uint32).max)


class _Blob:
    """A table that grows at its end, in the order of its bytes."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, text: bytes) -> None:
        self._bytes += text
        self._ends.append(len(self._bytes))

    def table(self) -> StringTable:
        if self._ends[-1] > _MOST_BYTES:
            raise OverflowError("a table holds at most 4 GiB of text")
        offsets = np.array(self._ends, dtype=np.uint64).astype(np.uint32)
        order = np.arange(len(offsets) - 1, dtype=np.int32)
        return StringTable(offsets, np.frombuffer(bytes(self._bytes), dtype=np.uint8), order)


def table_sorted(strings: Sequence[bytes]) -> StringTable:
    """A table of strings that are in the order of their bytes."""
    blob = _Blob()
    for text in strings:
        blob.append(text)
    return blob.table()


def tables_merge(tables: Sequence[TextBlob]) -> tuple[StringTable, tuple[Int32, ...]]:
    """One table with every string once, and for each given table the rows of its strings.

    Args:
        tables: each sorted by its bytes, without repeats.

    Raises:
        OverflowError: more than 4 GiB.
    """
    blob, last = _Blob(), b""
    numbers = [array("i") for _ in tables]
    streams = [_strings(table, at) for at, table in enumerate(tables)]
    for text, at in heapq.merge(*streams):
        if text != last or not len(blob):
            blob.append(text)
            last = text
        numbers[at].append(len(blob) - 1)
    return blob.table(), tuple(np.array(each, dtype=np.int32) for each in numbers)


def keys_merge(tables: Sequence[TextBlob], values: Sequence[Int32]) -> tuple[StringTable, Int32]:
    """One table with every string as often as it stands, and the value of each.

    Args:
        tables: each sorted by its bytes.
        values: int32 by table and row; equal strings come in their order.

    Raises:
        OverflowError: more than 4 GiB.
    """
    blob, found = _Blob(), array("i")
    streams = [
        _valued(table, numbers.tolist()) for table, numbers in zip(tables, values, strict=True)
    ]
    for text, value in heapq.merge(*streams):
        blob.append(text)
        found.append(value)
    return blob.table(), np.array(found, dtype=np.int32)


def _strings(table: TextBlob, number: int) -> Iterator[tuple[bytes, int]]:
    return ((text, number) for text in blob_strings(table))


def _valued(table: TextBlob, values: Sequence[int]) -> Iterator[tuple[bytes, int]]:
    return zip(blob_strings(table), values, strict=True)


def blob_strings(table: TextBlob) -> Iterator[bytes]:
    """Every string in order; faster than asking for each."""
    text, offsets = table.blob.tobytes(), table.offsets.tolist()
    return (text[start:end] for start, end in pairwise(offsets))
