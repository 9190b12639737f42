from uuid import UUID

import pytest

from apps.catalog.models import Product
from tests.recommendations.shelves.conftest import Ask, Json, Shelf

pytestmark = pytest.mark.usefixtures("catalogue")


def ids(answer: Json) -> list[str]:
    return [item["product_id"] for item in answer["items"]]


@pytest.mark.parametrize("placement", ["home", "product", "cart", "category", "email"])
def test_no_shelf_is_ever_empty(shelf: Shelf, placement: str) -> None:
    answer = shelf(placement)
    assert answer["items"]
    assert [item["position"] for item in answer["items"]] == list(
        range(1, len(answer["items"]) + 1)
    )
    assert len(set(ids(answer))) == len(answer["items"])
    assert UUID(answer["query_id"]).version == 7
    assert answer["degraded"] == []


def test_what_fills_a_shelf_without_events_says_so(shelf: Shelf) -> None:
    answer = shelf("home", k=5)
    assert answer["strategies"] == []
    assert answer["fallback"] == ["popular"]
    assert answer["personalised"] is False
    assert {item["reason"]["code"] for item in answer["items"]} == {"assortment"}


def test_only_products_that_can_be_bought_now(shelf: Shelf) -> None:
    shown = ids(shelf(k=100))
    buyable = Product.objects.filter(active=True).exclude(availability="out_of_stock")
    assert set(shown) == set(buyable.values_list("product_id", flat=True))


def test_a_withdrawn_product_leaves_with_the_very_next_answer(shelf: Shelf) -> None:
    first = ids(shelf(k=3))
    Product.objects.filter(product_id=first[0]).update(active=False)
    second = ids(shelf(k=3))
    assert first[0] not in second
    assert len(second) == 3


def test_more_withdrawn_than_stand_by_leave_no_gap(shelf: Shelf) -> None:
    first = ids(shelf(k=12))
    Product.objects.filter(product_id__in=first[:9]).update(active=False)
    answer = shelf(k=3)
    assert ids(answer) == first[9:12]
    assert answer["fallback"] == ["popular"]


def test_several_categories_with_all_below_them(shelf: Shelf) -> None:
    wanted = {"filter[category]": ["electronics", "fashion/shoes"]}
    categories = {item["category"] for item in shelf(parameters=wanted, k=100)["items"]}
    assert categories == {"electronics/mice", "electronics/hubs", "fashion/shoes"}
    alone = shelf(parameters={"filter[category]": "electronics"}, k=100)["items"]
    assert {item["category"] for item in alone} == {"electronics/mice", "electronics/hubs"}


def test_the_named_category_narrows_too(shelf: Shelf) -> None:
    answer = shelf("category", category="fashion", k=4)
    assert {item["category"] for item in answer["items"]} == {"fashion/shoes"}
    assert answer["fallback"] == ["category_popular"]
    assert answer["items"][0]["reason"]["words"] == "From Fashion"


def test_what_is_from_anywhere_does_not_claim_the_category(shelf: Shelf) -> None:
    answer = shelf("product", product_id="p-2-0", k=20)
    assert answer["fallback"] == ["category_popular", "popular"]
    words = {item["reason"]["words"]: item["category"] for item in answer["items"]}
    assert words["From Hubs"] == "electronics/hubs"
    assert words["From our range"] != "electronics/hubs"


def test_the_context_is_left_out_with_its_variants(shelf: Shelf) -> None:
    Product.objects.filter(product_id__in=["p-0-0", "p-0-1", "p-0-2"]).update(item_group_id="g1")
    Product.objects.filter(product_id__in=["p-1-0", "p-1-1"]).update(item_group_id="g2")
    shown = set(ids(shelf("cart", {"product_id": ["p-0-0", "p-3-0"]}, k=100)))
    assert not shown & {"p-0-0", "p-0-1", "p-0-2", "p-3-0"}
    assert len(shown & {"p-1-0", "p-1-1"}) == 1


def test_nothing_left_by_filters_is_said_and_filled(shelf: Shelf) -> None:
    answer = shelf(parameters={"filter[price]": "9000..9999"}, k=4)
    assert len(answer["items"]) == 4
    assert answer["fallback"] == ["without_filters"]
    assert {item["availability"] for item in answer["items"]} == {"in_stock"}


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"placement": "attic"}, "placement"),
        ({"placement": ""}, "placement"),
        ({"colour": "red"}, "colour"),
        ({"k": "0"}, "k"),
        ({"k": "101"}, "k"),
        ({"k": "x"}, "k"),
        ({"explain": "maybe"}, "explain"),
        ({"category": "attic"}, "category"),
        ({"filter[colour]": "red"}, "filter[colour]"),
        ({"filter[attr.nothing]": "x"}, "filter[attr.nothing]"),
        ({"product_id": ""}, "product_id"),
        ({"product_id": ["p"] * 51}, "product_id"),
        ({"user_id": "u" * 201}, "user_id"),
        ({"user_id": ["a", "b"]}, "user_id"),
        ({"attributes[x]": "v" * 201}, "attributes[x]"),
        ({"attributes[x]": ["v", "w"]}, "attributes[x]"),
        *(
            ({name: "a\x00b"}, name)
            for name in (
                "placement",
                "user_id",
                "client_id",
                "session_id",
                "product_id",
                "category",
                "k",
                "explain",
                "qa",
                "sticky",
                "attributes[x]",
                "filter[brand]",
                "filter[category]",
                "filter[attr.a\x00b]",
                "filter[price]",
                "filter[availability]",
                "a\x00b",
            )
        ),
    ],
)
def test_bad_parameters_are_named(ask: Ask, parameters: Json, field: str) -> None:
    response = ask(placement="home", parameters=parameters)
    assert response.status_code == 400
    assert response.json()["extra"]["field"] == field


def test_the_scope_is_asked_for(client: object, ask: Ask) -> None:
    del ask
    response = client.get("/api/v1/recommendations", {"placement": "home"})  # type: ignore[attr-defined]  # Django's test client
    assert response.status_code == 401


def test_explanations_add_up(shelf: Shelf) -> None:
    for item in shelf(explain="true", k=6)["items"]:
        explanation = item["explanation"]
        assert sum(explanation["contributions"].values()) == pytest.approx(
            explanation["final_score"], abs=1e-9
        )
        assert explanation["reason"].startswith(f"Position {item['position']} ")
