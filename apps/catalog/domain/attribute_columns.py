"""Building and patching the attributes of all products, dictionary-coded by key."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from apps.catalog.contracts import (
    AttributeColumns,
    AttributeKind,
    AttributeValue,
    BoolArray,
    IntArray,
)
from apps.common.domain.string_table import TextBlob, blobs_join

_ColumnId = tuple[str, int]


@dataclass(slots=True)
class _Column:
    """One growing column: entries and first-seen codes, in compact arrays."""

    rows: "array[int]" = field(default_factory=lambda: array("i"))
    codes: "array[int]" = field(default_factory=lambda: array("i"))
    vocabulary: dict[str | float, int] = field(default_factory=dict)

    def add(self, row: int, value: str | float) -> None:
        self.rows.append(row)
        self.codes.append(self.vocabulary.setdefault(value, len(self.vocabulary)))


class AttributesBuilder:
    """Takes products one at a time, rows ascending, and gives their columns."""

    def __init__(self) -> None:
        """Start empty."""
        self._columns: dict[_ColumnId, _Column] = {}

    def add(self, row: int, attributes: Mapping[str, AttributeValue]) -> None:
        """Take the attributes of one row."""
        for key, value in attributes.items():
            if isinstance(value, str):
                self._column(key, AttributeKind.TEXT).add(row, value)
            elif isinstance(value, bool):
                column = self._column(key, AttributeKind.BOOLEAN)
                column.rows.append(row)
                column.codes.append(int(value))
            elif isinstance(value, int | float):
                self._column(key, AttributeKind.NUMBER).add(row, float(value))
            else:
                column = self._column(key, AttributeKind.TEXT)
                for text in dict.fromkeys(value):
                    column.add(row, text)

    def _column(self, key: str, kind: AttributeKind) -> _Column:
        column = self._columns.get((key, kind))
        if column is None:
            column = self._columns[key, kind] = _Column()
        return column

    def build(self) -> AttributeColumns:
        """The columns of everything added, keys ascending, vocabularies sorted."""
        return _assemble(
            [
                _Part(key, kind, *_coded(column, kind))
                for (key, kind), column in sorted(self._columns.items(), key=lambda item: item[0])
            ]
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """One finished column: entries, and the vocabulary of its kind (the other is empty)."""

    key: str
    kind: int
    rows: IntArray
    codes: IntArray
    texts: TextBlob
    numbers: "np.ndarray[tuple[int], np.dtype[np.float64]]"


_NO_TEXTS = TextBlob.of(())
_NO_NUMBERS = np.zeros(0, np.float64)


def _coded(
    column: _Column, kind: int
) -> tuple[IntArray, IntArray, TextBlob, "np.ndarray[tuple[int], np.dtype[np.float64]]"]:
    rows = np.array(column.rows, dtype=np.int32)
    codes = np.array(column.codes, dtype=np.int32)
    if kind == AttributeKind.BOOLEAN:
        return rows, codes, _NO_TEXTS, _NO_NUMBERS
    if kind == AttributeKind.NUMBER:
        numbers = np.array([float(each) for each in column.vocabulary], dtype=np.float64)
        order = np.argsort(numbers)
        texts, numbers = _NO_TEXTS, numbers[order]
    else:
        encoded = [str(each).encode() for each in column.vocabulary]
        order = np.array(sorted(range(len(encoded)), key=encoded.__getitem__), dtype=np.intp)
        texts, numbers = TextBlob.of_bytes([encoded[at] for at in order]), _NO_NUMBERS
    new_code = np.empty(len(order), dtype=np.int32)
    new_code[order] = np.arange(len(order), dtype=np.int32)
    return rows, new_code[codes], texts, numbers


def _assemble(parts: list[_Part]) -> AttributeColumns:
    sizes = [len(part.texts) + len(part.numbers) for part in parts]
    starts: list[int] = []
    taken = {AttributeKind.TEXT: 0, AttributeKind.NUMBER: 0, AttributeKind.BOOLEAN: 0}
    for part, size in zip(parts, sizes, strict=True):
        starts.append(taken[AttributeKind(part.kind)])
        taken[AttributeKind(part.kind)] += size
    empty = np.zeros(0, np.int32)
    return AttributeColumns(
        keys=tuple(part.key for part in parts),
        kinds=np.array([part.kind for part in parts], dtype=np.uint8),
        offsets=np.cumsum([0, *(len(part.rows) for part in parts)], dtype=np.int64),
        rows=np.concatenate([empty, *(part.rows for part in parts)]),
        codes=np.concatenate([empty, *(part.codes for part in parts)]),
        starts=np.array(starts, dtype=np.int64),
        sizes=np.array(sizes, dtype=np.int64),
        texts=blobs_join([part.texts for part in parts]),
        numbers=np.concatenate([_NO_NUMBERS, *(part.numbers for part in parts)]),
    )


def attributes_patch(
    before: AttributeColumns,
    touched: BoolArray,
    changed: Iterable[tuple[int, Mapping[str, AttributeValue]]],
) -> AttributeColumns:
    """The columns with the entries of `touched` rows replaced by those of `changed`.

    Args:
        before: stays as it is.
        touched: bool[n], rows whose entries go.
        changed: (row, attributes), rows ascending.
    """
    builder = AttributesBuilder()
    for row, attributes in changed:
        builder.add(row, attributes)
    added = builder.build()
    keep = ~touched[before.rows]
    kept_rows, kept_codes = before.rows[keep], before.codes[keep]
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(keep)])[before.offsets]
    parts: dict[_ColumnId, _Part] = {}
    for column, key in enumerate(before.keys):
        part = slice(int(ends[column]), int(ends[column + 1]))
        parts[key, int(before.kinds[column])] = _part(
            before, column, kept_rows[part], kept_codes[part]
        )
    for column, key in enumerate(added.keys):
        new = _part(added, column, *added.entries(column))
        old = parts.get((key, new.kind))
        parts[key, new.kind] = new if old is None else _merged(old, new)
    return _assemble([parts[each] for each in sorted(parts)])


def _part(columns: AttributeColumns, column: int, rows: IntArray, codes: IntArray) -> _Part:
    kind = int(columns.kinds[column])
    start = int(columns.starts[column])
    stop = start + int(columns.sizes[column])
    texts = columns.texts.part(start, stop) if kind == AttributeKind.TEXT else _NO_TEXTS
    numbers = columns.numbers[start:stop] if kind == AttributeKind.NUMBER else _NO_NUMBERS
    return _Part(columns.keys[column], kind, rows, codes, texts, numbers)


def _merged(old: _Part, new: _Part) -> _Part:
    """Both parts' entries by row over one sorted vocabulary."""
    texts, numbers = _NO_TEXTS, _NO_NUMBERS
    old_code, new_code = np.arange(2, dtype=np.int32), np.arange(2, dtype=np.int32)
    if old.kind == AttributeKind.NUMBER:
        numbers = np.union1d(old.numbers, new.numbers)
        old_code = np.searchsorted(numbers, old.numbers).astype(np.int32)
        new_code = np.searchsorted(numbers, new.numbers).astype(np.int32)
    elif old.kind == AttributeKind.TEXT:
        old_words = [old.texts.raw(row) for row in range(len(old.texts))]
        new_words = [new.texts.raw(row) for row in range(len(new.texts))]
        words = sorted({*old_words, *new_words})
        place = {word: at for at, word in enumerate(words)}
        texts = TextBlob.of_bytes(words)
        old_code = np.array([place[word] for word in old_words], dtype=np.int32)
        new_code = np.array([place[word] for word in new_words], dtype=np.int32)
    rows = np.concatenate([old.rows, new.rows])
    codes = np.concatenate([old_code[old.codes], new_code[new.codes]])
    order = np.argsort(rows, kind="stable")
    return _Part(old.key, old.kind, rows[order], codes[order], texts, numbers)
