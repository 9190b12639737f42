"""Real answers against the OpenAPI document that storefronts read."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[attr-defined]  # ships no types

from apps.search.api.schema import components, operation
from tests.search.types import Ask, Json

pytestmark = pytest.mark.usefixtures("catalogue")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return {
        "paths": {"/api/v1/search": {"get": operation()}},
        "components": {"schemas": components()},
    }


def validate(document: dict[str, Any], instance: object, name: str) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    Draft202012Validator(schema).validate(instance)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"q": "mouse", "explain": "true", "facets": "brand,category,price,attr.color"},
        {"q": "zzqx"},
        {"q": "Acme gaming mouse 3", "sort": "price", "filter[brand]": "Acme"},
    ],
)
def test_answers(document: Json, ask: Ask, parameters: Json) -> None:
    response = ask(parameters)
    assert response.status_code == 200
    validate(document, response.json(), "SearchAnswer")


def test_refusals(document: Json, ask: Ask) -> None:
    validate(document, ask({"nope": "x"}).json(), "SearchRefusal")


def test_the_operation_is_there(document: Json) -> None:
    operation = document["paths"]["/api/v1/search"]["get"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert {"q", "page", "per_page", "sort", "facets", "filter", "explain"} <= names
