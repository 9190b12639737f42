"""A rule's target as rows of the serving snapshot, worked out once for each state of both."""

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np

from apps.catalog.contracts import (
    CategoryTree,
    IntArray,
    InvalidFilter,
    ProductColumns,
    UnknownFilter,
)
from apps.catalog.domain.filters import filters_parse
from apps.catalog.domain.masks import filter_masks, filters_combine
from apps.features.contracts import ServingSnapshot
from apps.merchandising.contracts_rules import Pin, Target

_MOST_ROWS = 8_000_000  # 32 MB
_MOST_TARGETS = 20_000


@dataclass(slots=True, eq=False)
class _Resolved:
    """Rows of targets, over one state of the catalogue.

    Attributes:
        columns, tree: that state: whatever is written gives others.
        rows: by the target's identity; it is held, so that nothing else has that identity.
        pinned: row by the product's external id.
        size: rows in all.
    """

    columns: ProductColumns
    tree: CategoryTree
    rows: dict[int, tuple[Target, IntArray]] = field(default_factory=dict)
    pinned: dict[str, int] = field(default_factory=dict)
    size: int = 0


_last: list[_Resolved] = []


def target_rows(target: Target, snapshot: ServingSnapshot) -> IntArray:
    """int32[r]: the products meant, active ones only for filters, ascending or in order.

    A filter that the catalogue no longer knows means nothing: a rule never breaks an answer.
    """
    resolved = _resolved(snapshot)
    found = resolved.rows.get(id(target))
    if found is None:
        found = (target, _rows_of(target, snapshot))
        if len(resolved.rows) >= _MOST_TARGETS or resolved.size > _MOST_ROWS:
            resolved.rows, resolved.size = {}, 0
        resolved.rows[id(target)] = found
        resolved.size += len(found[1])
    return found[1]


def pinned_row(pin: Pin, snapshot: ServingSnapshot) -> int:
    """The row of a pin's product, active or not; -1: there is none."""
    resolved = _resolved(snapshot)
    found = resolved.pinned.get(pin.product)
    if found is None:
        if len(resolved.pinned) >= _MOST_TARGETS:
            resolved.pinned = {}
        found = resolved.pinned[pin.product] = product_row(snapshot.columns, pin.product)
    return found


def _resolved(snapshot: ServingSnapshot) -> _Resolved:
    last = _last[0] if _last else None
    if last is None or last.columns is not snapshot.columns or last.tree is not snapshot.tree:
        last = _Resolved(snapshot.columns, snapshot.tree)
        _last[:] = [last]
    return last


def _rows_of(target: Target, snapshot: ServingSnapshot) -> IntArray:
    columns = snapshot.columns
    if target.products:
        rows = [product_row(columns, product) for product in target.products]
        known = dict.fromkeys(row for row in rows if row >= 0)
        return np.array(list(known), dtype=np.int32)
    asked = {f"filter[{name}]": values for name, values in target.filters.items()}
    try:
        masks = filter_masks(columns, snapshot.tree, filters_parse(asked))
    except (UnknownFilter, InvalidFilter):
        return np.zeros(0, dtype=np.int32)
    return np.flatnonzero(filters_combine(masks)).astype(np.int32)


def product_row(columns: ProductColumns, product_id: str) -> int:
    """The row of a product, active or not; -1: there is none.

    A product that was deleted and came again stands twice; only one of them counts.
    """
    table, wanted = columns.product_ids, product_id.encode()
    at = bisect_left(table.order, wanted, key=lambda row: table.raw(int(row)))
    while at < len(table.order) and table.raw(row := int(table.order[at])) == wanted:
        if columns.row_of_pk[columns.pks[row]] == row:
            return row
        at += 1
    return -1
