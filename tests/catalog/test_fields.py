from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.catalog.domain.feed_records import (
    attribute_details,
    field_name,
    html_text,
    merchant_record,
    values_join,
    values_split,
)
from apps.catalog.domain.field_reading import (
    FieldInvalid,
    attribute_key,
    attributes_read,
    boolean_read,
    choice_read,
    moment_read,
    money_read,
    period_read,
    text_read,
    texts_read,
    whole_number_read,
)
from apps.catalog.domain.import_report import ImportReport, RowProblem, SeenIds
from apps.catalog.domain.product_input import (
    RowInvalid,
    category_names_read,
    product_input_read,
)


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [
        ("19.99 EUR", "19.99", "EUR"),
        ("usd 5", "5.00", "USD"),
        ("12,50", "12.50", "GBP"),
        ("1,299.00 EUR", "1299.00", "EUR"),
        ("1,299", "1299.00", "GBP"),
        (7, "7.00", "GBP"),
        (7.5, "7.50", "GBP"),
        ("1 299 SEK", "1299.00", "SEK"),
    ],
)
def test_prices(written: object, amount: str, currency: str) -> None:
    assert money_read(written, default_currency="GBP") == (Decimal(amount), currency)


@pytest.mark.parametrize(
    "written", ["free", "", "-5 EUR", "1.2.3", "0.001 EUR", "99999999999 EUR", True]
)
def test_what_is_no_price(written: object) -> None:
    with pytest.raises(FieldInvalid):
        money_read(written, default_currency="EUR")


def test_texts_have_limits() -> None:
    assert text_read(None, longest=1) == ""
    assert text_read(5, longest=1) == "5"
    refused: tuple[object, ...] = ("ab", "\x00", "\ud800", True, {})
    for bad in refused:
        with pytest.raises(FieldInvalid):
            text_read(bad, longest=1)
    assert texts_read("a", longest=1, most=1) == ("a",)
    with pytest.raises(FieldInvalid, match="the most is 1"):
        texts_read(["a", "b"], longest=1, most=1)


def test_moments_and_periods() -> None:
    assert moment_read("") is None
    assert moment_read("2026-01-02") == datetime(2026, 1, 2, tzinfo=UTC)
    assert moment_read("2026-01-02T10:00+0100") == datetime(2026, 1, 2, 9, tzinfo=UTC)
    assert period_read("") == (None, None)
    assert period_read("2026-01-02/") == (datetime(2026, 1, 2, tzinfo=UTC), None)
    for bad in ("2026-01-02", "2026-01-02/2026-01-01", "soon/later"):
        with pytest.raises(FieldInvalid):
            period_read(bad)


def test_small_types() -> None:
    assert [boolean_read(each) for each in ("Yes", "0", "", True)] == [True, False, None, True]
    assert [whole_number_read(each) for each in ("7", "7.0", "", -3)] == [7, 7, None, -3]
    assert choice_read("In Stock", ("in_stock",), default="x") == "in_stock"
    assert choice_read("", ("in_stock",), default="x") == "x"
    assert attribute_key("Screen size (cm)") == "screen_size_cm"
    for read in (boolean_read, whole_number_read):
        with pytest.raises(FieldInvalid):
            read("perhaps")
    with pytest.raises(FieldInvalid):
        choice_read("perhaps", ("in_stock",), default="x")


def test_attributes_are_typed() -> None:
    assert attributes_read(None) == {}
    raw = {"a": "x", "b": 1, "c": True, "d": ["x", "x"], "e": ["x", "y"], "f": "", "g": None}
    assert attributes_read(raw) == {"a": "x", "b": 1.0, "c": True, "d": "x", "e": ("x", "y")}
    too_many = {f"k{number}": 1 for number in range(1001)}
    refused: tuple[object, ...] = (
        [], {"A": 1}, {1: 1}, {"a": float("nan")}, {"a": {"b": 1}}, too_many,
    )  # fmt: skip
    for bad in refused:
        with pytest.raises(FieldInvalid):
            attributes_read(bad)


def test_categories_have_names() -> None:
    assert category_names_read("A > B>C") == ("A", "B", "C")
    assert category_names_read([]) == ()
    for bad in (" > ".join("ABCDEFGH"), "A > ---", "x" * 91):
        with pytest.raises(FieldInvalid):
            category_names_read(bad)


def test_a_row_says_everything_that_is_wrong_with_it() -> None:
    with pytest.raises(RowInvalid) as caught:
        product_input_read(
            {"id": "a", "title": "A", "price": "5 EUR", "sale_price": "6 USD", "currency": "EURO"}
        )
    assert [name for name, _ in caught.value.problems] == ["currency", "sale_price", "sale_price"]
    with pytest.raises(RowInvalid, match="is not a code"):
        product_input_read({"id": "a", "title": "A", "price": 5}, default_currency="??")
    with pytest.raises(RowInvalid, match="size"):
        product_input_read({"id": "a", "title": "A", "price": 5, "size": {"a": 1}})
    read = product_input_read(
        {"id": "a", "title": "A", "price": 5, "size": ["S", "M"], "promotion_id": ["x", "y"]}
    )
    assert read.attributes == {"size": ("S", "M")}
    assert read.feed_fields == {"promotion_id": ("x", "y")}


def test_records_of_feeds() -> None:
    assert field_name("{http://base.google.com/ns/1.0}image_link") == "image_link"
    assert field_name("g:Image Link") == "image_link"
    assert values_split(values_join(["a,b", 'c"d'])) == ["a,b", 'c"d']
    assert html_text("<p>a &amp;<br>b</p>") == "a & b"
    record = merchant_record(
        {"product_detail": ["x:Socket:E27", "x:Socket:E14", "x:Socket:B22", "x::y", "number:n:?"]}
    )
    assert record["attributes"] == {"socket": ["E27", "E14", "B22"], "n": "?"}
    assert merchant_record({"product_detail": "x:a:b", "attributes": 5})["attributes"] == {
        "a": "b"
    }
    assert attribute_details({"b": True, "n": 1.5, "t": ("x", "y"), "color": "Red"}) == [
        "boolean:b:true",
        "number:n:1.5",
        "text:t:x",
        "text:t:y",
    ]


def test_seen_ids_are_remembered_through_growth() -> None:
    seen = SeenIds()
    assert all(seen.add(str(number)) for number in range(5000))
    assert not any(seen.add(str(number)) for number in range(5000))
    report = ImportReport(problems=(RowProblem(3, "a", "price", "is required"),))
    assert report.rejected == [(3, "price", "is required")]
