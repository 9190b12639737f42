"""Columns follow the table by transaction horizon: real transactions, two connections."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from apps.catalog.contracts import ProductColumns
from apps.catalog.models import Category, Product
from apps.catalog.selectors import (
    PATCH_AT_MOST,
    category_tree,
    columns_changes,
    columns_load,
    columns_refresh,
    documents_by_pk,
    documents_stream,
    pks_by_product_id,
    products_changed_since,
    staleness_sql,
    texts_for_embedding,
)
from apps.catalog.services import product_update

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[Any]:
    """A second session, in a transaction of its own."""
    second = connection.copy()
    second.ensure_connection()
    second.set_autocommit(False)
    yield second
    second.rollback()
    second.close()


def _stale(columns: ProductColumns) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {staleness_sql()}", {"horizon": columns.horizon})
        row = cursor.fetchone()
    return bool(row[0] != columns.fingerprint)


def _price(columns: ProductColumns, product_id: str) -> float:
    return float(columns.price[columns.product_ids.row_of(product_id)])


def _product(product_id: str, price: str = "1.00", **fields: Any) -> Product:
    return Product.objects.create(product_id=product_id, title=product_id, price=price, **fields)


def test_a_transaction_that_commits_late_is_still_seen(other: Any) -> None:
    _product("early")
    _product("late")
    columns = columns_load()
    with other.cursor() as first:  # T1: the lower transaction id, still open
        first.execute("UPDATE catalog_product SET price = 7 WHERE product_id = 'late'")
    Product.objects.filter(product_id="early").update(price=5)  # T2 commits before it
    assert _stale(columns)
    columns = columns_refresh(columns)
    assert (_price(columns, "early"), _price(columns, "late")) == (5.0, 1.0)
    assert not _stale(columns)
    other.commit()
    assert _stale(columns)
    columns = columns_refresh(columns)
    assert (_price(columns, "early"), _price(columns, "late")) == (5.0, 7.0)
    assert not _stale(columns)


def test_a_late_commit_on_a_row_already_taken_is_seen(other: Any) -> None:
    """Count and greatest id stay the same here; only the sum over pairs tells."""
    _product("a")
    _product("b")
    with other.cursor() as first:
        first.execute("SELECT pg_current_xact_id()")
        first.fetchone()
    Product.objects.filter(product_id="a").update(price=2)
    Product.objects.filter(product_id="b").update(price=2)
    columns = columns_load()
    assert not _stale(columns)
    with other.cursor() as first:
        first.execute("UPDATE catalog_product SET price = 9 WHERE product_id = 'a'")
    other.commit()
    assert _stale(columns)
    columns = columns_refresh(columns)
    assert (_price(columns, "a"), _price(columns, "b")) == (9.0, 2.0)


def test_deletes_raw_sql_and_copy_are_seen() -> None:
    gone = _product("gone")
    _product("kept", attributes={"colour": "Red"})
    columns = columns_load()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_product WHERE product_id = 'gone'")
        cursor.execute("UPDATE catalog_product SET price = 3 WHERE product_id = 'kept'")
        with cursor.copy("COPY catalog_product (product_id, title, price) FROM STDIN") as copy:
            copy.write_row(("copied", "Copied", "4.50"))
    assert _stale(columns)
    changes = columns_changes(columns.horizon)
    assert changes.deleted_pks == (gone.pk,)
    assert {row.product_id for row in changes.rows} == {"kept", "copied"}
    fresh = columns_refresh(columns)
    assert (_price(fresh, "kept"), _price(fresh, "copied")) == (3.0, 4.5)
    row = fresh.product_ids.row_of("gone")
    assert not fresh.active[row]
    assert fresh.row_of_pk[gone.pk] == -1
    assert not _stale(fresh)
    assert fresh.pks[: len(columns)].tolist() == columns.pks.tolist()
    changed = products_changed_since(columns.horizon)
    assert changed.deleted_pks == (gone.pk,)
    assert len(changed.pks) == 2
    assert len(products_changed_since(0).pks) == 2


def test_nothing_is_seen_of_a_change_that_was_rolled_back() -> None:
    _product("a")
    columns = columns_load()
    with transaction.atomic():
        Product.objects.update(price=8)
        transaction.set_rollback(True)
    assert not _stale(columns)
    refreshed = columns_refresh(columns)
    assert _price(refreshed, "a") == 1.0
    assert refreshed.horizon >= columns.horizon


def test_emptying_the_table_is_seen() -> None:
    _product("a")
    columns = columns_load()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE catalog_product")
    assert not columns_refresh(columns).active.any()


def test_an_edited_product_is_found_by_its_new_words_at_once(
    django_assert_max_num_queries: Any,
) -> None:
    category = Category.objects.create(name="Audio", slug="audio", path="audio")
    product = _product("a", category=category)
    product_update(pk=product.pk, changes={"title": "Sousaphone"}, actor=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT product_id FROM catalog_product"
            " WHERE search_vector @@ websearch_to_tsquery('endcap', 'sousaphones')"
        )
        assert cursor.fetchall() == [("a",)]
    with django_assert_max_num_queries(1):
        found = documents_by_pk([product.pk, 99999])
    assert found[product.pk].title == "Sousaphone"
    assert found[product.pk].category_path == "audio"
    assert dict(documents_stream()) == found
    assert texts_for_embedding([product.pk]) == [(product.pk, "Sousaphone Audio")]
    assert pks_by_product_id(["a", "none"]) == {"a": product.pk}


def test_a_great_change_is_loaded_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.catalog import selectors

    assert PATCH_AT_MOST > 1000
    monkeypatch.setattr(selectors, "PATCH_AT_MOST", 1)
    columns = columns_load()
    for number in range(3):
        _product(f"p{number}")
    assert len(columns_refresh(columns)) == 3


def test_columns_carry_what_the_table_holds() -> None:
    category = Category.objects.create(name="Audio", slug="audio", path="audio")
    _product(
        "a",
        category=category,
        brand="HP",
        sale_price="0.50",
        availability="preorder",
        item_group_id="g",
        active=False,
        attributes={"n": 2, "t": "x", "b": True, "l": ["p", "q"], "null": None, "o": {"x": 1}},
    )
    columns = columns_load()
    assert columns.price.tolist() == [0.5]
    assert columns.list_price.tolist() == [1.0]
    assert category_tree().categories[int(columns.category[0])].path == "audio"
    assert (columns.brands, columns.groups.get(0), columns.active.tolist()) == (
        ("HP",),
        "g",
        [False],
    )
    assert columns.availability.tolist() == [2]
    assert columns.attributes.keys == ("b", "l", "n", "t")
    assert all(array.flags["C_CONTIGUOUS"] for array in (columns.price, columns.attributes.rows))


def test_a_category_younger_than_the_tree_in_memory_is_found() -> None:
    columns = columns_load()
    # By raw SQL: nothing tells this process that its tree is old.
    category = Category.objects.create(name="Audio", slug="audio", path="audio")
    _product("a", category=category)
    columns = columns_refresh(columns)
    assert category_tree().categories[int(columns.category[0])].path == "audio"
    assert columns.category_ids.tolist() == category_tree().ids.tolist()
