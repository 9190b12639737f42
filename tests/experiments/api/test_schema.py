"""The described API is the one that answers: every route, and the answers' own shape."""

from typing import Any

import pytest
from django.urls import URLPattern
from jsonschema import Draft202012Validator  # type: ignore[attr-defined]  # ships no types

from apps.experiments.api.design_schema import design_schemas
from apps.experiments.api.operations import operations
from apps.experiments.api.schema import components
from apps.experiments.api.urls import urlpatterns
from apps.experiments.domain.design.reading import design_read, design_written
from tests.experiments.api.conftest import Send
from tests.experiments.factories import design_make, experiment_running

pytestmark = pytest.mark.django_db


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": components()}}
    )


def room(route: URLPattern) -> str:
    view: Any = route.callback
    return str(view.cls.__module__).split(".")[-1]


def test_every_route_is_described() -> None:
    described = {path.removeprefix("/api/v1/") for path, *_ in operations()}
    routed = {
        str(route.pattern)
        .replace("<slug:key>", "{key}")
        .replace("<slug:name>", "{name}")
        .replace("<int:subscription_id>", "{subscription_id}")
        for route in urlpatterns
        if room(route) in {"experiments", "flags", "layers", "steps", "subscriptions"}
    }
    assert described == routed


def test_a_design_as_written_fits_its_schema() -> None:
    document = design_written(design_read(design_make()))
    assert set(design_schemas()["ExperimentDesign"]["properties"]) == set(document)
    assert list(validator("ExperimentDesign").iter_errors(document)) == []
    plan: Any = document["plan"]
    assert set(design_schemas()["ExperimentPlan"]["properties"]) == set(plan)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("", "ExperimentList"),
        ("/weights-test", "ExperimentAnswer"),
        ("/weights-test/activity", "ExperimentActivity"),
        ("/weights-test/requirements", "ExperimentChecklist"),
        ("/weights-test/forced-units", "ExperimentForcedUnits"),
        ("/flags", "FlagList"),
        ("/flags/new-basket", "FlagAnswer"),
        ("/api/v1/experiment-layers", "LayerList"),
        ("/api/v1/experiment-layers/l", "LayerAnswer"),
        ("/api/v1/experiment-holdout", "HoldoutAnswer"),
        ("/api/v1/experiment-reports", "ReportSubscriptionList"),
        ("/api/v1/experiment-reports/deliveries", "ReportDeliveryList"),
    ],
)
def test_answers_fit_their_schema(api: Send, path: str, name: str) -> None:
    api("post", "/api/v1/experiment-layers", {"name": "l"})
    api("post", "/flags", {"key": "new-basket", "definition": {"value": True}})
    api("put", "/api/v1/experiment-holdout", {"share": 0.1})
    experiment_running(layer={"name": "l", "high": 0.5})
    answer = api("get", path)
    assert answer.status_code == 200
    assert list(validator(name).iter_errors(answer.json())) == []
