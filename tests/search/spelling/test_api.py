"""Misspelt queries through the API, over real PostgreSQL."""

import pytest
from prometheus_client import REGISTRY

from apps.catalog.models import Product
from tests.search.types import Ask, Json, Search

pytestmark = pytest.mark.usefixtures("catalogue")


def _titles(answer: Json) -> list[str]:
    return [hit["title"] for hit in answer["hits"]]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wireles mose", "wireless mouse"),
        ("runing shoess", "running shoes"),
        ("WIRELSES Mouse", "wireless mouse"),
        ("gamingmouse", "gaming mouse"),
    ],
)
def test_a_query_of_typos_finds_what_was_meant(search: Search, typed: str, meant: str) -> None:
    answer, direct = search(q=typed), search(q=meant)
    assert answer["corrected_query"] == meant
    assert answer["found"] == direct["found"] > 0
    assert _titles(answer) == _titles(direct)
    assert direct["corrected_query"] is None
    assert direct["correction"] is None


def test_the_answer_says_what_was_changed_and_how_surely(search: Search) -> None:
    correction = search(q="black wireles mouse")["correction"]
    assert correction["original"] == "black wireles mouse"
    assert correction["corrected"] == "black wireless mouse"
    (word,) = correction["words"]
    assert (word["from"], word["to"]) == ("wireles", "wireless")
    assert 0.8 <= word["confidence"] <= 1


def test_who_insists_gets_the_query_as_typed(search: Search) -> None:
    answer = search(q="wireles mose", spell="false")
    assert answer["corrected_query"] is None
    assert answer["query"] == "wireles mose"
    assert answer["found"] == 0


def test_insisting_is_true_or_false(ask: Ask) -> None:
    response = ask(q="mose", spell="maybe")
    assert response.status_code == 400
    assert response.json()["extra"]["field"] == "spell"


@pytest.mark.parametrize("typed", ["dv7-1211ea", "dv71211ea", "dv7 1211 ea", "Acme DV7/1211EA"])
def test_a_part_number_stays_as_it_is(search: Search, typed: str) -> None:
    answer = search(q=typed)
    assert answer["corrected_query"] is None
    assert answer["hits"][0]["product_id"] == "p-2-0"


def test_letters_of_a_part_number_are_no_word_to_be_corrected(search: Search) -> None:
    Product.objects.filter(product_id="p-0-1").update(mpn="MOSE1211")
    assert search(q="wireless mose")["corrected_query"] == "wireless mouse"
    answer = search(q="mose 1211")
    assert answer["corrected_query"] is None
    assert answer["hits"][0]["product_id"] == "p-0-1"


@pytest.mark.parametrize("typed", ["zzqqx blorft", "asdfghjkl", "xkcd qwrtz"])
def test_nonsense_still_finds_nothing(search: Search, typed: str) -> None:
    answer = search(q=typed)
    assert answer["found"] == 0
    assert answer["corrected_query"] is None


def test_words_of_the_catalogue_stay_also_beside_a_usual_one(search: Search) -> None:
    Product.objects.filter(product_id="p-0-1").update(title="Belmont wireless mose 1")
    answer = search(q="wireless mose")
    assert answer["corrected_query"] is None
    assert answer["hits"][0]["product_id"] == "p-0-1"


def test_other_spacing_finds_the_same(search: Search) -> None:
    together, apart = search(q="usbc hub"), search(q="usb c hub")
    assert together["corrected_query"] is None
    assert together["found"] == apart["found"] > 0
    assert {hit["product_id"] for hit in together["hits"]} == {
        hit["product_id"] for hit in apart["hits"]
    }


def _corrections() -> float:
    return REGISTRY.get_sample_value("endcap_search_corrections_total") or 0.0


def test_corrections_are_counted(search: Search) -> None:
    before = _corrections()
    search(q="wireles mouse")
    search(q="wireless mouse")
    search(q="wireles mouse", spell="false")
    assert _corrections() == before + 1
