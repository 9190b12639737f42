"""The route, over a small catalogue in PostgreSQL."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator  # type: ignore[attr-defined]  # ships no types
from pytest_django.fixtures import Settings

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.catalog.models import Category, Product
from apps.features.selectors import serving_snapshot_refresh
from apps.search.api.schema import components
from apps.search.api.schema_suggest import suggest_components, suggest_operation
from tests.search.suggest.conftest import Get, Suggest
from tests.search.types import Json

pytestmark = pytest.mark.usefixtures("catalogue")


def _texts(found: list[Json], kind: str) -> list[str]:
    return [each["text"] for each in found if each["type"] == kind]


def test_every_type_while_typing(suggest: Suggest) -> None:
    found = suggest("mou")
    assert _texts(found, "query")[0] == "mouse"
    assert "mouse" in " ".join(_texts(found, "query"))
    assert all("mouse" in each for each in _texts(found, "product"))
    assert _texts(suggest("shoe"), "category") == ["Shoes"]
    assert _texts(suggest("belm"), "brand") == ["Belmont"]


def test_items_say_what_a_page_needs(suggest: Suggest) -> None:
    found = suggest("belmont gam")
    product = next(each for each in found if each["type"] == "product")
    assert product["highlighted"].startswith("<mark>Belmont</mark> <mark>gam</mark>ing mouse")
    assert product["product_id"].startswith("p-1-")
    assert product["price"] > 0
    assert product["category"] == "electronics/mice"
    shoes = next(each for each in suggest("sho") if each["type"] == "category")
    assert (shoes["category"], shoes["trail"], shoes["products"]) == (
        "fashion/shoes", ["Fashion", "Shoes"], 9,
    )  # fmt: skip
    brand = next(each for each in suggest("acm") if each["type"] == "brand")
    assert (brand["brand"], brand["highlighted"]) == ("Acme", "<mark>Acm</mark>e")


@pytest.mark.parametrize(
    "typed",
    ["wireless mou", "mouse wirel", "wirelss mou", "wireless mousse", "WIRELESS Môu", "wireles"],
)
def test_order_typos_and_accents_do_not_matter(suggest: Suggest, typed: str) -> None:
    products = _texts(suggest(typed), "product")
    assert products
    assert all("wireless mouse" in each for each in products)


@pytest.mark.parametrize("typed", ["dv7-12", "DV7 1211", "dv71211e", "acme dv7-12", "dv7.1211ea"])
def test_part_numbers_by_their_beginning(suggest: Suggest, typed: str) -> None:
    products = [each for each in suggest(typed) if each["type"] == "product"]
    assert products[0]["product_id"] == "p-2-0"


def test_nonsense_finds_nothing(suggest: Suggest) -> None:
    assert suggest("qzxv") == []
    assert suggest("qzxv mouse") == []
    assert suggest("---") == []


def test_inactive_products_never_show(suggest: Suggest) -> None:
    assert not any(each.get("product_id") == "p-0-8" for each in suggest("corvid wireless"))


def test_shelves_without_active_products_never_show(suggest: Suggest) -> None:
    Product.objects.filter(category__path="fashion/shoes").update(active=False)
    Product.objects.filter(brand="Belmont").update(active=False)
    serving_snapshot_refresh()
    assert suggest("shoes") == []
    assert _texts(suggest("belmont"), "brand") == []


def test_a_new_product_is_suggested(suggest: Suggest) -> None:
    suggest("mou")
    Product.objects.create(
        product_id="new", title="Zeppelin teapot", brand="Zorb", price=1,
        category=Category.objects.get(path="fashion"),
    )  # fmt: skip
    serving_snapshot_refresh()
    assert _texts(suggest("zeppel"), "product") == ["Zeppelin teapot"]
    assert _texts(suggest("zor"), "brand") == ["Zorb"]


def test_variants_are_one_suggestion(suggest: Suggest) -> None:
    Product.objects.filter(product_id__startswith="p-3").update(item_group_id="shoe")
    assert len(_texts(suggest("running"), "product")) == 1


def test_nothing_typed_gives_categories(suggest: Suggest) -> None:
    found = suggest("")
    assert _texts(found, "category") == ["Electronics", "Mice", "Fashion"]
    assert {each["type"] for each in found} == {"category"}


def test_limit_and_types(suggest: Suggest) -> None:
    assert len(suggest("m", limit=3)) == 3
    assert {each["type"] for each in suggest("mouse", types="product")} == {"product"}
    assert {each["type"] for each in suggest("b", types="brand,category")} == {"brand"}
    assert len(suggest("acme", types="product", limit=20)) == 5


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"page": "1"}, "page"),
        ({"filter[brand]": "x"}, "filter[brand]"),
        ({"limit": "0"}, "limit"),
        ({"limit": "21"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"types": "products"}, "types"),
        ({"q": "x" * 257}, "q"),
        ({"q": ["a", "b"]}, "q"),
    ],
)
def test_refusals_name_the_field(get: Get, parameters: Json, field: str) -> None:
    response = get(**parameters)
    assert response.status_code == 400
    assert response.json()["extra"]["field"] == field


def test_the_scope_is_asked_for(client: Client) -> None:
    assert client.get("/api/v1/search/suggest").status_code == 401
    other = api_key_create(name="other", scopes=[Scope.EVENTS_WRITE], rate_per_minute=100)
    headers = {"X-API-Key": other.secret_once}
    assert client.get("/api/v1/search/suggest", headers=headers).status_code == 403


def test_answers_fit_the_schema(get: Get) -> None:
    schemas = {**components(), **suggest_components()}
    schema = {
        "$ref": "#/components/schemas/Suggestions",
        "components": {"schemas": schemas},
    }
    for q in ("", "mou", "acme wire", "sho", "qzx"):
        Draft202012Validator(schema).validate(get(q=q).json())
    names = {each["name"] for each in suggest_operation()["parameters"]}
    assert names == {"q", "limit", "types"}


def test_at_most_one_statement(get: Get) -> None:
    get(q="mou")
    for q, most in (("mou", 1), ("acme wire", 1), ("qzxv", 0), ("", 0)):
        with CaptureQueriesContext(connection) as statements:
            get(q=q)
        own = [each["sql"] for each in statements if not each["sql"].startswith("SAVEPOINT")]
        assert len(own) <= most, own


def test_without_a_lexicon_names_remain(get: Get, settings: Settings) -> None:
    settings.LEXICON_IN_PROCESS_MOST = 0
    answer = get(q="sho").json()
    assert answer["degraded"] == ["lexicon"]
    assert _texts(answer["suggestions"], "category") == ["Shoes"]
    assert _texts(answer["suggestions"], "product") == []
