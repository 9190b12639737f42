"""What an answered shelf costs and leaves behind: statements, round trips, records, exposures."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator  # type: ignore[attr-defined]  # ships no types
from prometheus_client import REGISTRY
from pytest_django.fixtures import Settings

from apps.access.contracts import Scope
from apps.access.services import api_key_create
from apps.catalog.models import Product
from apps.common.redis import redis_forget_connections, redis_settle
from apps.events.contracts import Event, EventType
from apps.events.selectors import events_recent
from apps.events.services.buffer import buffer_drain
from apps.explainability.api.schema_explain import components as explain_components
from apps.recommendations.api.schema import components
from apps.recommendations.services.choosing import Choice
from apps.recommendations.services.training import Trained, recommender_publish
from apps.search.api.schema import components as search_components
from tests.events.sessions import event_of, ingest
from tests.recommendations.affinity_stage import model_of
from tests.recommendations.shelves.conftest import Ask, Json, Shelf
from tests.redis_writes import writes_recorded
from tests.search.experimenting import running
from tests.search.rules.conftest import Publish, publish  # noqa: F401 - a fixture, by its name
from tests.search.rules.doing import boost, hide, pin

pytestmark = pytest.mark.usefixtures("catalogue")
SCHEMAS = {**search_components(), **components(), **explain_components()}


def validated(answer: Json, name: str) -> Json:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    Draft202012Validator(schema).validate(answer)
    return answer


def ids(answer: Json) -> list[str]:
    return [item["product_id"] for item in answer["items"]]


def shelves(key: str, *payloads: Any, **design: Any) -> None:
    running(key, *payloads, surface="recommendations", **design)


def exposures() -> list[Event]:
    redis_settle()
    buffer_drain()
    return [one for one in events_recent(limit=2000) if one.type is EventType.EXPOSURE]


@pytest.fixture
def explained(client: Client) -> Any:
    """What the explain route says of a product in a shelf of the past."""
    issued = api_key_create(name="why", scopes=[Scope.RANKING_READ], rate_per_minute=100_000)

    def get(answer: Json, product_id: str) -> Json:
        redis_settle()
        buffer_drain()
        response = client.get(
            "/api/v1/search/explain",
            {"query_id": answer["query_id"], "product_id": product_id},
            headers={"Authorization": f"Bearer {issued.secret_once}"},
        )
        assert response.status_code == 200, response.content
        return validated(response.json(), "Explained")

    return get


@pytest.mark.parametrize("placement", ["home", "product"])
def test_one_statement_and_two_round_trips(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, placement: str
) -> None:
    for number in range(5):
        shelves(f"e{number}", None, {"recommendations": {"diversity": 0.5}})
    who = {"user_id": "u", "client_id": "c", "session_id": "s", "product_id": "p-0-0"}
    ask(placement, who)
    ask(placement, who)
    round_trips = writes_recorded(monkeypatch)
    with CaptureQueriesContext(connection) as statements:
        answer = ask(placement, who).json()
    assert answer["degraded"] == []
    assert len(answer["experiments"]) == 5
    own = [each["sql"] for each in statements if not each["sql"].startswith("SAVEPOINT")]
    assert len(own) == 1, own
    assert len(round_trips) == 2, round_trips


@pytest.mark.parametrize("parameters", [{}, {"explain": "true", "product_id": "p-1-1"}])
def test_answers_are_what_the_schema_says(shelf: Shelf, parameters: Json) -> None:
    validated(shelf("product", parameters), "RecommendationAnswer")


def test_refusals_are_what_the_schema_says(ask: Ask) -> None:
    validated(ask("attic").json(), "SearchRefusal")


def test_redis_gone_takes_the_visit_away_and_nothing_else(
    shelf: Shelf, settings: Settings
) -> None:
    """The history is read from PostgreSQL, which has this visit's events too."""
    model = model_of([f"p-{line}-{at}" for line in range(4) for at in range(9)])
    recommender_publish(trained=Trained(model, None, Choice(), 1.5))  # type: ignore[arg-type]  # what is published does not need it
    regular: Json = {"user_id": "u", "client_id": "c"}
    bought = [
        event_of("purchase", f"p-3-{at}", session_id="old", ago_s=99, **regular) for at in (0, 4)
    ]
    ingest(*bought, event_of("view", "p-0-1", session_id="s", **regular))
    stranger, alone, visit = shelf(), shelf(**regular), shelf(**regular, session_id="s")
    assert ids(alone) != ids(stranger)
    assert ids(visit) != ids(alone)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_forget_connections()
    after = shelf(**regular, session_id="s")
    redis_forget_connections()
    assert after["degraded"] == ["redis"]
    assert after["personalised"] is True
    assert ids(after) == ids(alone)


def test_rules_of_any_query_act_and_say_so(shelf: Shelf, publish: Publish) -> None:  # noqa: F811 - the fixture of that name
    publish("hides", hide(category=["fashion"]))
    publish("asks", hide(category=["electronics"]), q="mouse")
    publish("pins", pin("p-2-1", 2), conditions={"attributes": {"placement": ["home"]}})
    publish("boosts", boost(100, "p-1-0"), conditions={"devices": ["mobile"]})
    answer = shelf(parameters={"attributes[device]": "mobile"}, k=100, explain="true")
    assert ids(answer)[1] == "p-2-1"
    assert not any(item["category"].startswith("fashion") for item in answer["items"])
    assert set(answer["applied_rules"]) == {"hides", "pins", "boosts"}
    pinned = answer["items"][1]
    assert pinned["explanation"]["steps"][-1]["rule"] == "pins"
    assert "pins" not in shelf("email", k=5)["applied_rules"]


def test_a_past_shelf_is_explained_as_it_was(shelf: Shelf, explained: Any) -> None:
    answer = shelf("product", product_id="p-0-0", k=4, explain="true")
    for item in answer["items"]:
        told = explained(answer, item["product_id"])
        assert told["verdict"] == "shown"
        assert told["rank"] == item["position"]
        assert told["explanation"] == item["explanation"]
    assert told["answer"]["surface"] == "recommendations"
    assert told["answer"]["placement"] == "product"


def test_why_not(shelf: Shelf, explained: Any, publish: Publish) -> None:  # noqa: F811 - likewise
    publish("hides", hide("p-3-0"))
    answer = shelf(
        "product", {"product_id": "p-0-0", "filter[category]": ["electronics", "fashion"]}, k=4
    )
    behind = next(
        product
        for product in Product.objects.filter(active=True, availability="in_stock")
        .exclude(product_id__in=[*ids(answer), "p-0-0", "p-3-0"])
        .values_list("product_id", flat=True)
    )
    assert explained(answer, behind)["verdict"] == "outscored"
    assert explained(answer, "p-0-0")["verdict"] == "constrained"
    assert explained(answer, "p-3-0")["summary"] == "Hidden by rule 'hides'."
    assert explained(answer, "p-0-3")["verdict"] == "out_of_stock"
    assert explained(answer, "p-0-8")["verdict"] == "inactive"
    assert explained(answer, "nothing")["verdict"] == "unknown"
    narrow = shelf("home", {"filter[brand]": "Acme"}, category="fashion", k=2)
    assert explained(narrow, "p-0-0")["verdict"] == "filtered"
    assert explained(narrow, "p-3-1")["summary"] == "The filter by brand leaves it out."


def test_variants_turn_strategies_weights_and_variety(shelf: Shelf) -> None:
    shelves(
        "arrivals",
        {"recommendations": {"strategies": ["new_arrivals"], "placements": ["home"]}},
        {"recommendations": {"strategies": ["new_arrivals"], "placements": ["home"]}},
    )
    shelves("weighs", *[{"ranking": {"weights": {"freshness_score": 1.0}}}] * 2)
    answer = shelf(client_id="c1", explain="true")
    assert {one["key"] for one in answer["experiments"]} == {"arrivals", "weighs"}
    assert answer["weights"]["source"] == "override"
    assert answer["weights"]["experiment"] == "weighs"
    acted = answer["items"][0]["explanation"]["experiments"]
    assert {one["key"]: one["turns"] for one in acted} == {
        "arrivals": ["strategies"],
        "weighs": ["weights"],
    }
    elsewhere = shelf("email", client_id="c1", explain="true")["items"][0]["explanation"]
    assert [one["key"] for one in elsewhere["experiments"]] == ["weighs"]


def test_two_that_turn_the_same_give_way(shelf: Shelf) -> None:
    change = {"recommendations": {"diversity": 0.5}}
    shelves("older", None, change, days=3)
    shelves("younger", None, change)
    told = {one["key"]: one for one in shelf(client_id="c1")["experiments"]}
    assert told["younger"]["yields_to"] == "older"


def test_exposures_do_not_hang_on_the_arm(shelf: Shelf) -> None:
    shelves("diversity", None, {"recommendations": {"diversity": 0.1, "placements": ["home"]}})
    shelves("same", None, {"recommendations": {"mix": "first"}})
    shelves("visits", None, {"personalisation": {"session": False}})
    for number in range(12):
        shelf("home", client_id=f"c{number}")
        shelf("email", client_id=f"c{number}")
    found = exposures()
    assert {one.experiment for one in found} == {"diversity"}  # nobody has a history or a visit
    assert len(found) == 12
    assert {one.variant for one in found} == {"a", "b"}
    assert {one.attributes["placement"] for one in found} == {"home"}


def test_fallbacks_are_counted(shelf: Shelf) -> None:
    def counted() -> float:
        labels = {"placement": "home", "fallback": "popular"}
        name = "endcap_recommendation_fallbacks_total"
        return REGISTRY.get_sample_value(name, labels) or 0.0

    before = counted()
    shelf("home")
    assert counted() == before + 1
