import pytest
from django.db import connection

from apps.catalog.models import Category, Product, Tombstone

pytestmark = pytest.mark.django_db


def _matches(words: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT product_id FROM catalog_product"
            " WHERE search_vector @@ websearch_to_tsquery('endcap', %s) ORDER BY product_id",
            [words],
        )
        return [row[0] for row in cursor.fetchall()]


def test_a_product_is_found_by_every_kind_of_its_words() -> None:
    category = Category.objects.create(name="Headphones", slug="headphones", path="headphones")
    Product.objects.create(
        product_id="P-1",
        title="Crème brûlée maker",
        brand="Küchenprofi",
        mpn="DV7-1211",
        description="For running cooks",
        price="10.00",
        category=category,
        attributes={"colour": "Turquoise", "weight": 2.5, "tags": ["Vegan", "Gift"], "new": True},
    )
    for words in ("creme", "brûlée", "kuchenprofi", "cook", "headphone", "turquoise", "gifts"):
        assert _matches(words) == ["P-1"], words
    assert Product.objects.get().mpn_normalised == "dv71211"
    assert Product.objects.get().attributes_text == "Turquoise Gift Vegan"


def test_raw_sql_keeps_the_derived_columns_right() -> None:
    category = Category.objects.create(name="Audio", slug="audio", path="audio")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_product (product_id, title, price, category_id, attributes)"
            " VALUES ('a', 'Plain', 1, %s, '{\"colour\": \"Mauve\"}')",
            [category.pk],
        )
    assert _matches("mauve") == ["a"]
    assert _matches("audio") == ["a"]
    first = Product.objects.get()
    assert first.changed_xid > 0
    assert first.active
    assert first.currency == "EUR"
    Product.objects.update(attributes={"colour": "Ochre"})
    assert _matches("mauve") == []
    assert _matches("ochre") == ["a"]


def test_renaming_a_category_reaches_its_products_words() -> None:
    category = Category.objects.create(name="Audio", slug="audio", path="audio")
    Product.objects.create(product_id="a", title="Plain", price=1, category=category)
    Category.objects.filter(pk=category.pk).update(name="Sound")
    assert _matches("audio") == []
    assert _matches("sound") == ["a"]


def test_deleting_leaves_a_tombstone() -> None:
    product = Product.objects.create(product_id="a", title="Plain", price=1)
    pk = product.pk
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_product")
    assert list(Tombstone.objects.values_list("product_pk", flat=True)) == [pk]


def test_names_say_what_a_row_is() -> None:
    assert str(Category(path="a/b")) == "a/b"
    assert str(Product(product_id="a", title="T")) == "a T"
    assert str(Tombstone(product_pk=3)) == "3"
