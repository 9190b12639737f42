"""`GET /api/v1/products/{product_id}/similar`."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator  # type: ignore[attr-defined]  # ships no types

from apps.access.models import User
from apps.catalog.models import Product
from apps.common.observability.metrics import degraded_total
from apps.common.services import version_bump
from apps.embeddings.selectors import INDEX_ARTIFACT
from apps.merchandising.services_rules import rule_create, rule_publish
from apps.model_registry.contracts import Scalar
from apps.model_registry.models import ArtifactVersion
from apps.model_registry.services.publish import artifact_publish
from apps.recommendations.api import schema as shelf_schema
from apps.recommendations.api import similar_schema
from apps.recommendations.contracts_models import ARTIFACT as RECOMMENDER
from apps.recommendations.contracts_relations import ARTIFACT
from apps.recommendations.engines.model_files import model_write
from apps.recommendations.engines.relation_files import relations_write
from apps.search.api import schema as search_schema
from tests.recommendations.affinity_stage import model_of
from tests.recommendations.relations.conftest import AskSimilar, Json, Similar
from tests.recommendations.relations.shop import relations_with

pytestmark = pytest.mark.usefixtures("index")


def ids(answer: Json) -> list[str]:
    return [item["product_id"] for item in answer["items"]]


@pytest.fixture
def viewed_together(index: None) -> None:
    """p-0-0 is looked at together with p-3-0, then p-2-0."""
    pks = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    code = {name: pks.index(Product.objects.get(product_id=name).pk) for name in _NAMES}
    viewed = {code["p-0-0"]: [(code["p-3-0"], 0.4), (code["p-2-0"], 0.2)]}

    def write(folder: Path) -> Mapping[str, Scalar]:
        relations_write(folder, relations_with(viewed=viewed, pks=pks))
        return {}

    artifact_publish(name=ARTIFACT, write=write)


_NAMES = ("p-0-0", "p-2-0", "p-3-0")


def test_content_is_what_products_say(similar: Similar) -> None:
    answer = similar("p-0-0", kind="content", k=5)
    assert answer["by"] == ["content"]
    assert len(answer["items"]) == 5
    assert all(name.startswith("p-0-") for name in ids(answer))
    assert [item["position"] for item in answer["items"]] == [1, 2, 3, 4, 5]
    assert "p-0-0" not in ids(answer)
    title = Product.objects.get(product_id="p-0-0").title
    reason = answer["items"][0]["reason"]
    assert (reason["code"], reason["words"]) == ("similar", f"Similar to {title}")
    assert reason["product_ids"] == ["p-0-0"]
    assert answer["degraded"] == []


@pytest.mark.usefixtures("viewed_together")
def test_collaborative_is_who_chooses_them(similar: Similar) -> None:
    answer = similar("p-0-0", kind="collaborative")
    assert answer["by"] == ["visits"]
    assert ids(answer) == ["p-3-0", "p-2-0"]
    # There is no trained model: visits answer for it, and the answer says so.
    assert answer["degraded"] == ["recommender"]


@pytest.mark.usefixtures("viewed_together")
def test_blended_is_both(similar: Similar) -> None:
    answer = similar("p-0-0", k=5)
    assert (answer["kind"], answer["by"]) == ("blended", ["visits", "content"])
    # Both are looked at with it; the one from elsewhere comes behind what stands in its place.
    assert ids(answer)[0] == "p-2-0"
    everything = ids(similar("p-0-0", k=100))
    own = [at for at, name in enumerate(everything) if name.startswith("p-0-")]
    assert max(own) < everything.index("p-3-0")


def test_without_a_model_content_answers_and_is_counted(similar: Similar) -> None:
    counter = degraded_total.labels(component="similar", reason="recommender")
    before = counter._value.get()
    answer = similar("p-0-0", kind="collaborative")
    assert answer["by"] == ["content"]
    assert answer["degraded"] == ["recommender", "product_relations"]
    assert answer["items"]
    assert counter._value.get() == before + 1


@pytest.mark.usefixtures("viewed_together")
def test_without_an_index_shoppers_answer(similar: Similar) -> None:
    ArtifactVersion.objects.filter(name=INDEX_ARTIFACT).update(is_active=False)
    version_bump(f"artifact:{INDEX_ARTIFACT}")
    answer = similar("p-0-0")
    assert (answer["by"], ids(answer)) == (["visits"], ["p-2-0", "p-3-0"])
    assert answer["degraded"] == ["recommender", "product_index"]
    nothing = similar("p-0-0", kind="content")
    assert (nothing["by"], nothing["items"]) == ([], [])
    assert nothing["degraded"] == ["product_index"]


def test_a_trained_model_answers_for_collaborative(similar: Similar) -> None:
    model = model_of([f"p-1-{at}" for at in range(4)] + ["p-0-0"])

    def write(folder: Path) -> Mapping[str, Scalar]:
        model_write(folder, model)
        return {}

    artifact_publish(name=RECOMMENDER, write=write)
    answer = similar("p-0-0", kind="collaborative")
    assert answer["by"] == ["model"]
    assert set(ids(answer)) <= {f"p-1-{at}" for at in range(4)}
    assert answer["degraded"] == ["product_relations"]


def test_filters_narrow_and_leave_the_shelf_short(similar: Similar) -> None:
    answer = similar("p-0-0", {"filter[brand]": "Acme"}, kind="content", k=50)
    assert {item["brand"] for item in answer["items"]} == {"Acme"}
    assert 0 < len(answer["items"]) < 9
    none = similar("p-0-0", {"filter[price]": "9000..9999"})
    assert none["items"] == []


def test_variants_and_inactive_products_are_left_out(similar: Similar) -> None:
    Product.objects.filter(product_id__in=["p-0-0", "p-0-1"]).update(item_group_id="g")
    shown = ids(similar("p-0-0", kind="content", k=50))
    assert not {"p-0-0", "p-0-1", "p-0-8"} & set(shown)
    Product.objects.filter(product_id=shown[0]).update(active=False)
    assert shown[0] not in ids(similar("p-0-0", kind="content", k=50))


def test_what_a_rule_hides_is_hidden_here_too(similar: Similar) -> None:
    hidden = ids(similar("p-0-0", kind="content"))[0]
    mara = User.objects.create_user("mara")
    content = {
        "title": "Gone",
        "conditions": {},
        "consequences": [{"do": "hide", "products": [hidden]}],
    }
    rule_create(key="gone", content=content, actor=mara)
    rule_publish(key="gone", actor=mara, reason="a test", acknowledge_warnings=True)
    answer = similar("p-0-0", kind="content")
    assert hidden not in ids(answer)
    assert answer["applied_rules"] == ["gone"]


def test_one_statement_an_answer(similar: Similar) -> None:
    similar("p-0-0")
    with CaptureQueriesContext(connection) as queries:
        similar("p-0-1")
    assert len(queries) == 1, [query["sql"] for query in queries]


def test_an_unknown_product_is_404(ask: AskSimilar) -> None:
    response = ask("p-9-9")
    assert response.status_code == 404
    assert response.json()["code"] == "product_not_found"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"kind": "magic"}, "kind"),
        ({"kind": ["content", "blended"]}, "kind"),
        ({"k": "0"}, "k"),
        ({"k": "101"}, "k"),
        ({"k": "x"}, "k"),
        ({"explain": "maybe"}, "explain"),
        ({"placement": "home"}, "placement"),
        ({"user_id": "u"}, "user_id"),
        ({"attributes[device]": "mobile"}, "attributes[device]"),
        ({"filter[colour]": "red"}, "filter[colour]"),
        ({"filter[attr.nothing]": "x"}, "filter[attr.nothing]"),
        ({"filter[": "x"}, "filter["),
        ({"filter[brand]": "a\x00b"}, "filter[brand]"),
        ({"filter[attr.a\x00b]": "x"}, "filter[attr.a\x00b]"),
        ({"kind": "a\x00b"}, "kind"),
        ({"k": "a\x00b"}, "k"),
        ({"explain": "a\x00b"}, "explain"),
    ],
)
def test_bad_parameters_are_named(ask: AskSimilar, parameters: Json, field: str) -> None:
    response = ask("p-0-0", parameters)
    assert response.status_code == 400
    assert response.json()["extra"]["field"] == field


@pytest.mark.parametrize("product_id", ["a%00b", "p" * 201])
def test_an_id_that_nothing_can_have_is_named(ask: AskSimilar, product_id: str) -> None:
    response = ask(product_id)
    assert response.status_code == 400
    assert response.json()["extra"]["field"] == "product_id"


def test_a_key_is_asked_for(client: Client) -> None:
    assert client.get("/api/v1/products/p-0-0/similar").status_code == 401


def test_explanations_add_up(similar: Similar) -> None:
    for item in similar("p-0-0", explain="true", k=3)["items"]:
        explanation = item["explanation"]
        assert sum(explanation["contributions"].values()) == pytest.approx(
            explanation["final_score"], abs=1e-9
        )


def test_answers_are_as_documented(similar: Similar, ask: AskSimilar) -> None:
    schemas = {
        **search_schema.components(),
        **shelf_schema.components(),
        **similar_schema.components(),
    }

    def validate(instance: object, name: str) -> None:
        schema = {
            "$ref": f"#/components/schemas/{name}",
            "components": {"schemas": schemas},
        }
        Draft202012Validator(schema).validate(instance)

    validate(similar("p-0-0", explain="true"), "SimilarAnswer")
    validate(similar("p-0-0", kind="collaborative"), "SimilarAnswer")
    validate(ask("p-0-0", k="x").json(), "SearchRefusal")
    names = {each["name"] for each in similar_schema.operation()["parameters"]}
    assert names == {"product_id", "k", "kind", "filter", "explain"}
