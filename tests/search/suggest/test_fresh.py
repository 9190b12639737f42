"""Suggestions follow the catalogue."""

import pytest

from apps.catalog.models import Product
from apps.features.selectors import serving_snapshot_refresh
from tests.search.suggest.conftest import Suggest

pytestmark = [
    pytest.mark.usefixtures("lasting_catalogue"),
    pytest.mark.django_db(transaction=True),
]


def test_a_product_that_is_switched_off_goes(suggest: Suggest) -> None:
    assert suggest("dv7-1211", types="product")[0]["product_id"] == "p-2-0"
    Product.objects.filter(product_id="p-2-0").update(active=False)
    serving_snapshot_refresh()
    assert suggest("dv7-1211", types="product") == []


def test_products_look_as_they_are_now(suggest: Suggest) -> None:
    assert suggest("dv7-1211", types="product")[0]["price"] == 12
    Product.objects.filter(product_id="p-2-0").update(price=99, title="Acme USB-C hub, new")
    serving_snapshot_refresh()
    (found,) = suggest("dv7-1211", types="product")
    assert (found["price"], found["text"]) == (99, "Acme USB-C hub, new")
