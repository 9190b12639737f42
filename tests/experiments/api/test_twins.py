"""What admin does and the API does too: former versions, previews, drafts, computing again."""

import pytest
from django.utils import timezone
from jsonschema import Draft202012Validator  # type: ignore[attr-defined]  # ships no types

from apps.events.services.partitions import partitions_ensure_around
from apps.experiments.api.schema_analysis import analysis_components
from apps.experiments.models import Analysis
from tests.experiments.api.conftest import Send
from tests.experiments.factories import experiment_running

pytestmark = pytest.mark.django_db
FLAG, HOLDOUT = "/flags/new-basket", "/api/v1/experiment-holdout"
METRIC = "/api/v1/metrics/bought"
DEFINITION = {
    "title": "Bought",
    "kind": "proportion",
    "numerator": {"source": "events", "event_types": ["purchase"]},
}


def test_a_flag_goes_back(maker: Send, analyst: Send) -> None:
    maker("post", "/flags", {"key": "new-basket", "definition": {"value": True}})
    maker("post", f"{FLAG}/publish", {"reason": "go"})
    maker("put", FLAG, {"definition": {"value": False}})
    maker("post", f"{FLAG}/publish", {"reason": "go on"})
    back = {"version": 1, "reason": "it broke"}
    assert analyst("post", f"{FLAG}/rollback", back).status_code == 403
    live = maker("post", f"{FLAG}/rollback", back).json()
    assert (live["version"], live["definition"]["value"]) == (3, True)
    assert maker("post", f"{FLAG}/rollback", {"version": 9, "reason": "x"}).status_code == 404
    assert maker("post", f"{FLAG}/rollback", {"reason": "x"}).json()["extra"]["field"] == "version"


def test_the_holdout_goes_back_and_its_draft_is_discarded(maker: Send) -> None:
    for share in (0.1, 0.2):
        maker("put", HOLDOUT, {"share": share})
        maker("post", f"{HOLDOUT}/publish", {"reason": "go"})
    live = maker("post", f"{HOLDOUT}/rollback", {"version": 1, "reason": "less"}).json()
    assert (live["share"], live["version"]) == (0.1, 3)
    maker("put", HOLDOUT, {"share": 0.3})
    assert maker("post", f"{HOLDOUT}/discard").json()["proposal"] is None


def test_a_metric_is_edited_previewed_and_goes_back(maker: Send, analyst: Send) -> None:
    partitions_ensure_around(timezone.now())
    maker("post", "/api/v1/metrics", {"key": "bought", "definition": DEFINITION})
    other = {**DEFINITION, "title": "Bought something"}
    assert maker("put", METRIC, {"definition": other}).json()["version"] == 1
    shown = analyst("get", f"{METRIC}/preview?unit=session").json()
    schema = {
        "$ref": "#/components/schemas/MetricPreview",
        "components": {"schemas": analysis_components()},
    }
    assert list(Draft202012Validator(schema).iter_errors(shown)) == []
    assert (shown["version"], shown["unit"], shown["value"]) == (1, "session", None)
    assert analyst("get", f"{METRIC}/preview?unit=x").json()["extra"]["field"] == "unit"
    assert analyst("get", "/api/v1/metrics/none/preview").status_code == 404
    maker("post", f"{METRIC}/publish", {"reason": "go"})
    assert maker("get", METRIC).json()["definition"]["title"] == "Bought something"
    assert maker("put", METRIC, {"definition": other}).json()["code"] == "nothing_waits"
    maker("post", "/api/v1/metrics", {"key": "bought", "definition": DEFINITION})
    maker("post", f"{METRIC}/publish", {"reason": "shorter"})
    back = maker("post", f"{METRIC}/rollback", {"version": 1, "reason": "longer"}).json()
    assert (back["version"], back["status"]) == (3, "published")


def test_analysts_have_results_computed(analyst: Send, maker: Send) -> None:
    key = experiment_running().key
    answer = analyst("post", f"/{key}/refresh")
    assert answer.status_code == 200, answer.content
    assert answer.json()["key"] == key
    assert Analysis.objects.get(experiment__key=key).latest
    assert maker("post", f"/{key}/refresh", {"x": 1}).status_code == 400
    assert maker("post", "/none/refresh").status_code == 404
