"""Filters as boolean arrays over the columns."""

from collections.abc import Mapping

import numpy as np

from apps.catalog.contracts import (
    AVAILABILITIES,
    AttributeColumns,
    AttributeFilter,
    AttributeKind,
    BoolArray,
    CategoryTree,
    FilterSet,
    IntArray,
    NumberRange,
    ProductColumns,
    UnknownFilter,
)
from apps.catalog.domain.filters import ATTRIBUTE_PREFIX, number_parse, range_parse

ACTIVE = "active"


def filter_masks(
    columns: ProductColumns, tree: CategoryTree, filters: FilterSet
) -> dict[str, BoolArray]:
    """One bool[n] for each field that is filtered, and always one under "active".

    Keys are the fields' names as in `filter[…]`: category, brand, price, availability,
    attr.<key>. An unknown category, brand or value lets nothing through.

    Raises:
        UnknownFilter: no product has ever had the attribute.
    """
    masks: dict[str, BoolArray] = {ACTIVE: columns.active}
    if filters.categories:
        masks["category"] = _category_mask(columns, tree, filters.categories)
    if filters.brands:
        masks["brand"] = _brand_mask(columns, filters.brands)
    if filters.price_min is not None or filters.price_max is not None:
        masks["price"] = _price_mask(columns, NumberRange(filters.price_min, filters.price_max))
    if filters.availabilities:
        codes = [AVAILABILITIES.index(name) for name in filters.availabilities]
        masks["availability"] = np.isin(columns.availability, codes)
    for key, wanted in filters.attributes.items():
        masks[ATTRIBUTE_PREFIX + key] = attribute_mask(columns, key, wanted)
    return masks


def filters_combine(masks: Mapping[str, BoolArray], except_field: str | None = None) -> BoolArray:
    """All masks together; without one field's own for its multi-select facet.

    Raises:
        ValueError: no mask is left (never for what `filter_masks` gives).
    """
    chosen = [mask for name, mask in masks.items() if name != except_field]
    if not chosen:
        raise ValueError("no masks to combine")
    combined = chosen[0].copy()
    for mask in chosen[1:]:
        combined &= mask
    return combined


def _category_mask(
    columns: ProductColumns, tree: CategoryTree, paths: tuple[str, ...]
) -> BoolArray:
    mask = np.zeros(len(columns), dtype=np.bool_)
    for path in paths:
        node = tree.by_path(path)
        if node is not None:
            mask |= (columns.category >= node.code) & (columns.category < node.end)
    return mask


def _brand_mask(columns: ProductColumns, brands: tuple[str, ...]) -> BoolArray:
    codes = [code for brand in brands for code in _brand_codes(columns.brands, brand)]
    return np.isin(columns.brand, codes)


def _brand_codes(known: tuple[str, ...], wanted: str) -> list[int]:
    """The brand as written; else all that differ only in case."""
    if wanted in known:
        return [known.index(wanted)]
    folded = wanted.casefold()
    return [code for code, name in enumerate(known) if name.casefold() == folded]


def _price_mask(columns: ProductColumns, wanted: NumberRange) -> BoolArray:
    mask = np.ones(len(columns), dtype=np.bool_)
    if wanted.low is not None:
        mask &= columns.price >= wanted.low
    if wanted.high is not None:
        mask &= columns.price <= wanted.high
    return mask


def attribute_mask(columns: ProductColumns, key: str, wanted: AttributeFilter) -> BoolArray:
    """Rows of which any value of `key` is wanted, read by the type that the value has.

    Raises:
        UnknownFilter: no product has ever had the attribute.
    """
    attributes = columns.attributes
    found = attributes.columns_of(key)
    if not found:
        raise UnknownFilter(f"filter[{ATTRIBUTE_PREFIX}{key}]")
    mask = np.zeros(len(columns), dtype=np.bool_)
    for column in found:
        rows, codes = attributes.entries(column)
        kind = attributes.kinds[column]
        if kind == AttributeKind.TEXT:
            chosen = np.isin(codes, _text_codes(attributes, column, wanted))
        elif kind == AttributeKind.NUMBER:
            chosen = _number_chosen(attributes, column, codes, wanted)
        else:
            chosen = np.isin(codes, _boolean_codes(wanted))
        mask[rows[chosen]] = True
    return mask


def _written(wanted: AttributeFilter) -> tuple[str, ...]:
    if isinstance(wanted, bool):
        return ("true" if wanted else "false",)
    return () if isinstance(wanted, NumberRange) else wanted


def _boolean_codes(wanted: AttributeFilter) -> list[int]:
    return [
        ("false", "true").index(text) for text in _written(wanted) if text in {"true", "false"}
    ]


def _text_codes(
    attributes: AttributeColumns,
    column: int,
    wanted: AttributeFilter,
) -> list[int]:
    start, size = int(attributes.starts[column]), int(attributes.sizes[column])
    codes: list[int] = []
    for text in _written(wanted):
        exact = attributes.texts.found(text, start, start + size)
        if exact >= 0:
            codes.append(exact - start)
            continue
        folded = text.casefold()
        codes.extend(
            code for code in range(size) if attributes.texts.get(start + code).casefold() == folded
        )
    return codes


def _number_chosen(
    attributes: AttributeColumns,
    column: int,
    codes: IntArray,
    wanted: AttributeFilter,
) -> BoolArray:
    start = int(attributes.starts[column])
    numbers = attributes.numbers[start : start + int(attributes.sizes[column])]
    ranges = [wanted] if isinstance(wanted, NumberRange) else []
    for text in _written(wanted):
        number = number_parse(text)
        found = NumberRange(number, number) if number is not None else range_parse(text)
        ranges.extend([found] if found is not None else [])
    chosen = np.zeros(len(codes), dtype=np.bool_)
    for each in ranges:
        low = 0 if each.low is None else np.searchsorted(numbers, each.low, "left")
        high = len(numbers) if each.high is None else np.searchsorted(numbers, each.high, "right")
        chosen |= (codes >= low) & (codes < high)
    return chosen
