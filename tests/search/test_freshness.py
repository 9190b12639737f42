"""What is edited, by whatever means, is right in the very next search."""

import pytest
from django.db import connection

from apps.catalog.models import Product
from tests.search.types import Json, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")


def ids(answer: Json) -> list[str]:
    return [hit["product_id"] for hit in answer["hits"]]


def test_new_words_and_old_ones(search: Search) -> None:
    assert search(q="zeppelin")["found"] == 0
    product = Product.objects.get(product_id="p-0-1")
    product.title = "Zeppelin mouse"
    product.save()
    assert ids(search(q="zeppelin")) == ["p-0-1"]


def test_filters_and_facets_follow_an_edit(search: Search) -> None:
    search(q="mouse")
    Product.objects.filter(product_id="p-0-1").update(brand="Newcomer", price=9999)
    assert ids(search({"filter[brand]": "Newcomer"}, q="mouse")) == ["p-0-1"]
    assert ids(search({"filter[price]": "9000.."})) == ["p-0-1"]
    brands = {line["value"] for line in search(facets="brand")["facets"]["brand"]}
    assert "Newcomer" in brands


def test_raw_sql_counts_as_well(search: Search) -> None:
    search(q="mouse")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET active = false WHERE product_id = 'p-0-1'")
    assert "p-0-1" not in ids(search(q="wireless mouse", per_page=100))
    assert "p-0-1" not in ids(search(per_page=100))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_product SET active = true WHERE product_id = 'p-0-1'")
    assert "p-0-1" in ids(search(q="wireless mouse", per_page=100))


def test_added_and_deleted(search: Search) -> None:
    search(q="mouse")
    Product.objects.create(product_id="new", title="Obsidian mouse", price=5)
    assert ids(search(q="obsidian")) == ["new"]
    Product.objects.filter(product_id="new").delete()
    assert search(q="obsidian")["found"] == 0
    assert "new" not in ids(search(per_page=100))


def test_twice_in_a_row(search: Search) -> None:
    for price in (111, 222):
        Product.objects.filter(product_id="p-0-1").update(price=price)
        answer = search({"filter[price]": f"{price}..{price}"})
        assert [hit["price"] for hit in answer["hits"]] == [float(price)]
