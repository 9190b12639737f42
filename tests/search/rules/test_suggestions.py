"""Hidden products are no suggestion, and are counted by none."""

import pytest
from django.test import Client

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from tests.search.rules.conftest import Publish
from tests.search.rules.doing import hide, keep
from tests.search.types import Json

pytestmark = pytest.mark.usefixtures("catalogue")


def suggest(client: Client, query: str) -> list[Json]:
    issued = api_key_create(name="s", scopes=[Scope.SEARCH_READ], rate_per_minute=100_000)
    response = client.get(
        "/api/v1/search/suggest",
        {"q": query, "limit": "10"},
        headers={"Authorization": f"Bearer {issued.secret_once}"},
    )
    assert response.status_code == 200, response.content
    found: list[Json] = response.json()["suggestions"]
    return found


def products(found: list[Json]) -> set[str]:
    return {each["product_id"] for each in found if each["type"] == "product"}


def counted(found: list[Json]) -> dict[str, int]:
    return {each["text"]: each["products"] for each in found if "products" in each}


def test_what_is_hidden_is_neither_suggested_nor_counted(client: Client, publish: Publish) -> None:
    before = suggest(client, "belmont gam")
    gone = min(products(before))
    publish("gone", hide(gone))
    after = suggest(client, "belmont gam")
    assert gone not in products(after)
    assert len(products(after)) >= len(products(before)) - 1
    assert counted(suggest(client, "belm")) == {"Belmont": 11}
    assert suggest(client, "belmont gam") == after


def test_a_brand_that_is_hidden_whole_is_no_suggestion(client: Client, publish: Publish) -> None:
    publish("none", hide(brand=["Belmont"]))
    assert suggest(client, "belmont") == [
        each for each in suggest(client, "belmont") if each["type"] == "query"
    ]


def test_only_what_is_kept_is_suggested_for_these_words(client: Client, publish: Publish) -> None:
    publish("acme", keep(brand=["Acme"]), q="gaming")
    found = products(suggest(client, "gaming"))
    assert found
    assert found <= {f"p-1-{number}" for number in (0, 3, 6)}
    assert products(suggest(client, "gamin")) - found
