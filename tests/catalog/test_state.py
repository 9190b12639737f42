"""One name for what is in memory, the same in every process, another after every write."""

from dataclasses import replace

import pytest
from django.db import connection

from apps.catalog.contracts import ProductColumns
from apps.catalog.models import Product
from apps.catalog.selectors import columns_load, columns_refresh, staleness_sql
from apps.catalog.selectors_state import (
    catalogue_state_read,
    look_says_fresh,
    look_statement,
)

pytestmark = pytest.mark.django_db(transaction=True)


def product(number: int) -> Product:
    return Product.objects.create(
        product_id=f"p{number}", title="Mouse", price=1, availability="in_stock"
    )


def something_else() -> None:
    """A transaction that has nothing to do with products."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")


def test_processes_that_loaded_at_other_times_agree() -> None:
    product(1)
    first = columns_load()
    for _ in range(3):
        something_else()
    second = columns_load()
    assert catalogue_state_read(first) == catalogue_state_read(second) != ""


def test_every_write_has_another_name() -> None:
    one = product(1)
    columns = columns_load()
    names = [catalogue_state_read(columns)]
    writes = (
        lambda: Product.objects.filter(pk=one.pk).update(title="Hub"),
        lambda: product(2),
        one.delete,
    )
    for write in writes:
        write()
        assert catalogue_state_read(columns) == ""
        columns = columns_refresh(columns)
        names.append(catalogue_state_read(columns))
    assert len({*names}) == len(names)
    assert "" not in names


def test_an_empty_catalogue_has_a_name() -> None:
    assert catalogue_state_read(columns_load()) != ""


def fresh(columns: ProductColumns) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(*look_statement(columns))
        (answer,) = cursor.fetchone()
    return look_says_fresh(columns, answer.encode())


def test_a_look_sees_every_write() -> None:
    one = product(1)
    writes = (
        lambda: Product.objects.filter(pk=one.pk).update(title="Hub"),
        lambda: product(2),
        one.delete,
    )
    for write in writes:
        columns = columns_load()
        assert columns.fingerprint == "0:0"
        something_else()
        assert fresh(columns)
        write()
        assert not fresh(columns)


def test_a_look_sees_writes_past_a_horizon_that_is_held_back() -> None:
    one = product(1)
    horizon = columns_load().horizon
    Product.objects.filter(pk=one.pk).update(title="Hub")
    loaded = columns_load()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {staleness_sql()}", {"horizon": horizon})
        (fingerprint,) = cursor.fetchone()
    held_back = replace(loaded, horizon=horizon, fingerprint=fingerprint)
    assert fingerprint != "0:0"
    assert fresh(held_back)
    Product.objects.filter(pk=one.pk).update(title="Dock")
    assert not fresh(held_back)


def test_a_look_at_an_empty_catalogue() -> None:
    columns = columns_load()
    assert fresh(columns)
    product(1)
    assert not fresh(columns)
    assert not look_says_fresh(columns, None)
