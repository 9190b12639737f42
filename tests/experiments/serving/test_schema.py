"""Answers of the serving routes are what the OpenAPI schema says."""

import json
from typing import Any

import jsonschema
import pytest
from django.test import Client
from django.utils import timezone

from apps.access.contracts import Scope
from apps.experiments.api import serving_schema
from apps.experiments.api.serving_components import components, json_schemas
from tests.experiments.factories import experiment_running
from tests.experiments.serving.conftest import Call, key_make
from tests.experiments.serving.test_ofrep import flags_make

pytestmark = pytest.mark.django_db
API = "/api/v1/experiments"


def check(name: str, body: object) -> None:
    jsonschema.validate(
        body, {"$ref": f"#/components/schemas/{name}", "components": {"schemas": json_schemas()}}
    )


def test_answers_are_what_the_schema_says(post: Call, get: Call, client: Client) -> None:
    flags_make()
    experiment_running(now=timezone.now())
    own = f"{API}/weights-test"
    one = {"unit": "c1", "attributes": {"a": 1}}
    check("AssignUnit", one)
    check("AssignOneAnswer", post(f"{own}/assign", one).json())
    many = {"units": ["c1", one, {}]}
    check("AssignMany", many)
    check("AssignManyAnswer", post(f"{own}/assign", many).json())
    report = {"variant": "control", "client_id": "c1"}
    check("ExposureReport", report)
    check("ExposuresAnswer", post(f"{own}/exposures", [report, {}]).json())
    conversion = {"experiment": "weights-test", "unit": "c1", "metric": "m", "value": 2.5}
    check("ConversionReport", conversion)
    check("ConversionsAnswer", post(f"{API}/conversions", [conversion, {}]).json())
    check("TraceAnswer", get(f"{own}/trace", unit="c1").json())
    check("QaLinkAnswer", post(f"{own}/qa-links", {"variant": "control"}).json())
    check("ServingError", post(f"{own}/qa-links", {}).json())
    for context in ({}, {"targetingKey": "c1"}):
        check("OfrepFlags", post("/ofrep/v1/evaluate/flags", {"context": context}).json())
    check("OfrepFlag", post("/ofrep/v1/evaluate/flags/text", {}).json())
    check("OfrepFault", post("/ofrep/v1/evaluate/flags/none", {}).json())
    key = key_make(Scope.EXPERIMENTS_ASSIGN, public=True)
    check("SdkFeatures", client.get(f"/api/features/{key}").json())


def test_a_bad_item_does_not_fit_the_schema() -> None:
    for name in ("AssignUnit", "ExposureReport", "ConversionReport", "QaLinkBody"):
        with pytest.raises(jsonschema.ValidationError):
            check(name, {"colour": "red"})


def test_the_committed_dialect_knows_no_null_type() -> None:
    assert '"null"' not in json.dumps(components())


def test_every_route_is_in_the_schema(client: Client) -> None:
    written = client.get("/api/v1/schema", headers={"Accept": "application/json"})
    paths: dict[str, Any] = json.loads(written.content)["paths"]
    for path, method in (
        (f"{API}/{{key}}/assign", "post"),
        (f"{API}/{{key}}/exposures", "post"),
        (f"{API}/conversions", "post"),
        (f"{API}/{{key}}/trace", "get"),
        (f"{API}/{{key}}/qa-links", "post"),
        ("/ofrep/v1/evaluate/flags", "post"),
        ("/ofrep/v1/evaluate/flags/{key}", "post"),
        ("/api/features/{client_key}", "get"),
    ):
        assert method in paths[path], path
    assert "304" in serving_schema.ofrep_flags_operation()["responses"]
    assert "304" in serving_schema.sdk_operation()["responses"]
