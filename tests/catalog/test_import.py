import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from apps.access.models import AuditEntry
from apps.catalog.domain.import_report import ImportReport
from apps.catalog.models import Category, Product
from apps.catalog.services import catalog_export, catalog_import
from apps.common.errors import InvalidInput

pytestmark = pytest.mark.django_db

MERCHANT_TSV = (
    "id\ttitle\tdescription\tlink\timage link\tavailability\tprice\tsale price\tproduct_type"
    "\tadditional_image_link\tcolor\tproduct_detail\tcustom_label_1\n"
    "A1\tRed shoe\tA shoe\thttps://x/1\thttps://x/1.jpg\tin stock\t19.99 EUR\t9.99 EUR"
    "\tShoes > Running shoes\thttps://x/2.jpg,https://x/3.jpg\tRed"
    '\t"General:Heel height:4 cm,number:weight_g:250.5,boolean:vegan:true"\tsummer\n'
    "A2\tBlue shoe\t\t\t\tout_of_stock\t1,299.00 USD\t\tShoes\t\t\t\t\n"
    "A3\t\t\t\t\tmaybe\tcheap\t\t\t\t\t\t\n"
    "A1\tRed shoe again\t\t\t\tin_stock\t20 EUR\t\tShoes > Running shoes\t\t\t\t\n"
)


def _import(path: Path, feed_format: str, **options: Any) -> ImportReport:
    return catalog_import(path=path, format=feed_format, **options)


def _file(tmp_path: Path, text: str, name: str = "feed") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_merchant_feed_keeps_good_rows_and_reports_bad_ones(tmp_path: Path) -> None:
    report = _import(_file(tmp_path, MERCHANT_TSV), "merchant")
    assert (report.rows, report.created, report.updated, report.unchanged) == (4, 2, 0, 0)
    assert report.rejected == [
        (4, "price", "'cheap' is not a price such as 19.99 EUR"),
        (4, "title", "is required"),
        (4, "availability", "'maybe' is not one of in_stock, out_of_stock, preorder, backorder"),
    ]
    assert (report.rejected_rows, report.duplicates) == (1, 1)
    assert report.duplicate_lines == ((5, "A1"),)
    product = Product.objects.get(product_id="A1")
    assert product.title == "Red shoe again"
    assert product.price == Decimal("20.00")
    second = Product.objects.get(product_id="A2")
    assert (second.price, second.currency, second.availability) == (
        Decimal("1299.00"),
        "USD",
        "out_of_stock",
    )
    assert {category.path: category.name for category in Category.objects.all()} == {
        "shoes": "Shoes",
        "shoes/running-shoes": "Running shoes",
    }
    lines = [json.loads(line) for line in Path(report.report_path).read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["rejected"] * 3 + ["duplicate"]
    assert Path(report.report_path).parent == Path(settings.VAR_DIR) / "reports"
    entry = AuditEntry.objects.get(action="catalog.imported")
    assert entry.after is not None
    assert (entry.after["created"], entry.after["rejected"]) == (2, 1)


def test_merchant_fields_land_where_they_belong(tmp_path: Path) -> None:
    text = "\n".join(MERCHANT_TSV.splitlines()[:2])
    _import(_file(tmp_path, text), "merchant")
    product = Product.objects.get()
    assert product.attributes == {
        "color": "Red",
        "heel_height": "4 cm",
        "weight_g": 250.5,
        "vegan": True,
    }
    assert product.additional_image_link == ["https://x/2.jpg", "https://x/3.jpg"]
    assert product.sale_price == Decimal("9.99")
    assert product.product_type == "Shoes > Running shoes"
    assert product.custom_labels == ["", "summer"]


def test_the_same_feed_again_rewrites_nothing(tmp_path: Path) -> None:
    path = _file(tmp_path, MERCHANT_TSV)
    _import(path, "merchant")
    ctid = _physical_places()
    text = MERCHANT_TSV.splitlines()
    again = _import(_file(tmp_path, "\n".join([text[0], text[2], text[4]]), "b"), "merchant")
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert _physical_places() == ctid
    changed = _file(tmp_path, "\n".join([text[0], text[1], text[2]]), "c")
    dry = _import(changed, "merchant", dry_run=True)
    assert (dry.created, dry.updated, dry.unchanged) == (0, 1, 1)
    assert _physical_places() == ctid
    real = _import(changed, "merchant")
    assert (real.created, real.updated, real.unchanged) == (0, 1, 1)
    # Ids are not drawn for rows that exist already.
    assert (
        max(Product.objects.values_list("pk", flat=True))
        - min(Product.objects.values_list("pk", flat=True))
        == 1
    )


def _physical_places() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT product_id, ctid::text FROM catalog_product ORDER BY 1")
        return list(cursor.fetchall())


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    report = _import(_file(tmp_path, MERCHANT_TSV), "merchant", dry_run=True)
    assert report.created == 2
    assert report.dry_run
    assert not Product.objects.exists()
    assert not Category.objects.exists()
    assert AuditEntry.objects.get().after is not None


def test_merchant_xml_and_gzip(tmp_path: Path) -> None:
    xml = """<?xml version="1.0"?>
    <rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title>
    <item><g:id>X1</g:id><title>Lamp</title><g:price>12,50 EUR</g:price>
      <g:additional_image_link>https://x/1.jpg</g:additional_image_link>
      <g:additional_image_link>https://x/2.jpg</g:additional_image_link>
      <g:product_detail><g:section_name>General</g:section_name>
        <g:attribute_name>Socket</g:attribute_name><g:attribute_value>E27</g:attribute_value>
      </g:product_detail>
      <g:product_type>Home &gt; Lamps</g:product_type></item>
    <item><g:id>X2</g:id><title>Bulb</title></item>
    </channel></rss>"""
    path = tmp_path / "feed.xml.gz"
    path.write_bytes(gzip.compress(xml.encode()))
    report = _import(path, "merchant")
    assert (report.created, report.rejected) == (1, [(2, "price", "is required")])
    product = Product.objects.get()
    assert product.price == Decimal("12.50")
    assert product.attributes == {"socket": "E27"}
    assert product.additional_image_link == ["https://x/1.jpg", "https://x/2.jpg"]
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">'
        '<entry><g:id>Y</g:id><title>T</title><g:price>1 EUR</g:price><link href="https://y"/></entry></feed>'
    )
    assert _import(_file(tmp_path, atom, "atom.xml"), "merchant").created == 1
    assert Product.objects.get(product_id="Y").link == "https://y"


def test_shopify_variants_become_a_group(tmp_path: Path) -> None:
    text = (
        "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
        "Variant SKU,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,"
        "Variant Barcode,Image Src,Variant Image,Status\n"
        'tee,T-shirt,<p>Soft &amp; warm</p>,Acme,Shirts,"a, b",true,Colour,Red,Fit,Slim,T-R,5,deny,8.00,10.00,123,'
        "https://x/a.jpg,,active\n"
        "tee,,,,,,,,Blue,,Wide,,0,deny,10.00,,,https://x/b.jpg,https://x/blue.jpg,\n"
        "tee,,,,,,,,,,,,,,,,,https://x/c.jpg,,\n"
        "mug,Mug,,Acme,Cups,,true,Title,Default Title,,,,,,x,,,,,draft\n"
        "cup,Cup,,Acme,Cups,,true,Title,Default Title,,,CUP,,,4.00,,,,,draft\n"
        "too,many,,,,,,,,,,,,,,,,,,,,,\n"
    )
    report = _import(_file(tmp_path, text), "shopify")
    assert report.created == 3
    assert [(line, field) for line, field, _ in report.rejected] == [(5, "price"), (7, "line")]
    red, blue = Product.objects.filter(item_group_id="tee").order_by("price", "pk")[:2]
    if red.product_id != "T-R":
        red, blue = blue, red
    assert (red.price, red.sale_price, red.stock) == (Decimal("10.00"), Decimal("8.00"), 5)
    assert red.description == "Soft & warm"
    assert red.attributes == {"color": "Red", "fit": "Slim", "tags": ["a", "b"]}
    assert red.image_link == "https://x/a.jpg"
    assert red.additional_image_link == ["https://x/b.jpg", "https://x/c.jpg"]
    assert (blue.product_id, blue.availability) == ("tee-2", "out_of_stock")
    assert blue.image_link == "https://x/blue.jpg"
    assert not Product.objects.get(product_id="CUP").active


def test_csv_with_typed_attributes(tmp_path: Path) -> None:
    text = (
        "id,title,price,currency,attr.size:number,attr.new:boolean,attr.tags:list,attr.note,stock,active\n"
        'a,A,5,GBP,2.5,true,"x,y",n,3,no\n'
        "b,B,5,GBP,big,,,,,\n"
        "c,C,5,pounds,,,,,lots,maybe\n"
    )
    report = _import(_file(tmp_path, text), "csv")
    assert {field for _, field, _ in report.rejected} == {"currency", "stock", "active"}
    product = Product.objects.get(product_id="a")
    assert product.attributes == {"size": 2.5, "new": True, "tags": ["x", "y"], "note": "n"}
    assert (product.stock, product.active, product.currency) == (3, False, "GBP")
    assert Product.objects.get(product_id="b").attributes == {"size": "big"}


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": "a", "title": "A", "price": 5, "attributes": {"n": 1, "t": ["x"]}}),
        "not json",
        "[1]",
        "",
        json.dumps({"id": "b", "title": "B", "price": "1 EUR", "attributes": {"Bad Key": 1}}),
        json.dumps({"id": "c", "title": True, "price": "1 EUR", "product_type": ["A > B", "C"]}),
    ]
    report = _import(_file(tmp_path, "\n".join(lines)), "jsonl", default_currency="USD")
    assert [(line, field) for line, field, _ in report.rejected] == [
        (2, "line"), (3, "line"), (5, "attributes"), (6, "title"),
    ]  # fmt: skip
    product = Product.objects.get()
    assert (product.currency, product.attributes) == ("USD", {"n": 1.0, "t": "x"})


def test_icecat_lines(tmp_path: Path) -> None:
    line = {
        "id": "77", "name": "dv7-1211ea", "title": "HP Pavilion dv7 Notebook", "ean": ["088"],
        "short_description": "D", "img_high": "http://h", "img_500x500": "http://m",
        "date_released": "2008-12-19T00:00:00Z", "supplier": "HP", "price": 10995,
        "attr_t_colour": "Silver", "attr_n_display_diagonal": 17.0, "attr_b_touchscreen": False,
    }  # fmt: skip
    report = _import(_file(tmp_path, json.dumps(line) + "\n" + json.dumps({"id": 1})), "icecat")
    assert report.rejected_rows == 1
    product = Product.objects.select_related("category").get()
    assert (product.mpn, product.brand, product.price) == ("dv7-1211ea", "HP", Decimal("109.95"))
    assert product.attributes == {
        "colour": "Silver",
        "display_diagonal": 17.0,
        "touchscreen": False,
    }
    assert product.category is not None
    assert product.category.path == "electronics/computers/laptops"
    assert product.released_at is not None
    assert product.mpn_normalised == "dv71211ea"


def test_export_then_import_changes_nothing(tmp_path: Path) -> None:
    rows = [
        {
            "id": "a", "title": 'Tab\tand "quotes", commas', "price": "10.50 EUR", "sale_price": "9 EUR",
            "sale_price_effective_date": "2026-01-01T00:00:00Z/2026-02-01T00:00:00+01:00",
            "description": "two\nlines", "product_type": "Home > Audio & Video > Headphones",
            "additional_image_link": ["https://x/1,2.jpg", "https://x/3.jpg"], "color": ["Red", "Blue"],
            "attributes": {"n": 0.1, "b": False, "t": "a: b, c", "l": ["p", "q,r"], "double__score": "x"},
            "custom_label_3": "late", "product_highlight": ["One", "Two, three"], "promotion_id": "P",
            "released_at": "2025-05-05T10:00:00Z", "stock": 4, "active": False, "gtin": "00012",
            "availability": "preorder", "availability_date": "2026-12-01", "condition": "used",
        },
        {"id": "b", "title": "Plain", "price": "1 USD"},
    ]  # fmt: skip
    path = _file(tmp_path, "\n".join(json.dumps(row) for row in rows))
    assert _import(path, "jsonl").created == 2
    exported = tmp_path / "out.tsv.gz"
    assert catalog_export(path=exported, include_inactive=True) == 2
    report = _import(exported, "merchant", dry_run=True)
    assert (report.created, report.updated, report.unchanged, report.rejected) == (0, 0, 2, [])
    assert catalog_export(path=tmp_path / "active.tsv") == 1


@pytest.mark.parametrize(
    ("name", "content", "feed_format"),
    [
        ("broken.gz", gzip.compress(b"id\ttitle\n" * 1000, mtime=0)[:40], "merchant"),
        ("broken.xml", b"<rss><channel><item></channel>", "merchant"),
        ("latin.csv", "id,title\né".encode("latin-1"), "csv"),
        ("empty.csv", b"", "csv"),
    ],
)
def test_an_unreadable_file_is_refused_and_audited(
    tmp_path: Path, name: str, content: bytes, feed_format: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        _import(path, feed_format)
    assert caught.value.code == "feed_unreadable"
    entry = AuditEntry.objects.get()
    assert entry.after is not None
    assert entry.after["failure"]


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="format must be"):
        _import(tmp_path / "x", "xlsx")
