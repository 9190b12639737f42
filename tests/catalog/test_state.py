"""One name for what is in memory, the same in every process, another after every write."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
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
# No test may last longer than this, so none holds a transaction open for longer.
HELD_AT_MOST_S = 170.0


def product(number: int) -> Product:
    return Product.objects.create(
        product_id=f"p{number}", title="Mouse", price=1, availability="in_stock"
    )


def settled() -> ProductColumns:
    """Columns past every write so far.

    PostgreSQL's horizon is the whole cluster's: a transaction of another test process holds it
    back until it ends, and so long the columns carry a fingerprint instead.
    """
    until = time.monotonic() + HELD_AT_MOST_S
    while (columns := columns_load()).fingerprint != "0:0":
        assert time.monotonic() < until, "a transaction somewhere in this cluster does not end"
        time.sleep(0.05)
    return columns


@contextmanager
def a_transaction_elsewhere(database: str) -> Iterator[None]:
    """Somebody who has written, and has not committed, in another database of this cluster."""
    known = connection.get_connection_params()
    known = {name: known[name] for name in ("host", "port", "user", "password") if name in known}
    with psycopg.connect(**known, dbname=database) as other:
        other.execute("SELECT pg_current_xact_id()")
        yield


def something_else() -> None:
    """A transaction that has nothing to do with products."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")


def test_processes_that_loaded_at_other_times_agree() -> None:
    product(1)
    first = settled()
    for _ in range(3):
        something_else()
    second = settled()
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
        columns = settled()
        something_else()
        assert fresh(columns)
        write()
        assert not fresh(columns)


def test_a_look_sees_every_write_while_another_database_holds_the_horizon() -> None:
    with a_transaction_elsewhere("postgres"):
        one = product(1)
        columns = columns_load()
        assert columns.fingerprint != "0:0"
        something_else()
        assert fresh(columns)
        Product.objects.filter(pk=one.pk).update(title="Hub")
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
