from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.catalog.models import Product
from tests.search.catalogue import BRANDS, COLOURS
from tests.search.types import Ask, Json, Search

pytestmark = pytest.mark.usefixtures("catalogue")


def ids(answer: dict[str, Any]) -> list[str]:
    return [hit["product_id"] for hit in answer["hits"]]


def test_all_terms(search: Search) -> None:
    answer = search(q="running shoe")
    assert answer["found"] == 9
    assert answer["matching"] == {
        "keyword": "all_terms", "semantic": False, "fallback": None, "popular_in": None,
        "relaxed": [],
    }  # fmt: skip
    assert all(each.startswith("p-3-") for each in ids(answer))
    assert [hit["position"] for hit in answer["hits"]] == list(range(1, 10))
    assert answer["category"] == {"detected": "fashion/shoes", "share": 1.0}
    assert "<mark>running shoes</mark>" in answer["hits"][0]["highlights"]["title"]
    assert answer["degraded"] == ["semantic"]  # nothing has been embedded


def test_inactive_products_are_not_found(search: Search) -> None:
    assert "p-0-8" not in ids(search(q="wireless mouse", per_page=100))


def test_relaxed_when_too_few_hold_every_term(search: Search) -> None:
    answer = search(q="Acme gaming mouse 3", per_page=100)
    assert answer["matching"]["keyword"] == "relaxed"
    assert ids(answer)[0] == "p-1-3"
    assert answer["found"] > 10


@pytest.mark.parametrize("typed", ["DV7-1211EA", "dv7 1211 ea", "dv71211ea", "dv7.1211/EA"])
def test_a_part_number_comes_first_however_it_is_typed(search: Search, typed: str) -> None:
    assert ids(search(q=typed))[0] == "p-2-0"


def test_nonsense_finds_nothing(search: Search) -> None:
    answer = search(q="zzqx vvbnk")
    assert (answer["found"], answer["hits"], answer["pages"]) == (0, [], 0)
    assert answer["matching"]["keyword"] == "none"


@pytest.mark.parametrize("typed", ["", "   ", "\u200b"])
def test_an_empty_query_browses_everything_active(search: Search, typed: str) -> None:
    answer = search(q=typed, per_page=100, explain="true")
    assert answer["found"] == 35
    assert answer["matching"]["keyword"] == "browse"
    explanation = answer["hits"][0]["explanation"]
    assert explanation["contributions"].get("search_score", 0.0) == 0.0


@pytest.mark.parametrize(
    "typed", ["the", "'", "a & !b | (c <-> d)", "%s %(x)s", "\\", "!!!", ":*"]
)
def test_anything_may_be_typed(search: Search, typed: str) -> None:
    assert search(q=typed)["found"] >= 0


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=256))
def test_any_text_is_answered(search: Search, text: str) -> None:
    search(q=text)


def brute_force(**wanted: Any) -> set[str]:
    return set(Product.objects.filter(active=True, **wanted).values_list("product_id", flat=True))


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"filter[category]": "electronics"}, {"category__path__startswith": "electronics"}),
        ({"filter[category]": "fashion/shoes"}, {"category__path": "fashion/shoes"}),
        ({"filter[category]": "no/such"}, {"category__path": "no/such"}),
        ({"filter[brand]": ["Acme", "Corvid"]}, {"brand__in": ["Acme", "Corvid"]}),
        ({"filter[price]": "20..40"}, {"price__gte": 20, "price__lte": 40}),
        ({"filter[availability]": "out_of_stock"}, {"availability": "out_of_stock"}),
        ({"filter[attr.color]": "red"}, {"attributes__color": "red"}),
        ({"filter[attr.weight]": "103.."}, {"attributes__weight__gte": 103}),
        ({"filter[attr.boxed]": "true"}, {"attributes__boxed": True}),
        (
            {"filter[brand]": "Acme", "filter[attr.color]": "black", "filter[price]": "..30"},
            {"brand": "Acme", "attributes__color": "black", "price__lte": 30},
        ),
    ],
)
def test_filters_agree_with_sql(search: Search, filters: Json, wanted: Json) -> None:
    answer = search(filters, per_page=100)
    assert set(ids(answer)) == brute_force(**wanted)
    assert answer["found"] == len(ids(answer))


FACETS = "category,brand,price,availability,attr.color,attr.weight,attr.boxed"


@pytest.mark.parametrize("query", ["", "mouse", "Acme gaming mouse 3"])
@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"filter[brand]": "Acme"},
        {"filter[brand]": ["Acme", "Belmont"], "filter[attr.color]": "red"},
        {"filter[category]": "electronics", "filter[price]": "..50"},
    ],
)
def test_the_number_beside_a_value_is_what_filtering_by_it_finds(
    search: Search, query: str, filters: Json
) -> None:
    answer = search({**filters}, q=query, facets=FACETS)
    for field, lines in answer["facets"].items():
        for line in lines:
            chosen = {**filters, f"filter[{field}]": line["value"]}
            assert search(chosen, q=query)["found"] == line["count"], (field, line)


def test_a_selected_value_is_marked_and_its_field_keeps_the_others(search: Search) -> None:
    lines = search({"filter[brand]": "Acme"}, facets="brand")["facets"]["brand"]
    assert {line["value"] for line in lines} == set(BRANDS)
    assert [line["value"] for line in lines if line["selected"]] == ["Acme"]
    colours = search({"filter[attr.color]": COLOURS[0]}, facets="attr.color")["facets"]
    assert len(colours["attr.color"]) == len(COLOURS)


@pytest.mark.parametrize("sort", ["relevance", "price", "-price", "newest", "popularity"])
@pytest.mark.parametrize("query", ["", "Acme mouse"])
def test_pages_put_together_are_one_big_page(search: Search, query: str, sort: str) -> None:
    whole = search(q=query, sort=sort, per_page=100)
    parts = [
        hit
        for page in range(1, 1 + whole["found"] // 7 + 1)
        for hit in search(q=query, sort=sort, per_page=7, page=page)["hits"]
    ]
    assert [hit["product_id"] for hit in parts] == ids(whole)
    assert [hit["position"] for hit in parts] == list(range(1, whole["found"] + 1))


def test_sorts(search: Search) -> None:
    prices = [hit["price"] for hit in search(q="mouse", sort="price", per_page=100)["hits"]]
    assert prices == sorted(prices)
    assert len(prices) == 17
    falling = [hit["price"] for hit in search(sort="-price", per_page=100)["hits"]]
    assert falling == sorted(falling, reverse=True)
    released = [hit["released_at"] for hit in search(sort="newest", per_page=100)["hits"]]
    assert released == sorted(released, reverse=True)


def test_other_sorts_answer_from_firm_matches(search: Search) -> None:
    by_price = search(q="Acme gaming mouse 3", sort="price", facets="brand")
    assert ids(by_price) == ["p-1-3"]
    assert by_price["facets"]["brand"][0]["count"] == 1
    nothing_firm = search(q="Acme sofa", sort="price", per_page=100)
    assert nothing_firm["found"] == len(brute_force(brand="Acme"))


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"query": "x"}, "query"),
        ({"filter[colour]": "x"}, "filter[colour]"),
        ({"filter[attr.nothing]": "x"}, "filter[attr.nothing]"),
        ({"facets": "colour"}, "facets"),
        ({"facets": "attr.nothing"}, "facets"),
        ({"sort": "cheapest"}, "sort"),
        ({"q": "x" * 257}, "q"),
        ({"per_page": "101"}, "per_page"),
        ({"page": "101", "per_page": "100"}, "page"),
        ({"filter[price]": "x"}, "filter[price]"),
    ],
)
def test_bad_requests_name_the_parameter(ask: Ask, parameters: Json, named: str) -> None:
    response = ask(parameters)
    assert response.status_code == 400
    body = response.json()
    assert body["extra"]["field"] == named
    assert body["trace_id"]


def test_no_key_no_answer(client: Client) -> None:
    assert client.get("/api/v1/search").status_code == 401


def test_only_get(client: Client) -> None:
    assert client.post("/api/v1/search").status_code == 405


def test_explanations_sum_to_the_score(search: Search) -> None:
    for hit in search(q="mouse", explain="true")["hits"]:
        explanation = hit["explanation"]
        assert sum(explanation["contributions"].values()) == pytest.approx(
            explanation["final_score"], abs=1e-9
        )
        assert explanation["final_score"] == pytest.approx(hit["score"], abs=1e-12)
        assert explanation["reason"]
    assert "explanation" not in search(q="mouse")["hits"][0]
