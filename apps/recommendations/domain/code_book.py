"""From rows of a snapshot to codes of a model and back, worked out once for both."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from apps.common.domain.string_table import StringTable, TextBlob
from apps.recommendations.contracts import Int32

_MOST_REMEMBERED = 50_000


class Places:
    """Where texts stand in a table; those asked for before are remembered, within bounds."""

    __slots__ = ("_known", "_table")

    def __init__(self, table: StringTable) -> None:
        """Of this table."""
        self._table = table
        self._known: dict[str, int] = {}

    def of(self, texts: Sequence[str]) -> Int32:
        """int32[len(texts)]: the row of each, -1: it is not there."""
        known, found = self._known, []
        for text in texts:
            place = known.get(text)
            if place is None:
                if len(known) >= _MOST_REMEMBERED:
                    known.clear()
                place = known[text] = self._table.row_of(text)
            found.append(place)
        return np.array(found, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class CodeBook:
    """Two numberings of products by their external ids.

    Attributes:
        model_ids: the model's table, code to external id.
        row_ids: the snapshot's table, row to external id.
        codes: int32[n] by row, -1: the model does not know the product.
        rows: int32[products of the model] by code, -1: the snapshot does not have it. Of a
            product that was deleted and came back, its last row.
        complete: whether the model knows every product of the snapshot.
        by_model, by_row: where external ids stand in the two tables.
    """

    model_ids: StringTable
    row_ids: StringTable
    codes: Int32
    rows: Int32
    complete: bool = field(init=False)
    by_model: Places = field(init=False)
    by_row: Places = field(init=False)

    def __post_init__(self) -> None:
        """Remember no places yet."""
        object.__setattr__(self, "complete", bool(self.codes.min(initial=0) >= 0))
        object.__setattr__(self, "by_model", Places(self.model_ids))
        object.__setattr__(self, "by_row", Places(self.row_ids))

    def codes_of(self, product_ids: Sequence[str]) -> Int32:
        """int32[m]: the model's codes, -1: it does not know the product."""
        return self.by_model.of(product_ids)

    def rows_of(self, product_ids: Sequence[str], codes: Int32) -> Int32:
        """int32[m]: the snapshot's rows of products with these codes, -1: it has none."""
        found = np.full(len(codes), -1, dtype=np.int32)
        known = codes >= 0
        found[known] = self.rows[codes[known]]
        others = np.flatnonzero(~known)
        found[others] = self.by_row.of([product_ids[at] for at in others.tolist()])
        return found


def code_book(
    model_ids: StringTable, row_ids: StringTable, before: CodeBook | None = None
) -> CodeBook:
    """The book of a model and a snapshot.

    Args:
        model_ids: code to external id.
        row_ids: row to external id.
        before: an older book: when its rows are the first ones here, only the rest is looked up.
    """
    codes = _codes(model_ids, row_ids, before)
    rows = np.full(len(model_ids), -1, dtype=np.int32)
    known = np.flatnonzero(codes >= 0).astype(np.int32)
    rows[codes[known]] = known
    return CodeBook(model_ids, row_ids, codes, rows)


def _codes(model_ids: StringTable, row_ids: StringTable, before: CodeBook | None) -> Int32:
    if before is None or before.model_ids is not model_ids or not _begins(row_ids, before.row_ids):
        code_of = {model_ids.raw(code): code for code in range(len(model_ids))}
        found = [code_of.get(row_ids.raw(row), -1) for row in range(len(row_ids))]
        return np.array(found, dtype=np.int32)
    added = [row_ids.get(row) for row in range(len(before.row_ids), len(row_ids))]
    return np.concatenate([before.codes, model_ids.rows_of(added)]).astype(np.int32, copy=False)


def _begins(table: TextBlob, part: TextBlob) -> bool:
    """Whether the first rows of `table` are all rows of `part`."""
    size, count = len(part.blob), len(part.offsets)
    return (
        len(table) >= len(part)
        and np.array_equal(table.offsets[:count], part.offsets)
        and np.array_equal(table.blob[:size], part.blob)
    )
