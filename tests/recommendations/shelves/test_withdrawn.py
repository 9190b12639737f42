"""Products that were withdrawn since the snapshot, more of them than a shelf reads to spare."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Product
from tests.recommendations.shelves.conftest import Json, Shelf

pytestmark = pytest.mark.usefixtures("catalogue")
PLACEMENTS = ("home", "product", "cart", "category", "email")
K = 3


def ids(answer: Json) -> list[str]:
    return [item["product_id"] for item in answer["items"]]


@pytest.fixture
def shown(shelf: Shelf) -> Callable[[str], tuple[list[str], int]]:
    """What a shelf of three shows, and in how many statements."""

    def read(placement: str) -> tuple[list[str], int]:
        with CaptureQueriesContext(connection) as statements:
            answer = shelf(placement, k=K)
        assert [item["position"] for item in answer["items"]] == [1, 2, 3][: len(answer["items"])]
        own = [each for each in statements if not each["sql"].startswith("SAVEPOINT")]
        return ids(answer), len(own)

    return read


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_no_shelf_is_empty_while_a_candidate_is_left(
    shelf: Shelf, shown: Callable[[str], tuple[list[str], int]], placement: str
) -> None:
    everything = ids(shelf(placement, k=100))
    assert len(everything) > K + 4 + 2
    usual, statements = shown(placement)
    assert statements == 1
    left = everything[-2:]
    Product.objects.exclude(product_id__in=left).update(active=False)
    assert not set(usual) & set(left)
    assert (sorted(shown(placement)[0]), shown(placement)[1]) == (sorted(left), 2)


def test_what_there_is_to_spare_costs_one_statement(
    shelf: Shelf, shown: Callable[[str], tuple[list[str], int]]
) -> None:
    first = ids(shelf("home", k=K + 4))
    Product.objects.filter(product_id__in=first[:4]).update(active=False)
    assert shown("home") == (first[4:], 1)
    Product.objects.filter(product_id__in=first).update(active=False)
    found, statements = shown("home")
    assert (len(found), statements) == (K, 2)
    assert not set(found) & set(first)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_shelf_of_which_all_is_withdrawn_is_made_anew(shelf: Shelf, placement: str) -> None:
    """What is left is no candidate of the first making: it came after the snapshot."""
    assert ids(shelf(placement, k=K))
    Product.objects.update(active=False)
    Product.objects.bulk_create([Product(product_id="late", title="Late", price=Decimal(5))])
    answer = shelf(placement, k=K)
    assert (ids(answer), answer["fallback"]) == (["late"], ["popular"])


def test_where_nothing_is_left_the_shelf_says_so(shelf: Shelf) -> None:
    shelf("home", k=K)
    Product.objects.update(active=False)
    answer = shelf("home", k=K)
    assert (ids(answer), answer["fallback"]) == ([], ["nothing"])


def test_where_nothing_was_found_nobody_looks_again(
    shelf: Shelf, shown: Callable[[str], tuple[list[str], int]]
) -> None:
    Product.objects.update(active=False)
    assert shelf("home", k=K)["fallback"] == ["nothing"]
    assert shown("home") == ([], 0)
