import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.contracts import (
    AttributeKind,
    CategoryTree,
    FilterSet,
    ProductColumns,
    ProductRow,
    UnknownFilter,
)
from apps.catalog.domain.columns import (
    columns_build,
    columns_patch,
    columns_recoded,
    columns_repriced,
)
from apps.catalog.domain.facets import _numbers, facet_counts
from apps.catalog.domain.masks import filter_masks, filters_combine
from apps.catalog.domain.tree import CategoryNode, tree_build
from tests.catalog import naive
from tests.catalog.naive import NODES, TREE, catalogues, filter_sets

AS_OF = 150.0


def as_dicts(columns: ProductColumns, tree: CategoryTree) -> dict[int, dict[str, object]]:
    """Products back from the arrays, for comparing columns that order rows differently."""
    attributes: dict[int, dict[str, object]] = {}
    own = columns.attributes
    for column, key in enumerate(own.keys):
        for row, code in zip(*own.entries(column), strict=True):
            start = int(own.starts[column])
            value: object = bool(code)
            if own.kinds[column] == AttributeKind.TEXT:
                value = own.texts.get(start + int(code))
            elif own.kinds[column] == AttributeKind.NUMBER:
                value = float(own.numbers[start + int(code)])
            attributes.setdefault(int(row), {}).setdefault(key, []).append(value)  # type: ignore[attr-defined]  # lists by construction
    found: dict[int, dict[str, object]] = {}
    for pk in np.flatnonzero(columns.row_of_pk >= 0):
        row = int(columns.row_of_pk[pk])
        assert columns.pks[row] == pk
        category, brand, group = columns.category[row], columns.brand[row], columns.group[row]
        found[int(pk)] = {
            "id": columns.product_ids.get(row),
            "found": columns.product_ids.row_of(columns.product_ids.get(row)) == row,
            "active": bool(columns.active[row]),
            "category": tree.categories[category].path if category >= 0 else None,
            "brand": columns.brands[brand] if brand >= 0 else "",
            "group": columns.groups.get(int(group)) if group >= 0 else "",
            "price": float(columns.price[row]),
            "availability": int(columns.availability[row]),
            "released": repr(columns.released[row]),
            "attributes": {
                key: sorted(map(repr, each))  # type: ignore[call-overload]  # lists by construction
                for key, each in attributes.get(row, {}).items()
            },
        }
    return found


# A busy machine is no failure: examples are bounded, time is not.
few = settings(deadline=None, max_examples=40)


@few
@given(catalogues, filter_sets)
def test_masks_agree_with_plain_loops(rows: tuple[ProductRow, ...], filters: FilterSet) -> None:
    columns = columns_build(rows, TREE, as_of=AS_OF)
    unknown = [key for key in filters.attributes if not columns.attributes.columns_of(key)]
    if unknown:
        with pytest.raises(UnknownFilter, match=unknown[0]):
            filter_masks(columns, TREE, filters)
        return
    mask = filters_combine(filter_masks(columns, TREE, filters))
    expected = [naive.passes(row, rows, filters, AS_OF) for row in rows]
    assert mask.tolist() == expected


@few
@given(catalogues, filter_sets, st.sampled_from(("brand", "category", "availability")))
def test_facets_agree_with_plain_loops(
    rows: tuple[ProductRow, ...], filters: FilterSet, field: str
) -> None:
    columns = columns_build(rows, TREE, as_of=AS_OF)
    filters = FilterSet(filters.categories, filters.brands, filters.price_min)
    masks = filter_masks(columns, TREE, filters)
    chosen = np.flatnonzero(filters_combine(masks, except_field=field)).astype(np.int32)
    found = facet_counts(columns, TREE, field, chosen, 100)
    assert {each.value: each.count for each in found} == naive.facet(
        [rows[at] for at in chosen], field
    )
    assert [each.count for each in found] == sorted((e.count for e in found), reverse=True)


@few
@given(catalogues, st.integers(1, 6), st.sampled_from(naive.KEYS))
def test_attribute_facets_agree_with_plain_loops(
    rows: tuple[ProductRow, ...], limit: int, key: str
) -> None:
    columns = columns_build(rows, TREE, as_of=AS_OF)
    field = f"attr.{key}"
    chosen = np.arange(len(rows), dtype=np.int32)
    if not columns.attributes.columns_of(key):
        with pytest.raises(UnknownFilter):
            facet_counts(columns, TREE, field, chosen, limit)
        return
    expected = naive.facet(list(rows), field)
    full = {each.value: each.count for each in facet_counts(columns, TREE, field, chosen, 100)}
    # A text "10" and a number 10 are one value to a shopper, and two columns to us.
    for value, count in expected.items():
        same = sum(row.attributes.get(key) == 10.0 for row in rows) if value == "10" else 0
        assert full[value] == count + same
    values = [each.value for each in facet_counts(columns, TREE, field, chosen, 100)]
    assert len(values) == len(set(values))
    assert len(facet_counts(columns, TREE, field, chosen, limit)) <= limit


@few
@given(catalogues, st.integers(1, 12))
def test_filtering_by_a_price_or_number_range_gives_the_rows_it_counts(
    rows: tuple[ProductRow, ...], limit: int
) -> None:
    numeric = [row for row in rows if isinstance(row.attributes.get("size"), float)]
    columns = columns_build(numeric, TREE, as_of=AS_OF)
    everything = np.arange(len(numeric), dtype=np.int32)
    prices = facet_counts(columns, TREE, "price", everything, limit)
    assert sum(each.count for each in prices) == len(numeric)
    assert len(prices) <= limit
    for each in prices:
        low, _, high = each.value.partition("..")
        filters = FilterSet(
            price_min=float(low) if low else None, price_max=float(high) if high else None
        )
        assert filter_masks(columns, TREE, filters)["price"].sum() == each.count
    if not numeric or any(type(row.attributes["size"]) is bool for row in numeric):
        return
    sizes = facet_counts(columns, TREE, "attr.size", everything, limit)
    assert sum(each.count for each in sizes) == len(numeric)
    for each in sizes:
        filters = FilterSet(attributes={"size": (each.value,)})
        assert filter_masks(columns, TREE, filters)["attr.size"].sum() == each.count


@few
@given(catalogues, st.data())
def test_patching_gives_what_building_afresh_gives(
    rows: tuple[ProductRow, ...], drawn: st.DataObject
) -> None:
    pks = drawn.draw(st.lists(st.integers(1, 50), unique=True, max_size=8))
    changed = [drawn.draw(naive.rows_of(pk)) for pk in pks]
    deleted = drawn.draw(st.lists(st.integers(1, 60), max_size=5))
    before = columns_build(rows, TREE, as_of=AS_OF)
    kept = as_dicts(before, TREE)
    after = columns_patch(before, changed, deleted, TREE, as_of=AS_OF, horizon=7, fingerprint="f")
    expected = {row.pk: row for row in rows if row.pk not in deleted}
    expected |= {row.pk: row for row in changed}
    afresh = columns_build(expected.values(), TREE, as_of=AS_OF)
    assert as_dicts(after, TREE) == as_dicts(afresh, TREE)
    assert as_dicts(before, TREE) == kept
    assert (after.horizon, after.fingerprint) == (7, "f")
    # Rows keep their numbers, and what was deleted is never shown.
    assert after.pks[: len(before)].tolist() == before.pks.tolist()
    for pk in set(deleted) - set(expected):
        if pk < len(before.row_of_pk) and before.row_of_pk[pk] >= 0:
            assert not after.active[before.row_of_pk[pk]]
    for key in naive.KEYS:
        if after.attributes.columns_of(key):
            live = np.flatnonzero(np.isin(np.arange(len(after)), after.row_of_pk))
            for value in facet_counts(after, TREE, f"attr.{key}", live.astype(np.int32), 50):
                filters = FilterSet(attributes={key: (value.value,)})
                assert filter_masks(after, TREE, filters)[f"attr.{key}"].sum() >= value.count


def _row(pk: int, **changes: object) -> ProductRow:
    fields: dict[str, object] = {
        "product_id": f"p{pk}", "active": True, "category_id": None, "brand": "",
        "list_price": 10.0, "sale_price": None, "sale_starts": None, "sale_ends": None,
        "availability": "in_stock", "released": None, "item_group_id": "", "attributes": {},
    }  # fmt: skip
    return ProductRow(pk=pk, **(fields | changes))  # type: ignore[arg-type]  # typed by the fields above


def test_a_sale_starts_and_ends_on_time() -> None:
    rows = [_row(1, sale_price=8.0, sale_starts=100.0, sale_ends=200.0), _row(2, sale_price=5.0)]
    columns = columns_build(rows, TREE, as_of=50.0)
    assert columns.price.tolist() == [10.0, 5.0]
    assert columns.priced_until == 100.0
    assert columns_repriced(columns, as_of=99.0) is columns
    during = columns_repriced(columns, as_of=100.0)
    assert during.price.tolist() == [8.0, 5.0]
    after = columns_repriced(during, as_of=200.0)
    assert after.price.tolist() == [10.0, 5.0]
    assert after.priced_until == float("inf")


def test_a_product_may_change_its_external_id() -> None:
    columns = columns_build([_row(1), _row(2)], TREE, as_of=0.0)
    patched = columns_patch(columns, [_row(2, product_id="zz")], [], TREE, as_of=0.0)
    assert patched.product_ids.rows_of(["p1", "p2", "zz"]).tolist() == [0, -1, 1]
    assert patched.horizon == columns.horizon


def test_codes_follow_a_changed_tree() -> None:
    columns = columns_build([_row(1, category_id=12), _row(2, category_id=20)], TREE, as_of=0.0)
    assert columns_recoded(columns, TREE) is columns
    moved = tree_build(
        [node for node in NODES if node.id != 20] + [CategoryNode(5, None, "Art", "art", -1)]
    )
    recoded = columns_recoded(columns, moved)
    assert [moved.categories[c].path if c >= 0 else None for c in recoded.category] == [
        "electronics/audio/headphones",
        None,
    ]


def test_an_empty_catalogue_works_too() -> None:
    columns = columns_build([], TREE, as_of=0.0)
    nothing = np.zeros(0, dtype=np.int32)
    assert len(columns) == 0
    assert facet_counts(columns, TREE, "price", nothing, 5) == ()
    assert facet_counts(columns, TREE, "category", nothing, 5) == ()
    assert columns_patch(columns, [_row(3)], [1], TREE, as_of=0.0).row_of_pk.tolist() == [
        -1
    ] * 3 + [0]


def test_prices_above_the_last_edge_are_open() -> None:
    columns = columns_build([_row(1, list_price=5.0), _row(2, list_price=70.0)], TREE, as_of=0.0)
    rows = np.arange(2, dtype=np.int32)
    assert [
        (v.value, v.label, v.count) for v in facet_counts(columns, TREE, "price", rows, 9)
    ] == [
        ("..9.99", "0 to 9.99", 1),
        ("50..", "50 and more", 1),
    ]
    assert facet_counts(columns, TREE, "price", rows, 1)[0].value == "0.."
    with pytest.raises(UnknownFilter):
        facet_counts(columns, TREE, "shoe", rows, 5)


def test_masks_are_needed_to_combine() -> None:
    with pytest.raises(ValueError, match="no masks"):
        filters_combine({})


def test_many_numbers_become_ranges_of_about_equally_many() -> None:
    numbers = np.array([1.0, 2.0, 2.5, 10.0, 40.0])
    counts = np.array([4, 1, 0, 3, 4], dtype=np.int64)
    few = [(each.value, each.count) for each in _numbers(numbers, counts, 4)]
    assert few == [("1", 4), ("2", 1), ("10", 3), ("40", 4)]
    ranges = _numbers(numbers, counts, 3)
    assert [(each.value, each.label, each.count) for each in ranges] == [
        ("1..1", "1", 4),
        ("2..10", "2 to 10", 4),
        ("40..40", "40", 4),
    ]
