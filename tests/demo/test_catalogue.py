import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils.text import slugify
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import PCG64, Generator

from apps.demo.contracts import DemoCatalogue
from apps.demo.domain.catalogue.books import BOOKS
from apps.demo.domain.catalogue.generate import BRANCHES, catalogue_generate
from apps.demo.domain.catalogue.identifiers import check_digit, gtin13, part_number

AS_OF = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalogue() -> DemoCatalogue:
    return catalogue_generate(seed=7, count_wanted=5000, as_of=AS_OF)


def test_about_as_many_products_as_wanted(catalogue: DemoCatalogue) -> None:
    assert 4_900 <= len(catalogue.products) <= 5_300


def test_tree_has_five_branches_and_about_sixty_leaves(catalogue: DemoCatalogue) -> None:
    tops = [category.path for category in catalogue.categories if category.parent is None]
    assert tops == ["electronics", "fashion", "books", "home", "sports"]
    leaves = {product.category_path for product in catalogue.products}
    assert 55 <= len(leaves) <= 70
    known = {category.path for category in catalogue.categories}
    assert leaves <= known
    for place, category in enumerate(catalogue.categories):
        before = {one.path for one in catalogue.categories[:place]}
        assert category.parent is None or category.parent in before


def test_paths_are_the_slugs_of_names(catalogue: DemoCatalogue) -> None:
    for category in catalogue.categories:
        assert category.path.rpartition("/")[2] == slugify(category.name)


def test_ids_titles_and_gtins_are_unique(catalogue: DemoCatalogue) -> None:
    products = catalogue.products
    for key in ("product_id", "title", "gtin"):
        assert len({getattr(product, key) for product in products}) == len(products)


def test_same_seed_same_catalogue(catalogue: DemoCatalogue) -> None:
    assert catalogue_generate(seed=7, count_wanted=5000, as_of=AS_OF) == catalogue
    assert catalogue_generate(seed=8, count_wanted=5000, as_of=AS_OF) != catalogue


def test_a_smaller_catalogue_is_part_of_a_larger_one(catalogue: DemoCatalogue) -> None:
    small = catalogue_generate(seed=7, count_wanted=300, as_of=AS_OF)
    whole = {product.product_id: product for product in catalogue.products}
    assert all(whole[product.product_id] == product for product in small.products)


def test_gtins_carry_right_check_digits(catalogue: DemoCatalogue) -> None:
    for product in catalogue.products:
        digits = [int(digit) for digit in product.gtin]
        assert len(digits) == 13
        assert sum(digits[0::2]) % 10 == (-3 * sum(digits[1::2])) % 10


@pytest.mark.parametrize(
    ("body", "digit"),
    # GS1's own worked example, and two numbers printed on the standard's pages.
    [("629104150021", 3), ("400638133393", 1), ("978014300723", 4)],
)
def test_check_digit_of_published_numbers(body: str, digit: int) -> None:
    assert check_digit(body) == digit


@pytest.mark.parametrize("body", ["", "12a4", "\uff11\uff12"])
def test_check_digit_refuses_other_text(body: str) -> None:
    with pytest.raises(ValueError, match="not a row of digits"):
        check_digit(body)


@given(st.integers(min_value=0, max_value=10**11 - 1))
def test_any_single_wrong_digit_is_noticed(serial: int) -> None:
    number = gtin13(serial)
    wrong = str((int(number[4]) + 1) % 10)
    assert check_digit(number[:4] + wrong + number[5:12]) != int(number[12])


def test_part_numbers_hold_letters_digits_and_separators() -> None:
    rng = Generator(PCG64(1))
    found = [part_number(rng, "Cask & Clay", 42) for _ in range(50)]
    assert all(re.fullmatch(r"CAS[-/. ]00042[-/. ][A-Z][1-9]", one) for one in found)
    assert len({one[3] for one in found}) == 4


def test_prices_are_believable(catalogue: DemoCatalogue) -> None:
    ranges = {leaf.path: leaf.price for branch in BRANCHES for leaf in branch.leaves}
    on_sale = 0
    for product in catalogue.products:
        low, high = ranges[product.category_path]
        factor = 1.9 if product.category_path.startswith("books/") else 1.1
        assert Decimal(str(low)) * Decimal("0.6") <= product.price <= Decimal(str(high * factor))
        if product.sale_price is not None:
            assert Decimal(0) < product.sale_price < product.price
            on_sale += 1
    assert 0.15 < on_sale / len(catalogue.products) < 0.3


def test_variants_share_what_a_model_shares(catalogue: DemoCatalogue) -> None:
    groups: dict[str, list[object]] = {}
    for product in catalogue.products:
        shared = (product.brand, product.description, product.category_path, product.released_at)
        groups.setdefault(product.item_group_id, []).append(shared)
    assert all(len(set(shared)) == 1 for shared in groups.values())
    assert max(Counter(product.item_group_id for product in catalogue.products).values()) > 4


def test_descriptions_are_three_or_four_sentences_without_gaps(catalogue: DemoCatalogue) -> None:
    for product in catalogue.products:
        assert "{" not in product.title + product.description
        assert 2 <= len(re.findall(r"[.?!](?: |$)", product.description)) <= 5
        assert 40 < len(product.description) < 500


def test_releases_and_stock_agree_with_availability(catalogue: DemoCatalogue) -> None:
    for product in catalogue.products:
        if product.availability == "preorder":
            assert AS_OF < product.released_at < AS_OF + timedelta(days=60)
        if product.availability == "in_stock":
            assert product.stock > 0
            assert product.released_at < AS_OF
        else:
            assert product.stock == 0
    shares = Counter(product.availability for product in catalogue.products)
    assert set(shares) == {"in_stock", "out_of_stock", "backorder", "preorder"}
    assert shares["in_stock"] / len(catalogue.products) > 0.75


def test_books_have_authors_and_formats(catalogue: DemoCatalogue) -> None:
    books = [one for one in catalogue.products if one.category_path.startswith(BOOKS.path)]
    assert books
    for book in books:
        assert {"author", "pages", "language", "format"} <= set(book.attributes)
        assert f"by {book.attributes['author']}" in book.title


def test_what_a_noun_says_is_in_the_attributes(catalogue: DemoCatalogue) -> None:
    linen = [
        one
        for one in catalogue.products
        if "Linen Shirt" in one.title or "Linen Dress" in one.title
    ]
    assert linen
    assert {one.attributes["material"] for one in linen} == {"linen"}


def test_attributes_are_typed(catalogue: DemoCatalogue) -> None:
    kinds: dict[str, set[type]] = {}
    for product in catalogue.products:
        for key, value in product.attributes.items():
            kinds.setdefault(key, set()).add(type(value))
    assert all(len(found) == 1 for found in kinds.values())
    assert {str, float, bool} == {kind for found in kinds.values() for kind in found}
    assert all(re.fullmatch(r"[a-z0-9_]+", key) for key in kinds)
