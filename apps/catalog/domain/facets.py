"""Counting facets over any set of rows."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from apps.catalog.contracts import (
    AVAILABILITIES,
    AttributeKind,
    CategoryTree,
    FacetValue,
    IntArray,
    ProductColumns,
    UnknownFilter,
)
from apps.catalog.domain.filters import ATTRIBUTE_PREFIX

Counts = NDArray[np.int64]
# Edges of the price facet: the first that give at most `limit` ranges are taken.
_STEPS = ((1, 2, 5), (1, 5), (1,))


def facet_counts(
    columns: ProductColumns, tree: CategoryTree, field: str, rows: IntArray, limit: int
) -> tuple[FacetValue, ...]:
    """Values of a field among `rows` with how many rows each has.

    Most frequent first (ties by value); price and number ranges ascending. A category counts
    its descendants. Filtering by a value gives exactly the rows it counts.

    Args:
        columns: the catalogue.
        tree: the tree that the columns are coded by.
        field: category, brand, price, availability or attr.<key>.
        rows: int32[m], each row once.
        limit: most values to answer, at least 1.

    Raises:
        UnknownFilter: no such field, or no product has ever had the attribute.
    """
    if field == "category":
        return _categories(columns, tree, rows, limit)
    if field == "brand":
        counts = _counted(columns.brand[rows], len(columns.brands))
        return _most(counts, columns.brands, columns.brands, limit)
    if field == "availability":
        counts = _counted(columns.availability[rows], len(AVAILABILITIES))
        labels = tuple(name.replace("_", " ").capitalize() for name in AVAILABILITIES)
        return _most(counts, AVAILABILITIES, labels, limit)
    if field == "price":
        return _prices(columns.price[rows], limit)
    key = field.removeprefix(ATTRIBUTE_PREFIX)
    if key == field or not columns.attributes.columns_of(key):
        raise UnknownFilter(field)
    return _attribute(columns, key, rows, limit)


def _counted(codes: IntArray | NDArray[np.uint8], size: int) -> Counts:
    """How often each code 0 … size - 1 stands in `codes`; negative ones are left out."""
    return np.bincount(codes[codes >= 0], minlength=size).astype(np.int64)


def _most(
    counts: Counts, values: tuple[str, ...], labels: tuple[str, ...], limit: int
) -> tuple[FacetValue, ...]:
    present = [int(code) for code in np.flatnonzero(counts)]
    present.sort(key=lambda code: (-counts[code], values[code]))
    return tuple(
        FacetValue(values[code], labels[code], int(counts[code])) for code in present[:limit]
    )


def _categories(
    columns: ProductColumns, tree: CategoryTree, rows: IntArray, limit: int
) -> tuple[FacetValue, ...]:
    own = _counted(columns.category[rows], len(tree))
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(own)])
    ends = np.array([node.end for node in tree.categories], dtype=np.intp)
    counts = before[ends] - before[:-1]
    paths = tuple(node.path for node in tree.categories)
    names = tuple(node.name for node in tree.categories)
    return _most(counts, paths, names, limit)


def _prices(prices: NDArray[np.float64], limit: int) -> tuple[FacetValue, ...]:
    """Ranges of whole cents, so that no price lies on two of them."""
    if not len(prices):
        return ()
    edges = _price_edges(float(prices.max()), limit)
    counts = np.bincount(np.searchsorted(edges, prices, "right"), minlength=len(edges) + 1)
    found: list[FacetValue] = []
    for at in np.flatnonzero(counts):
        low = "" if at == 0 else f"{edges[at - 1]:.0f}"
        high = "" if at == len(edges) else f"{edges[at] - 0.01:.2f}"
        if not low and not high:
            low = "0"
        label = f"{low or '0'} to {high}" if high else f"{low} and more"
        found.append(FacetValue(f"{low}..{high}", label, int(counts[at])))
    return tuple(found)


def _price_edges(highest: float, limit: int) -> NDArray[np.float64]:
    """10, 20, 50, 100 … up to `highest`, thinned until they make at most `limit` ranges."""
    edges = np.zeros(0)
    for steps in _STEPS:
        edges = np.array(
            [step * 10.0**power for power in range(1, 10) for step in steps], dtype=np.float64
        )
        edges = edges[edges <= highest]
        if len(edges) < limit:
            return edges
    return edges[len(edges) - limit + 1 :]


def _attribute(
    columns: ProductColumns, key: str, rows: IntArray, limit: int
) -> tuple[FacetValue, ...]:
    attributes = columns.attributes
    inside = np.zeros(len(columns), dtype=np.bool_)
    inside[rows] = True
    own = attributes.columns_of(key)
    # A key of several types is merged below, so nothing may be cut before.
    most = limit if len(own) == 1 else len(columns.attributes.texts) + 2
    words: dict[str, FacetValue] = {}
    numbers: tuple[FacetValue, ...] = ()
    for column in own:
        entry_rows, codes = attributes.entries(column)
        chosen = codes[inside[entry_rows]]
        start, size = int(attributes.starts[column]), int(attributes.sizes[column])
        if attributes.kinds[column] == AttributeKind.NUMBER:
            counts = _counted(chosen, size)
            numbers = _numbers(attributes.numbers[start : start + size], counts, limit)
        elif attributes.kinds[column] == AttributeKind.BOOLEAN:
            found = _most(_counted(chosen, 2), ("false", "true"), ("No", "Yes"), most)
            _merge(words, found)
        else:
            texts = (
                (attributes.texts.get(start + c), n) for c, n in _top(_counted(chosen, size), most)
            )
            _merge(words, (FacetValue(text, text, count) for text, count in texts))
    # A text "10" and a number 10 are one value to a shopper, and to the filter.
    _merge(words, (each for each in numbers if each.value in words))
    ranked = sorted(words.values(), key=lambda each: (-each.count, each.value))
    return (*ranked, *(each for each in numbers if each.value not in words))[:limit]


def _merge(words: dict[str, FacetValue], found: Iterable[FacetValue]) -> None:
    for each in found:
        before = words.get(each.value)
        count = each.count + (before.count if before else 0)
        words[each.value] = FacetValue(each.value, each.label, count)


def _top(counts: Counts, limit: int) -> list[tuple[int, int]]:
    """(code, count) of the most frequent; ties by code, which is the order of the texts."""
    present = np.flatnonzero(counts)
    order = present[np.argsort(-counts[present], kind="stable")][:limit]
    return [(int(code), int(counts[code])) for code in order]


def _numbers(numbers: NDArray[np.float64], counts: Counts, limit: int) -> tuple[FacetValue, ...]:
    """Each number when there are few; else ranges of about equally many rows."""
    present = np.flatnonzero(counts)
    values, counts = numbers[present], counts[present]
    if len(values) <= limit:
        pairs = zip(values, counts, strict=True)
        return tuple(FacetValue(_text(value), _text(value), int(n)) for value, n in pairs)
    before = np.cumsum(counts) - counts
    part = np.minimum(before * limit // counts.sum(), limit - 1)
    found: list[FacetValue] = []
    for each in np.unique(part):
        own = np.flatnonzero(part == each)
        low, high = _text(values[own[0]]), _text(values[own[-1]])
        label = low if low == high else f"{low} to {high}"
        found.append(FacetValue(f"{low}..{high}", label, int(counts[own].sum())))
    return tuple(found)


def _text(number: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(int(number)) if float(number).is_integer() else repr(float(number))
