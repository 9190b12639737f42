"""Filters and facets as plain Python loops over products: what the columns must agree with."""

from collections import Counter

from hypothesis import strategies as st

from apps.catalog.contracts import (
    AVAILABILITIES,
    AttributeFilter,
    AttributeValue,
    CategoryTree,
    FilterSet,
    NumberRange,
    ProductRow,
)
from apps.catalog.domain.tree import CategoryNode, tree_build

NODES = [
    CategoryNode(10, None, "Electronics", "electronics"),
    CategoryNode(11, 10, "Audio", "electronics/audio"),
    CategoryNode(12, 11, "Headphones", "electronics/audio/headphones"),
    CategoryNode(13, 10, "Computers", "electronics/computers"),
    CategoryNode(20, None, "Books", "books"),
]
TREE = tree_build(NODES)
KEYS = ("colour", "size", "new")
TEXTS = ("Red", "red", "Blau é", "true", "10")
NUMBERS = (0.0, 1.5, 10.0, 99.9, -3.0, 0.1)

values: st.SearchStrategy[AttributeValue] = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS),
    st.booleans(),
    st.lists(st.sampled_from(TEXTS), max_size=3).map(tuple),
)
moments = st.one_of(st.none(), st.sampled_from((100.0, 200.0, 300.0)))
cents = st.integers(0, 200_000).map(lambda each: each / 100)


def rows_of(pk: int) -> st.SearchStrategy[ProductRow]:
    return st.builds(
        ProductRow,
        pk=st.just(pk),
        product_id=st.just(f"p{pk}"),
        active=st.booleans(),
        category_id=st.sampled_from((None, 10, 11, 12, 13, 20, 999)),
        brand=st.sampled_from(("", "HP", "hp", "Dell")),
        list_price=cents,
        sale_price=st.one_of(st.none(), cents),
        sale_starts=moments,
        sale_ends=moments,
        availability=st.sampled_from(AVAILABILITIES),
        released=st.one_of(st.none(), st.floats(0, 2e9)),
        item_group_id=st.sampled_from(("", "g1", "g2", "g3")),
        attributes=st.dictionaries(st.sampled_from(KEYS), values, max_size=3),
    )


catalogues = st.lists(st.integers(1, 40), unique=True, max_size=12).flatmap(
    lambda pks: st.tuples(*(rows_of(pk) for pk in pks))
)
attribute_filters: st.SearchStrategy[AttributeFilter] = st.one_of(
    st.lists(
        st.sampled_from((*TEXTS, "RED", "1.5", "0..10", "false", "none")), min_size=1, max_size=3
    ).map(tuple),
    st.builds(NumberRange, st.sampled_from((None, *NUMBERS)), st.sampled_from((None, *NUMBERS))),
    st.booleans(),
)
filter_sets = st.builds(
    FilterSet,
    categories=st.lists(
        st.sampled_from(("electronics", "electronics/audio", "books", "nowhere")), max_size=2
    ).map(tuple),
    brands=st.lists(st.sampled_from(("HP", "Hp", "dell", "nobody")), max_size=2).map(tuple),
    price_min=st.one_of(st.none(), cents),
    price_max=st.one_of(st.none(), cents),
    availabilities=st.lists(st.sampled_from(AVAILABILITIES), max_size=2).map(tuple),
    attributes=st.dictionaries(st.sampled_from(KEYS), attribute_filters, max_size=2),
)


def price_now(row: ProductRow, as_of: float) -> float:
    starts = row.sale_starts if row.sale_starts is not None else float("-inf")
    ends = row.sale_ends if row.sale_ends is not None else float("inf")
    if row.sale_price is not None and starts <= as_of < ends:
        return row.sale_price
    return row.list_price


def in_category(row: ProductRow, path: str, tree: CategoryTree = TREE) -> bool:
    own = {node.id: node.path for node in tree.categories}.get(row.category_id or 0)
    return own is not None and (own == path or own.startswith(path + "/"))


def same_text(wanted: str, found: str, known: set[str]) -> bool:
    return wanted == found or (wanted not in known and wanted.casefold() == found.casefold())


def in_range(number: float, wanted: NumberRange) -> bool:
    low = float("-inf") if wanted.low is None else wanted.low
    high = float("inf") if wanted.high is None else wanted.high
    return low <= number <= high


def written_range(text: str) -> NumberRange | None:
    low, dots, high = text.partition("..")
    try:
        return NumberRange(float(low), float(high if dots else low))
    except ValueError:
        return None


def attribute_passes(value: AttributeValue, wanted: AttributeFilter, known: set[str]) -> bool:
    if isinstance(wanted, bool):
        wanted = ("true" if wanted else "false",)
    if isinstance(value, bool):
        return not isinstance(wanted, NumberRange) and str(value).lower() in wanted
    if isinstance(value, float | int):
        if isinstance(wanted, NumberRange):
            return in_range(value, wanted)
        ranges = [written_range(text) for text in wanted]
        return any(each is not None and in_range(value, each) for each in ranges)
    texts = (value,) if isinstance(value, str) else value
    if isinstance(wanted, NumberRange):
        return False
    return any(same_text(text, own, known) for text in wanted for own in texts)


def texts_known(rows: tuple[ProductRow, ...], key: str) -> set[str]:
    found: set[str] = set()
    for row in rows:
        value = row.attributes.get(key)
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, tuple):
            found.update(value)
    return found


def passes(
    row: ProductRow, rows: tuple[ProductRow, ...], filters: FilterSet, as_of: float
) -> bool:
    brands = {each.brand for each in rows}
    price = price_now(row, as_of)
    return (
        row.active
        and (not filters.categories or any(in_category(row, p) for p in filters.categories))
        and (
            not filters.brands
            or (bool(row.brand) and any(same_text(b, row.brand, brands) for b in filters.brands))
        )
        and in_range(price, NumberRange(filters.price_min, filters.price_max))
        and (not filters.availabilities or row.availability in filters.availabilities)
        and all(
            key in row.attributes
            and attribute_passes(row.attributes[key], wanted, texts_known(rows, key))
            for key, wanted in filters.attributes.items()
        )
    )


def facet(rows: list[ProductRow], field: str) -> dict[str, int]:
    """Counts of the facets whose values are not ranges."""
    counts: Counter[str] = Counter()
    for row in rows:
        if field == "brand" and row.brand:
            counts[row.brand] += 1
        elif field == "availability":
            counts[row.availability] += 1
        elif field == "category":
            counts.update(node.path for node in TREE.categories if in_category(row, node.path))
        elif field.startswith("attr."):
            value = row.attributes.get(field.removeprefix("attr."))
            if isinstance(value, bool):
                counts[str(value).lower()] += 1
            elif isinstance(value, str):
                counts[value] += 1
            elif isinstance(value, tuple):
                counts.update(set(value))
    return dict(counts)
