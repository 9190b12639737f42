from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.catalog.models import Product
from apps.catalog.selectors import documents_by_pk
from apps.features.selectors import serving_snapshot
from apps.search.selectors.hydration import documents_of_rows
from apps.search.selectors.presenting import _from_snapshot
from apps.shop.contracts import CartLine
from apps.shop.selectors import cart_priced
from tests.search.types import Search

pytestmark = pytest.mark.usefixtures("catalogue")


def test_agrees_with_the_catalogues_own_documents() -> None:
    Product.objects.filter(product_id="p-0-0").update(released_at=None)
    _sales()
    Product.objects.filter(product_id="p-0-1").update(category=None)
    snapshot = serving_snapshot()
    rows = np.arange(len(snapshot.columns), dtype=np.int32)
    found = documents_of_rows(snapshot, rows)
    expected = documents_by_pk(snapshot.columns.pks.tolist())
    assert len(found) == 36
    for row, document in found.items():
        assert document == expected[int(snapshot.columns.pks[row])]


def _sales() -> None:
    """p-0-0: over; p-0-1: not yet; p-0-2: now; p-0-3: now, without dates."""
    now = timezone.now()
    windows = (
        (now - timedelta(days=2), now - timedelta(days=1)),
        (now + timedelta(days=1), None),
        (now - timedelta(days=1), now + timedelta(days=1)),
        (None, None),
    )
    for at, (starts, ends) in enumerate(windows):
        Product.objects.filter(product_id=f"p-0-{at}").update(
            sale_price="5.50", sale_starts_at=starts, sale_ends_at=ends
        )


SALE_PRICES = {"p-0-0": None, "p-0-1": None, "p-0-2": 5.5, "p-0-3": 5.5}


def test_only_a_running_sale_is_shown_and_filtered_by(search: Search) -> None:
    _sales()
    hits = search(q="wireless mouse", per_page=100)["hits"]
    shown = {hit["product_id"]: hit["sale_price"] for hit in hits}
    assert {key: shown[key] for key in SALE_PRICES} == SALE_PRICES
    cheap = search({"filter[price]": "..6"}, per_page=100)["hits"]
    assert {hit["product_id"] for hit in cheap} == {"p-0-2", "p-0-3"}


def test_only_a_running_sale_is_charged(client: Client) -> None:
    _sales()
    lines = cart_priced([CartLine(product_id, 2) for product_id in SALE_PRICES])
    assert [line.unit_price for line in lines] == [
        Decimal("10.00"), Decimal("17.00"), Decimal("5.50"), Decimal("5.50"),
    ]  # fmt: skip
    assert "5.50" not in _own_part(client, "p-0-0")
    assert "5.50" in _own_part(client, "p-0-2")


def _own_part(client: Client, product_id: str) -> str:
    """A product's page as far as its shelves, which show other products and their prices."""
    page = client.get(f"/p/{product_id}").content.decode()
    own, _, shelves = page.partition('id="shelf-')
    assert shelves
    return own


@pytest.mark.django_db(transaction=True)
def test_documents_of_the_artifact_have_todays_prices(serving_artifact: None) -> None:
    serving_snapshot()
    _sales()
    Product.objects.filter(product_id="p-0-4").update(price="99.00")
    snapshot = serving_snapshot(fingerprint="another")
    rows = snapshot.columns.product_ids.rows_of([*SALE_PRICES, "p-0-4"])
    found = _from_snapshot(snapshot, rows)
    assert [found[row].sale_price for row in rows.tolist()] == [
        None, None, Decimal("5.50"), Decimal("5.50"), None,
    ]  # fmt: skip
    assert found[int(rows[4])].price == Decimal("99.00")


@pytest.mark.django_db(transaction=True)
def test_pictures_of_the_artifact_cost_no_sql(
    client: Client, serving_artifact: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/img/p-0-1.svg")  # a process's first request reads what it keeps
    with django_assert_num_queries(0):
        assert client.get("/img/p-0-0.svg").status_code == 200
    with django_assert_num_queries(0):
        assert client.get("/img/p-0-8.svg").status_code == 404
