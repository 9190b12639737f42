from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.access.models import AuditEntry
from apps.catalog.categories import CategoryPlaces, slug_of
from apps.catalog.category_services import category_delete, category_move, category_save
from apps.catalog.domain.product_input import ProductInput
from apps.catalog.figures import category_product_counts
from apps.catalog.models import Category, Product
from apps.catalog.selectors import category_tree
from apps.catalog.services import (
    product_create,
    product_update,
    product_upsert_many,
    products_activate,
)
from apps.common.errors import Conflict, InvalidInput, NotFound

pytestmark = pytest.mark.django_db


def _input(product_id: str, **fields: Any) -> ProductInput:
    return ProductInput(product_id=product_id, title=product_id, price=Decimal(1), **fields)


def test_upserting_creates_categories_and_keeps_what_a_feed_leaves_out() -> None:
    category = ("Home", "Audio & Video")
    counts = product_upsert_many(
        products=[_input("a", category=category, stock=3), _input("b"), _input("b", brand="X")]
    )
    assert (counts.created, counts.updated, counts.unchanged) == (2, 0, 0)
    assert Product.objects.get(product_id="b").brand == "X"
    product = Product.objects.select_related("category").get(product_id="a")
    assert product.category is not None
    assert product.category.path == "home/audio-video"
    assert product.product_type == "Home > Audio & Video"
    assert category_tree().by_path("home/audio-video") is not None
    Product.objects.filter(product_id="a").update(active=False)
    again = product_upsert_many(products=[_input("a", category=category), _input("b", brand="X")])
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    product.refresh_from_db()
    assert (product.stock, product.active) == (3, False)
    assert AuditEntry.objects.filter(action="catalog.products_upserted").count() == 2


def test_more_than_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.catalog import services

    monkeypatch.setattr(services, "BATCH", 2)
    assert product_upsert_many(products=[_input(str(n)) for n in range(5)]).created == 5


def test_an_update_is_checked_and_audited() -> None:
    category = category_save(actor=None, name="Audio", parent_id=None)
    product = product_create(
        fields={"product_id": "a", "title": "A", "price": Decimal(5), "category_id": category.pk},
        actor=None,
    )
    product.refresh_from_db()
    assert product.product_type == "Audio"
    product_update(
        pk=product.pk,
        changes={"price": Decimal(6), "title": "A", "category_id": None},
        actor=None,
        reason="why",
    )
    entry = AuditEntry.objects.get(action="catalog.product_updated")
    assert entry.before is not None
    assert set(entry.before) == {"price", "category_id"}
    assert entry.reason == "why"
    product.refresh_from_db()
    assert product.product_type == ""
    product_update(pk=product.pk, changes={"title": "A"}, actor=None)
    assert AuditEntry.objects.filter(action="catalog.product_updated").count() == 1
    product_update(pk=product.pk, changes={"attributes": {"l": ["a", "a", "b"]}}, actor=None)
    product.refresh_from_db()
    assert product.attributes == {"l": ["a", "b"]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"product_id": "x"}, "product_id"),
        ({"attributes": {"Bad Key": 1}}, "attributes"),
        ({"sale_price": Decimal(99)}, "sale_price"),
        (
            {
                "sale_starts_at": timezone.now(),
                "sale_ends_at": timezone.now() - timedelta(1),
            },
            "sale_ends_at",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(changes: dict[str, Any], field: str) -> None:
    product = Product.objects.create(product_id="a", title="A", price=5)
    with pytest.raises(InvalidInput) as caught:
        product_update(pk=product.pk, changes=changes, actor=None)
    assert caught.value.extra["field"] == field


def test_the_model_has_its_say() -> None:
    product = Product.objects.create(product_id="a", title="A", price=5)
    with pytest.raises(ValidationError):
        product_update(pk=product.pk, changes={"currency": "Euro"}, actor=None)
    with pytest.raises(NotFound):
        product_update(pk=0, changes={"title": "x"}, actor=None)


def test_products_are_hidden_and_shown_in_bulk() -> None:
    pks = [Product.objects.create(product_id=n, title=n, price=1).pk for n in "abc"]
    assert products_activate(pks=pks[:2], active=False, actor=None) == 2
    assert products_activate(pks=pks[:2], active=False, actor=None) == 0
    assert products_activate(pks=pks, active=True, actor=None) == 2
    entry = AuditEntry.objects.get(action="catalog.products_deactivated")
    assert entry.after == {"active": False, "product_ids": ["a", "b"]}


def _paths() -> list[str]:
    return [node.path for node in category_tree().categories]


def test_moving_a_category_takes_its_subtree_along() -> None:
    home = category_save(actor=None, name="Home", parent_id=None)
    audio = category_save(actor=None, name="Audio", parent_id=home.pk)
    category_save(actor=None, name="Headphones", parent_id=audio.pk)
    other = category_save(actor=None, name="Electronics", parent_id=None)
    product_upsert_many(products=[_input("a", category=("Home", "Audio", "Headphones"))])
    category_save(actor=None, pk=audio.pk, name="Sound", parent_id=other.pk, slug="sound")
    assert _paths() == ["electronics", "electronics/sound", "electronics/sound/headphones", "home"]
    product = Product.objects.get()
    assert product.product_type == "Electronics > Sound > Headphones"
    assert product.category_name == "Headphones"
    assert category_product_counts() == {product.category_id: 1}
    entry = AuditEntry.objects.get(action="catalog.category_updated")
    assert entry.before is not None
    assert entry.before["path"] == "home/audio"
    with pytest.raises(InvalidInput):
        category_save(actor=None, pk=other.pk, name="Electronics", parent_id=audio.pk)
    with pytest.raises(Conflict):
        category_save(actor=None, name="Sound", parent_id=other.pk)
    with pytest.raises(Conflict):
        category_save(actor=None, pk=home.pk, name="Home", parent_id=None, slug="electronics")
    with pytest.raises(NotFound):
        category_save(actor=None, name="x", parent_id=0)


def test_a_path_has_its_longest_length() -> None:
    first = category_save(actor=None, name="First", parent_id=None)
    last = first
    for _ in range(7):
        last = category_save(actor=None, name="L" * 90, parent_id=last.pk)
    with pytest.raises(ValidationError):
        category_save(actor=None, name="L" * 90, parent_id=last.pk)
    with pytest.raises(InvalidInput, match="too long"):
        category_save(actor=None, pk=first.pk, name="First", parent_id=None, slug="f" * 95)


def test_siblings_change_places() -> None:
    pks = {name: category_save(actor=None, name=name, parent_id=None).pk for name in "ABC"}
    assert _paths() == ["a", "b", "c"]
    category_move(pk=pks["C"], step=-1, actor=None)
    assert _paths() == ["a", "c", "b"]
    category_move(pk=pks["A"], step=-1, actor=None)
    assert AuditEntry.objects.filter(action="catalog.category_moved").count() == 1


def test_only_an_empty_category_can_be_deleted() -> None:
    home = category_save(actor=None, name="Home", parent_id=None)
    product_upsert_many(products=[_input("a", category=("Home",))])
    with pytest.raises(Conflict):
        category_delete(pk=home.pk, actor=None)
    Product.objects.all().delete()
    category_delete(pk=home.pk, actor=None)
    assert _paths() == []


def test_places_are_found_by_names_first() -> None:
    home = category_save(actor=None, name="Home", parent_id=None, slug="living")
    places = CategoryPlaces(create=True)
    assert places.place(("HOME",)) == home.pk
    assert places.place(()) is None
    assert places.place(("Home", "Λάμπες")) is not None
    assert Category.objects.filter(path="living/λάμπες").exists()
    assert CategoryPlaces(create=False).place(("Living",)) == home.pk
    assert CategoryPlaces(create=False).place(("Nowhere",)) is None
    assert slug_of("???") == "category"
