import gzip
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.access.models import AuditEntry
from apps.catalog.category_services import category_save
from apps.catalog.models import Category, Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    user = get_user_model().objects.create_superuser("root", "root@example.com", "x")
    client.force_login(user)
    return client


def _product(product_id: str = "a", **fields: Any) -> Product:
    return Product.objects.create(
        **{"product_id": product_id, "title": "Brass horn", "price": 5, **fields}
    )


def _form(product: Product, **changes: Any) -> dict[str, Any]:
    return {
        "title": product.title, "description": "", "brand": "", "category": "", "price": "5.00",
        "currency": "EUR", "sale_price": "", "availability": "in_stock", "stock": "",
        "condition": "new", "attributes": "{}", "active": "on", **changes,
    }  # fmt: skip


def test_an_edited_product_is_found_by_its_new_words(staff: Client) -> None:
    product = _product()
    _product("b", title="Other")
    url = reverse("admin:catalog_product_change", args=[product.pk])
    assert staff.get(url).status_code == 200
    answer = staff.post(url, _form(product, title="Sousaphone", price="7.50"))
    assert answer.status_code == 302, answer.context["adminform"].errors
    page = staff.get(reverse("admin:catalog_product_changelist"), {"q": "sousaphones"})
    assert [each.product_id for each in page.context["cl"].result_list] == ["a"]
    entry = AuditEntry.objects.get(action="catalog.product_updated")
    assert entry.actor_name == "root"
    assert entry.after is not None
    assert set(entry.after) == {"title", "price"}


def test_a_form_says_what_contradicts_itself(staff: Client) -> None:
    product = _product()
    url = reverse("admin:catalog_product_change", args=[product.pk])
    answer = staff.post(url, _form(product, sale_price="9", attributes='{"A b": 1}'))
    assert answer.status_code == 200
    assert set(answer.context["adminform"].errors) == {"sale_price", "attributes"}
    assert staff.post(url, _form(product, title="")).status_code == 200


def test_a_product_is_added_by_hand_and_never_deleted(staff: Client) -> None:
    category = category_save(actor=None, name="Audio", parent_id=None)
    blank = _form(Product(title="New"), product_id="n", category=category.pk)
    answer = staff.post(reverse("admin:catalog_product_add"), blank)
    assert answer.status_code == 302, answer.context["adminform"].errors
    product = Product.objects.get()
    assert product.product_type == "Audio"
    assert (
        staff.post(reverse("admin:catalog_product_delete", args=[product.pk])).status_code == 403
    )


def test_price_and_stock_are_edited_in_the_list(staff: Client) -> None:
    product = _product(mpn="DV7-1211")
    url = reverse("admin:catalog_product_changelist")
    answer = staff.post(
        url,
        {
            "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": product.pk,
            "form-0-price": "8.00", "form-0-availability": "backorder", "form-0-stock": "3",
            "_save": "Save",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    product.refresh_from_db()
    assert (str(product.price), product.availability) == ("8.00", "backorder")
    assert product.stock == 3
    assert not product.active
    for term in ("dv7 1211", "a", "horn"):
        assert staff.get(url, {"q": term}).context["cl"].result_count == 1
    assert staff.get(url, {"q": " "}).context["cl"].result_count == 1
    assert staff.get(url, {"q": "éé"}).context["cl"].result_count == 0


def test_bulk_actions_hide_and_show(staff: Client) -> None:
    product = _product()
    url = reverse("admin:catalog_product_changelist")
    for verb, active in (("deactivate", False), ("activate", True)):
        staff.post(url, {"action": verb, "_selected_action": [product.pk]})
        product.refresh_from_db()
        assert product.active is active


def test_the_list_filters_by_category_with_all_below_and_by_brand(staff: Client) -> None:
    top = category_save(actor=None, name="Audio", parent_id=None)
    below = category_save(actor=None, name="Horns", parent_id=top.pk)
    _product("a", category=below, brand="Acme")
    _product("b", brand="Other")
    url = reverse("admin:catalog_product_changelist")
    for query, expected in (
        ({"in_category": "audio"}, ["a"]),
        ({"in_category": "none"}, ["b"]),
        ({"in_category": "gone"}, []),
        ({"of_brand": "Acme"}, ["a"]),
        ({"active__exact": "1", "availability__exact": "in_stock"}, ["b", "a"]),
    ):
        found = staff.get(url, query).context["cl"].result_list
        assert [each.product_id for each in found] == expected


def test_a_feed_is_tried_and_then_imported(staff: Client) -> None:
    url = reverse("admin:catalog_product_import")
    assert staff.get(url).status_code == 200
    feed = SimpleUploadedFile("feed.csv", b"id,title,price\n1,A,5\n2,,5\n")
    asked = {"file": feed, "format": "csv", "currency": "GBP", "dry_run": "on"}
    page = staff.post(url, asked)
    assert b"nothing was written" in page.content
    assert b"is required" in page.content
    assert not Product.objects.exists()
    page = staff.post(url, {"confirm": "1"})
    assert b"feed.csv is imported" in page.content
    assert Product.objects.get().currency == "GBP"
    assert AuditEntry.objects.filter(action="catalog.imported", actor_name="root").count() == 2
    assert b"Upload the file again" in staff.post(url, {"confirm": "1"}).content
    broken = SimpleUploadedFile("feed.csv", b"")
    assert staff.post(url, {**asked, "file": broken}).context["form"].errors
    broken = SimpleUploadedFile("feed.xml", b"<rss>")
    answer = staff.post(url, {**asked, "file": broken, "format": "merchant"})
    assert b"cannot be read" in answer.content


def test_too_great_an_upload_is_refused(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.catalog import forms

    monkeypatch.setattr(forms, "LARGEST_UPLOAD", 3)
    feed = SimpleUploadedFile("feed.csv", b"id,title,price\n")
    page = staff.post(
        reverse("admin:catalog_product_import"),
        {"file": feed, "format": "csv", "currency": "GBP"},
    )
    assert "manage.py" in str(page.context["form"].errors)


def test_the_catalogue_is_downloaded(staff: Client) -> None:
    _product()
    url = reverse("admin:catalog_product_export")
    assert staff.get(url).status_code == 200
    answer = staff.post(url)
    content = answer.getvalue()
    assert b"Brass horn" in gzip.decompress(content)
    assert AuditEntry.objects.filter(action="catalog.exported").exists()


def test_the_tree_page_shows_and_moves(staff: Client) -> None:
    url = reverse("admin:catalog_category_changelist")
    assert b"no categories yet" in staff.get(url).content
    first = category_save(actor=None, name="Audio", parent_id=None)
    second = category_save(actor=None, name="Books", parent_id=None)
    below = category_save(actor=None, name="Horns", parent_id=first.pk)
    _product(category=below)
    rows = staff.get(url).context["rows"]
    assert [(row["node"].path, row["depth"], row["own"], row["all"]) for row in rows] == [
        ("audio", 0, 0, 1), ("audio/horns", 1, 1, 1), ("books", 0, 0, 0),
    ]  # fmt: skip
    staff.post(reverse("admin:catalog_category_move", args=[second.pk, "up"]))
    assert staff.get(url).context["rows"][0]["node"].path == "books"
    staff.post(reverse("admin:catalog_category_move", args=[0, "up"]))
    assert staff.get(reverse("admin:catalog_category_move", args=[0, "up"])).status_code == 403


def test_categories_are_edited_through_the_service(staff: Client) -> None:
    staff.post(reverse("admin:catalog_category_add"), {"name": "Audio", "rank": "0"})
    audio = Category.objects.get(path="audio")
    below = category_save(actor=None, name="Horns", parent_id=audio.pk)
    url = reverse("admin:catalog_category_change", args=[audio.pk])
    moved = staff.post(url, {"name": "Sound", "slug": "sound", "rank": "0"})
    assert moved.status_code == 302
    below.refresh_from_db()
    assert below.path == "sound/horns"
    inside = staff.post(url, {"name": "Sound", "slug": "sound", "rank": "0", "parent": below.pk})
    assert "inside itself" in str(inside.context["adminform"].errors)
    gone = reverse("admin:catalog_category_delete", args=[below.pk])
    assert (
        staff.post(
            reverse("admin:catalog_category_delete", args=[audio.pk]), {"post": "yes"}
        ).status_code
        == 403
    )
    assert staff.post(gone, {"post": "yes"}).status_code == 302
    assert not Category.objects.filter(pk=below.pk).exists()


def test_pages_are_closed_to_others(client: Client) -> None:
    user = get_user_model().objects.create_user("plain", "p@example.com", "x", is_staff=True)
    client.force_login(user)
    for name in (
        "catalog_product_import", "catalog_product_export", "catalog_category_changelist",
        "catalog_product_changelist",
    ):  # fmt: skip
        assert client.get(reverse(f"admin:{name}")).status_code == 403
