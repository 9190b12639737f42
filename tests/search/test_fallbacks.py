"""When words do not find everything, the answer says what was given up, and what answers."""

import pytest

from apps.catalog.models import Category, Product
from apps.common.services import version_bump
from apps.search.metrics import fallbacks_total
from tests.search.types import Build, Search

pytestmark = pytest.mark.usefixtures("catalogue")


def counted(step: str) -> float:
    return float(fallbacks_total.labels(step)._value.get())


def test_nothing_is_given_up_while_a_product_holds_every_word(search: Search) -> None:
    matching = search(q="acme mouse")["matching"]
    assert matching["relaxed"] == []
    assert matching["fallback"] is None
    assert matching["popular_in"] is None
    assert search(q="")["matching"]["relaxed"] == []


def test_a_word_that_no_product_holds_is_given_up_and_named(search: Search) -> None:
    before = counted("relaxed")
    answer = search(q="wireless mouse zeppelin")
    assert answer["matching"]["relaxed"] == ["zeppelin"]
    assert answer["matching"]["keyword"] == "relaxed"
    assert "wireless mouse" in answer["hits"][0]["title"]
    assert counted("relaxed") == before + 1


def test_as_little_as_can_be_is_given_up(search: Search) -> None:
    answer = search(q="acme usb hub trainers", understand="false")
    assert answer["matching"]["relaxed"] == ["trainers"]
    assert "Acme USB-C hub" in answer["hits"][0]["title"]


def test_what_is_given_up_is_judged_over_what_passes_the_filters(search: Search) -> None:
    """One product holds all the words, but the shopper wants another brand's."""
    Product.objects.filter(product_id="p-0-0").update(description="With a zeppelin on it.")
    assert search(q="wireless mouse zeppelin")["matching"]["relaxed"] == []
    answer = search({"filter[brand]": "Belmont"}, q="wireless mouse zeppelin")
    assert answer["matching"]["relaxed"] == ["zeppelin"]
    assert answer["found"] > 0


def test_another_order_takes_what_holds_some_words_where_filters_leave_no_other(
    search: Search,
) -> None:
    Product.objects.filter(product_id="p-0-0").update(description="With a zeppelin on it.")
    asked = {"q": "wireless mouse zeppelin", "sort": "price"}
    assert [hit["product_id"] for hit in search(asked)["hits"]] == ["p-0-0"]
    answer = search({"filter[brand]": "Belmont"}, **asked)
    assert answer["matching"]["relaxed"] == ["zeppelin"]
    assert answer["matching"]["fallback"] is None
    prices = [hit["price"] for hit in answer["hits"]]
    assert prices
    assert prices == sorted(prices)


def test_a_part_number_outlasts_soft_words(search: Search) -> None:
    answer = search(q="dv7-1211ea zeppelin")
    assert answer["hits"][0]["product_id"] == "p-2-0"


def test_letters_and_short_numbers_alone_are_no_answer(search: Search) -> None:
    """Every title has a number, but a number is not what was asked for."""
    answer = search(q="qwzrtp 4", spell="false")
    assert answer["found"] == 0
    assert answer["matching"]["fallback"] is None


def test_meaning_alone_is_named(search: Search, embedded: Build) -> None:
    embedded()
    semantic, nothing = counted("semantic"), counted("nothing")
    answer = search(q="sneakers", spell="false")
    assert answer["matching"]["fallback"] == "semantic"
    assert answer["found"] > 0
    assert search(q="qwzrtp", spell="false")["found"] == 0
    assert (counted("semantic"), counted("nothing")) == (semantic + 1, nothing + 1)


def test_filters_that_leave_nothing_show_what_is_popular_there(search: Search) -> None:
    before = counted("category_popular")
    answer = search({"filter[category]": "fashion/shoes"}, q="wireless mouse")
    assert answer["matching"]["fallback"] == "category_popular"
    assert answer["matching"]["popular_in"] == "fashion/shoes"
    assert answer["found"] == 9
    assert {hit["category"] for hit in answer["hits"]} == {"fashion/shoes"}
    assert counted("category_popular") == before + 1


def test_nothing_is_popular_that_the_filters_leave_out(search: Search) -> None:
    answer = search({"filter[category]": "fashion/shoes", "filter[price]": "..1"}, q="mouse")
    assert answer["found"] == 0
    assert answer["matching"]["popular_in"] is None


def test_nonsense_finds_nothing_in_any_category(search: Search) -> None:
    answer = search({"filter[category]": "fashion/shoes"}, q="qwzrtp", spell="false")
    assert (answer["found"], answer["matching"]["fallback"]) == (0, None)


def test_an_empty_category_shows_the_nearest_one_with_products(search: Search) -> None:
    above = Category.objects.get(path="electronics")
    Category.objects.create(
        name="Turntables", slug="turntables", path="electronics/turntables", parent=above
    )
    version_bump("catalog:tree")
    answer = search(q="turntables", spell="false")
    assert answer["matching"]["fallback"] == "category_popular"
    assert answer["matching"]["popular_in"] == "electronics"
    assert answer["found"] == 26


def test_words_that_are_only_mentioned_are_said_to_be(search: Search) -> None:
    """They stand in descriptions: nothing is called so."""
    before = counted("mentioned")
    answer = search(q="silent")
    assert answer["found"] > 0
    assert answer["matching"]["fallback"] == "mentioned"
    assert answer["matching"]["keyword"] == "all_terms"
    assert counted("mentioned") == before + 1
    assert search(q="silent mouse")["matching"]["fallback"] is None
    assert search(q="wireless")["matching"]["fallback"] is None
