"""Building, patching, repricing and recoding ProductColumns."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from apps.catalog.contracts import (
    AVAILABILITIES,
    CategoryTree,
    FloatArray,
    IntArray,
    ProductColumns,
    ProductRow,
)
from apps.catalog.domain.attribute_columns import AttributesBuilder, attributes_patch
from apps.common.domain.string_table import StringTable

_AVAILABILITY_CODE = {name: code for code, name in enumerate(AVAILABILITIES)}
_NAN = float("nan")
Scalar = TypeVar("Scalar", np.int32, np.bool_, np.uint8, np.float64)


@dataclass(slots=True)
class _Rows:
    """Growing row-aligned arrays; compact, so that a million rows fit."""

    brand_codes: dict[str, int]
    group_codes: dict[str, int]
    pks: "array[int]" = field(default_factory=lambda: array("i"))
    active: "array[int]" = field(default_factory=lambda: array("b"))
    category: "array[int]" = field(default_factory=lambda: array("i"))
    brand: "array[int]" = field(default_factory=lambda: array("i"))
    group: "array[int]" = field(default_factory=lambda: array("i"))
    availability: "array[int]" = field(default_factory=lambda: array("B"))
    list_price: "array[float]" = field(default_factory=lambda: array("d"))
    sale_price: "array[float]" = field(default_factory=lambda: array("d"))
    sale_starts: "array[float]" = field(default_factory=lambda: array("d"))
    sale_ends: "array[float]" = field(default_factory=lambda: array("d"))
    released: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, row: ProductRow, tree: CategoryTree) -> None:
        self.pks.append(row.pk)
        self.active.append(row.active)
        self.category.append(tree.code_of_id(row.category_id))
        self.brand.append(_code(self.brand_codes, row.brand))
        self.group.append(_code(self.group_codes, row.item_group_id))
        self.availability.append(_AVAILABILITY_CODE[row.availability])
        self.list_price.append(row.list_price)
        self.sale_price.append(_NAN if row.sale_price is None else row.sale_price)
        self.sale_starts.append(-np.inf if row.sale_starts is None else row.sale_starts)
        self.sale_ends.append(np.inf if row.sale_ends is None else row.sale_ends)
        self.released.append(_NAN if row.released is None else row.released)


def _code(codes: dict[str, int], text: str) -> int:
    return codes.setdefault(text, len(codes)) if text else -1


def columns_build(
    rows: Iterable[ProductRow],
    tree: CategoryTree,
    *,
    as_of: float,
    horizon: int = 0,
    fingerprint: str = "",
) -> ProductColumns:
    """Columns of `rows` in the order given.

    Args:
        rows: read once; any number.
        tree: gives the categories' codes.
        as_of: unix seconds at which sales are decided.
        horizon: everything written by transactions below it is in `rows`.
        fingerprint: of the staleness statement at that horizon.
    """
    taken = _Rows({}, {})
    product_ids: list[str] = []
    attributes = AttributesBuilder()
    for number, row in enumerate(rows):
        taken.add(row, tree)
        product_ids.append(row.product_id)
        attributes.add(number, row.attributes)
    pks = np.array(taken.pks, dtype=np.int32)
    columns = ProductColumns(
        horizon=horizon,
        fingerprint=fingerprint,
        pks=pks,
        product_ids=StringTable.build(product_ids),
        row_of_pk=_rows_by_pk(pks),
        active=np.array(taken.active, dtype=np.bool_),
        category=np.array(taken.category, dtype=np.int32),
        category_ids=tree.ids,
        brand=np.array(taken.brand, dtype=np.int32),
        brands=tuple(taken.brand_codes),
        price=np.zeros(len(pks)),
        list_price=np.array(taken.list_price),
        sale_price=np.array(taken.sale_price),
        sale_starts=np.array(taken.sale_starts),
        sale_ends=np.array(taken.sale_ends),
        priced_at=as_of,
        priced_until=as_of,
        availability=np.array(taken.availability, dtype=np.uint8),
        released=np.array(taken.released),
        group=np.array(taken.group, dtype=np.int32),
        groups=StringTable.build(taken.group_codes),
        attributes=attributes.build(),
    )
    return columns_repriced(columns, as_of=as_of)


def _rows_by_pk(pks: IntArray) -> IntArray:
    found = np.full(int(pks.max()) + 1 if len(pks) else 0, -1, dtype=np.int32)
    found[pks] = np.arange(len(pks), dtype=np.int32)
    return found


def columns_repriced(columns: ProductColumns, *, as_of: float) -> ProductColumns:
    """The columns with `price` as it is at `as_of`; the same object while nothing moved."""
    if columns.priced_at <= as_of < columns.priced_until:
        return columns
    starts, ends = columns.sale_starts, columns.sale_ends
    has_sale = ~np.isnan(columns.sale_price)
    on_sale = has_sale & (starts <= as_of) & (as_of < ends)
    moments = np.concatenate([starts[has_sale], ends[has_sale]])
    return replace(
        columns,
        price=np.where(on_sale, columns.sale_price, columns.list_price),
        priced_at=as_of,
        priced_until=float(moments[moments > as_of].min(initial=np.inf)),
    )


def columns_recoded(columns: ProductColumns, tree: CategoryTree) -> ProductColumns:
    """The columns with category codes of `tree`; the same object when they already are.

    A category that `tree` does not have becomes -1.
    """
    if np.array_equal(columns.category_ids, tree.ids):
        return columns
    codes = [tree.code_of_id(int(category_id)) for category_id in columns.category_ids]
    # The last place answers for -1, "no category".
    moved = np.array([*codes, -1], dtype=np.int32)
    return replace(columns, category=moved[columns.category], category_ids=tree.ids)


def columns_patch(
    columns: ProductColumns,
    changed_rows: Sequence[ProductRow],
    deleted_pks: Sequence[int],
    tree: CategoryTree,
    *,
    as_of: float,
    horizon: int | None = None,
    fingerprint: str | None = None,
) -> ProductColumns:
    """New columns with the changes taken over; rows keep their numbers, new ones append.

    Deletions are applied first, so that a pk in both is there afterwards.

    Args:
        columns: stays as it is.
        changed_rows: rows as they are now; of a pk given twice the last counts.
        deleted_pks: unknown ones are ignored.
        tree: the current tree; the columns are recoded by it.
        as_of: unix seconds at which sales are decided.
        horizon: the new one; None keeps the old.
        fingerprint: the new one; None keeps the old.
    """
    before = columns_recoded(columns, tree)
    latest = {row.pk: row for row in changed_rows}
    placed, total = _placed(before, sorted(latest))
    ordered = sorted(latest.values(), key=lambda row: placed[row.pk])
    numbers = np.array([placed[row.pk] for row in ordered], dtype=np.int64)
    gone = _known_rows(before, [pk for pk in deleted_pks if pk not in latest])
    touched = np.zeros(total, dtype=np.bool_)
    touched[numbers] = True
    touched[gone] = True
    patched = _arrays_patched(before, ordered, numbers, gone, total=total, tree=tree)
    patched = replace(
        patched,
        horizon=columns.horizon if horizon is None else horizon,
        fingerprint=columns.fingerprint if fingerprint is None else fingerprint,
        product_ids=_product_ids(before.product_ids, ordered, numbers),
        attributes=attributes_patch(
            before.attributes,
            touched,
            [(placed[row.pk], row.attributes) for row in ordered],
        ),
        priced_until=-np.inf,
    )
    return columns_repriced(patched, as_of=as_of)


def _known_rows(columns: ProductColumns, pks: Sequence[int]) -> IntArray:
    inside = np.array([pk for pk in pks if 0 <= pk < len(columns.row_of_pk)], dtype=np.int32)
    rows = columns.row_of_pk[inside]
    return rows[rows >= 0]


def _placed(columns: ProductColumns, pks: Sequence[int]) -> tuple[dict[int, int], int]:
    placed: dict[int, int] = {}
    total = len(columns)
    for pk in pks:
        known = int(columns.row_of_pk[pk]) if pk < len(columns.row_of_pk) else -1
        placed[pk] = total if known < 0 else known
        total += known < 0
    return placed, total


def _arrays_patched(
    before: ProductColumns,
    rows: Sequence[ProductRow],
    numbers: NDArray[np.int64],
    gone: IntArray,
    *,
    total: int,
    tree: CategoryTree,
) -> ProductColumns:
    new_groups, group_codes = _groups_patched(before.groups, rows)
    taken = _Rows({brand: code for code, brand in enumerate(before.brands)}, group_codes)
    for row in rows:
        taken.add(row, tree)
    pks = _scattered(before.pks, numbers, np.array(taken.pks, np.int32), total)
    active = _scattered(before.active, numbers, np.array(taken.active, np.bool_), total)
    active[gone] = False

    def floats(old: FloatArray, new: "array[float]") -> FloatArray:
        return _scattered(old, numbers, np.array(new, np.float64), total)

    return replace(
        before,
        pks=pks,
        active=active,
        row_of_pk=_row_of_pk_patched(before.row_of_pk, pks, numbers, gone),
        category=_scattered(before.category, numbers, np.array(taken.category, np.int32), total),
        brand=_scattered(before.brand, numbers, np.array(taken.brand, np.int32), total),
        brands=tuple(taken.brand_codes),
        group=_scattered(before.group, numbers, np.array(taken.group, np.int32), total),
        groups=before.groups.appended(new_groups),
        availability=_scattered(
            before.availability, numbers, np.array(taken.availability, np.uint8), total
        ),
        list_price=floats(before.list_price, taken.list_price),
        sale_price=floats(before.sale_price, taken.sale_price),
        sale_starts=floats(before.sale_starts, taken.sale_starts),
        sale_ends=floats(before.sale_ends, taken.sale_ends),
        released=floats(before.released, taken.released),
    )


def _groups_patched(
    before: StringTable, rows: Sequence[ProductRow]
) -> tuple[list[str], dict[str, int]]:
    """(groups that are new, code of every group of `rows`)."""
    groups = {row.item_group_id for row in rows if row.item_group_id}
    codes = {group: code for group in groups if (code := before.row_of(group)) >= 0}
    new = sorted(groups - set(codes))
    codes.update({group: len(before) + at for at, group in enumerate(new)})
    return new, codes


def _row_of_pk_patched(
    before: IntArray, pks: IntArray, numbers: NDArray[np.int64], gone: IntArray
) -> IntArray:
    after = np.full(max(len(before), int(pks.max(initial=-1)) + 1), -1, np.int32)
    after[: len(before)] = before
    after[pks[gone]] = -1
    after[pks[numbers]] = numbers
    return after


def _scattered(
    before: NDArray[Scalar], numbers: NDArray[np.int64], values: NDArray[Scalar], total: int
) -> NDArray[Scalar]:
    """A copy of `before`, `total` long, with `values` at `numbers` (new rows all get one)."""
    after = np.empty(total, dtype=before.dtype)
    after[: len(before)] = before
    after[numbers] = values
    return after


def _product_ids(
    before: StringTable, rows: Sequence[ProductRow], numbers: NDArray[np.int64]
) -> StringTable:
    known = len(before)
    new = [row.product_id for row, at in zip(rows, numbers, strict=True) if at >= known]
    renamed = {
        int(at): row.product_id
        for row, at in zip(rows, numbers, strict=True)
        if at < known and before.get(int(at)) != row.product_id
    }
    if not renamed:
        return before.appended(new)
    return StringTable.build([*(renamed.get(row, before.get(row)) for row in range(known)), *new])
