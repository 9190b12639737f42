"""Suggestions follow the catalogue."""

import pytest

from apps.catalog.models import Product
from apps.features.selectors import serving_snapshot_refresh
from apps.search.selectors import suggested
from tests.search.suggest.conftest import Suggest
from tests.search.types import Json

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


def _products(found: list[Json]) -> list[object]:
    return [each["text"] for each in found if each["type"] == "product"]


def test_changes_are_read_once(suggest: Suggest) -> None:
    before = _products(suggest("gaming"))
    Product.objects.filter(title=before[0]).update(title="Belmont gaming mouse, new")
    serving_snapshot_refresh()
    assert "Belmont gaming mouse, new" in _products(suggest("gaming"))
    assert "Belmont gaming mouse, new" in _products(suggest("belmont gaming new"))


def test_more_changes_than_worth_following(
    suggest: Suggest, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggest("gaming")
    monkeypatch.setattr(suggested, "_MOST_CHANGES", 1)
    Product.objects.filter(title__contains="gaming").update(description="Fast.")
    Product.objects.filter(product_id="p-1-0").update(title="Acme gaming mouse, new")
    serving_snapshot_refresh()
    assert "Acme gaming mouse, new" in _products(suggest("gaming new"))
