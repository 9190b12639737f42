from collections.abc import Iterable, Mapping

import pytest

from apps.catalog.contracts import AttributeColumns, AttributeValue, Category, CategoryTree
from apps.catalog.domain.attribute_columns import AttributesBuilder
from apps.search.contracts_understanding import Extraction, ExtractionUse
from apps.search.domain.understanding.dictionaries import (
    MOST_VALUES,
    Dictionaries,
    Key,
    dictionaries_build,
)
from apps.search.domain.understanding.extraction import Knowledge, Reading, names_read

TREE = CategoryTree(
    (
        Category(0, 1, "electronics", "Electronics", None, 6),
        Category(1, 2, "electronics/laptops", "Laptops", 0, 2),
        Category(2, 3, "electronics/mice", "Mice", 0, 3),
        Category(3, 4, "electronics/keyboards-mats", "Keyboards & mats", 0, 4),
        Category(4, 5, "electronics/bags", "Laptop bags", 0, 5),
        Category(5, 6, "electronics/tv", "Televisions", 0, 6),
        Category(6, 7, "fashion", "Fashion", None, 8),
        Category(7, 8, "fashion/bags", "Bags", 6, 8),
        Category(8, 9, "toys", "Toys", None, 10),
        Category(9, 10, "toys/bags", "Bags", 8, 10),
        Category(10, 11, "the", "The", None, 11),
    )
)
BRANDS = ("Acme", "ACME", "Western Digital", "Home", "3", "X", "The")
PRODUCTS: tuple[Mapping[str, AttributeValue], ...] = (
    {"color": "Navy Blue", "size": "M", "screen_size_inch": 15.6, "height_cm": 30.0},
    {"color": ("Red", "Black"), "size": "42", "width_cm": 30.0, "capacity_gb": 256.0},
    {"format": "Paperback", "material": "a b c d", "size": 7.0},
)
SHARES = {"acme": 0.95, "home": 0.02, "western": 0.5}
MEANT = {("telly",): ("television",), ("note", "book"): ("laptop",)}


def attributes_built(products: Iterable[Mapping[str, AttributeValue]]) -> AttributeColumns:
    builder = AttributesBuilder()
    for row, attributes in enumerate(products):
        builder.add(row, attributes)
    return builder.build()


def stem(word: str) -> str:
    return word.removesuffix("s")


def share(_brands: tuple[str, ...], words: Key) -> float | None:
    return SHARES.get(words[0])


def meant(words: Key) -> Iterable[str]:
    return MEANT.get(words, ())


@pytest.fixture(scope="module")
def names() -> Dictionaries:
    return dictionaries_build(BRANDS, TREE, attributes_built(PRODUCTS), stem)


def read(names: Dictionaries, query: str) -> Reading:
    categories = TREE.categories
    knowledge = Knowledge(
        names, share, meant, stem,
        is_leaf=lambda code: categories[code].end == code + 1,
        path=lambda code: categories[code].path,
        title=lambda code: categories[code].name,
    )  # fmt: skip
    return names_read(tuple(query.split()), knowledge)


def told(found: Iterable[Extraction]) -> dict[str, str]:
    return {each.name: each.use.value for each in found}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("acme", {"brand:Acme": "filter", "brand:ACME": "filter"}),
        ("western digital drive", {"brand:Western Digital": "boost"}),
        ("home office", {}),
        ("3 x the", {}),
        ("laptop", {"category:electronics/laptops": "boost"}),
        ("gaming laptops", {"category:electronics/laptops": "filter"}),
        ("laptop bag", {"category:electronics/bags": "boost"}),
        ("laptop sleeve", {}),
        ("wireless mouse", {"category:electronics/mice": "filter"}),
        ("gaming keyboard", {"category:electronics/keyboards-mats": "boost"}),
        ("small bags", {"category:fashion/bags": "boost", "category:toys/bags": "boost"}),
        ("big electronics", {"category:electronics": "boost"}),
        ("sleeve for laptop", {}),
        ("laptop with mouse", {"category:electronics/laptops": "filter"}),
        ("big telly", {"category:electronics/tv": "filter"}),
        ("small note book", {"category:electronics/laptops": "filter"}),
        ("case for acme", {}),
        ("shoes by acme", {"brand:Acme": "filter", "brand:ACME": "filter"}),
        ("navy blue shirt", {"attr.color:Navy Blue": "boost"}),
        ("red mouse", {"attr.color:Red": "boost", "category:electronics/mice": "filter"}),
        ("laptop red", {"attr.color:Red": "boost", "category:electronics/laptops": "filter"}),
        ("shirt m", {}),
        ("shirt size m", {"attr.size:M": "filter"}),
        ("shirt size 42", {"attr.size:42": "filter"}),
        ("shoes 7 size", {"attr.size:7": "filter"}),
        ("colour red shirt", {"attr.color:Red": "filter"}),
        ("paperback", {}),
        ("format paperback", {"attr.format:Paperback": "filter"}),
        ("laptop 15.6 in", {"attr.screen_size_inch:15.6": "boost", "category:electronics/laptops": "filter"}),
        ('laptop 15.6"', {"attr.screen_size_inch:15.6": "boost", "category:electronics/laptops": "filter"}),
        ("stick 256gb", {"attr.capacity_gb:256": "boost"}),
        ("stick 128gb", {}),
        ("box 30 cm", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_what_a_query_names(names: Dictionaries, query: str, expected: dict[str, str]) -> None:
    assert told(read(names, query).extracted) == expected


def test_what_is_said_of_it(names: Dictionaries) -> None:
    found = read(names, "acme gaming laptop")
    assert (found.brand, found.brand_alone, found.category) == ("acme", False, "laptop")
    assert found.extracted[-1].label == "Category: Laptops"
    assert found.extracted[0].text == "acme"
    assert read(names, "acme").brand_alone
    assert found.extracted[0].softened().use is ExtractionUse.BOOST


def test_words_that_are_in_no_text_are_not_searched(names: Dictionaries) -> None:
    assert read(names, "shirt size m").words == ("shirt",)
    assert read(names, "best cheap laptop").words == ("laptop",)
    assert read(names, "best of queen").words == ("best", "of", "queen")
    assert read(names, "best buy laptop").words == ("best", "laptop")
    assert read(names, "cheap").words == ("cheap",)


def test_an_attribute_of_too_many_values_is_a_text() -> None:
    products = [{"color": f"shade {n}"} for n in range(MOST_VALUES + 1)]
    many = dictionaries_build((), TREE, attributes_built(products), stem)
    assert many.values == {}
