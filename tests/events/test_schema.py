import json
from typing import Any

import jsonschema
import pytest
from django.test import Client
from django.utils import timezone

from apps.events.api.schema import components, events_operation, ga4_operation, json_schemas
from apps.events.models import Event, EventImport, QueryLog
from tests.events.conftest import Post

pytestmark = pytest.mark.django_db


def check(name: str, body: object) -> None:
    jsonschema.validate(
        body, {"$ref": f"#/components/schemas/{name}", "components": {"schemas": json_schemas()}}
    )


def names(operation: dict[str, Any]) -> list[str]:
    return [one["name"] for one in operation["parameters"]]


def test_answers_are_what_the_schema_says(post: Post) -> None:
    good = {"type": "search", "occurred_at": timezone.now().isoformat()}
    check("EventItem", good)
    check("EventsAnswer", post(good).json())
    check("EventsAnswer", post([good, 7]).json())
    check("EventsError", post(7).json())
    body = {"events": [], "client_id": "c"}
    check("Ga4Body", body)
    check("EventsAnswer", post(body, "/api/v1/events/ga4").json())


def test_a_bad_item_does_not_fit_the_schema() -> None:
    with pytest.raises(jsonschema.ValidationError):
        check("EventItem", {"type": "glance"})
    with pytest.raises(jsonschema.ValidationError):
        check("EventItem", {"type": "view", "colour": "red"})


def test_operations_name_their_parameters_and_answers() -> None:
    assert names(events_operation()) == ["shape", "atomic", "ordinal_start"]
    assert names(ga4_operation()) == ["atomic", "ordinal_start"]
    assert set(events_operation()["responses"]) == {
        "200", "207", "400", "401", "403", "413", "429", "503",
    }  # fmt: skip


def test_the_committed_dialect_knows_no_null_type() -> None:
    written = json.dumps(components())
    assert '"null"' not in written
    assert components()["EventItem"]["properties"]["user_id"]["nullable"] is True


def test_the_schema_has_both_routes(client: Client) -> None:
    written = client.get("/api/v1/schema", headers={"Accept": "application/json"})
    paths = json.loads(written.content)["paths"]
    assert {"/api/v1/events", "/api/v1/events/ga4"} <= set(paths)


def test_rows_say_what_they_are() -> None:
    assert str(Event(type="view", id="x")) == "view x"
    assert str(QueryLog(query="a", id="x")) == "'a' x"
    assert str(EventImport(format="csv", checksum="0" * 64)) == "csv 000000000000"
