"""One name for what is in memory, the same in every process, another after every write."""

import pytest
from django.db import connection

from apps.catalog.models import Product
from apps.catalog.selectors import columns_load, columns_refresh
from apps.catalog.selectors_state import catalogue_state_read, staleness_statement

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


def test_the_statement_takes_the_horizon_as_often_as_it_says() -> None:
    sql, times = staleness_statement()
    columns = columns_load()
    with connection.cursor() as cursor:
        cursor.execute(sql, [columns.horizon] * times)
        assert cursor.fetchone() == (columns.fingerprint,)
