from typing import Any

import pytest

from apps.experiments.selectors.flags import flags_view
from tests.experiments.api.conftest import Send
from tests.experiments.factories import experiment_running

pytestmark = pytest.mark.django_db
FLAGS, ONE = "/flags", "/flags/new-basket"
LAYERS, HOLDOUT = "/api/v1/experiment-layers", "/api/v1/experiment-holdout"
NEW: dict[str, Any] = {"key": "new-basket", "definition": {"value": True}}


def test_a_flag_from_draft_to_switch(maker: Send) -> None:
    made = maker("post", FLAGS, NEW)
    assert made.status_code == 201, made.content
    assert (made.json()["definition"], made.json()["proposal"]["version"]) == (None, 1)
    assert maker("post", f"{ONE}/publish").json()["extra"]["field"] == "reason"
    live = maker("post", f"{ONE}/publish", {"reason": "go"}).json()
    assert (live["version"], live["definition"]["value"], live["proposal"]) == (1, True, None)
    off = maker("put", f"{ONE}/status", {"enabled": False, "reason": "it breaks"}).json()
    assert not off["enabled"]
    edited = maker("put", ONE, {"definition": {"value": False}}).json()
    assert edited["proposal"]["content"]["definition"]["value"] is False
    assert maker("get", ONE).json() == edited
    assert maker("post", f"{ONE}/discard").json()["proposal"] is None
    (listed,) = maker("get", FLAGS).json()["results"]
    assert (listed["key"], listed["enabled"], listed["version"]) == ("new-basket", False, 1)


def test_a_second_person_may_review_a_flag(maker: Send, checker: Send) -> None:
    maker("post", FLAGS, NEW)
    assert maker("post", f"{ONE}/submit").json()["proposal"]["status"] == "in_review"
    assert maker("post", f"{ONE}/approve").json()["code"] == "maker_is_checker"
    assert checker("post", f"{ONE}/approve").json()["proposal"]["approved"]
    assert maker("post", f"{ONE}/withdraw").json()["proposal"]["status"] == "draft"
    maker("post", f"{ONE}/submit")
    assert checker("post", f"{ONE}/reject", {"reason": "no"}).json()["proposal"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "key"),
        ({"key": "plan", "definition": {"value": True}}, "key"),
        ({"key": "a"}, "definition"),
        ({"key": "a", "definition": []}, "definition"),
        ({"key": "a", "definition": {"value": 3}}, "value"),
        ({**NEW, "enabled": 1}, "enabled"),
        ({**NEW, "x": 1}, "x"),
    ],
)
def test_a_bad_flag_names_the_field(api: Send, body: Any, field: str) -> None:
    answer = api("post", FLAGS, body)
    assert (answer.status_code, answer.json()["extra"]["field"]) == (400, field)
    assert flags_view() == ()


def test_flags_refuse_who_may_not(api: Send, analyst: Send) -> None:
    api("post", FLAGS, NEW)
    assert analyst("get", ONE).status_code == 200
    assert analyst("put", f"{ONE}/status", {"enabled": False}).status_code == 403
    assert api("get", "/flags/none").status_code == 404
    assert api("post", "/flags/none/publish", {"reason": "x"}).status_code == 404
    assert api("put", f"{ONE}/status", {}).json()["extra"]["field"] == "enabled"


def test_layers(api: Send) -> None:
    made = api("post", LAYERS, {"name": "checkout", "description": "All of it."})
    assert (made.status_code, made.json()["free"]) == (201, [{"low": 0.0, "high": 1.0}])
    assert api("post", LAYERS, {"name": "checkout"}).json()["code"] == "layer_exists"
    assert api("post", LAYERS, {"name": "a b"}).json()["extra"]["field"] == "name"
    experiment_running(layer={"name": "checkout", "low": 0, "high": 0.25})
    one = api("get", f"{LAYERS}/checkout").json()
    assert one["claims"] == [
        {"experiment": "weights-test", "unit": "client", "low": 0.0, "high": 0.25}
    ]
    assert api("get", LAYERS).json()["results"] == [one]
    assert api("put", f"{LAYERS}/checkout", {"description": "x"}).json()["description"] == "x"
    assert api("get", f"{LAYERS}/none").status_code == 404


def test_the_holdout(maker: Send, checker: Send) -> None:
    assert maker("get", HOLDOUT).json() == {
        "share": 0.0, "salt": "", "version": 0, "proposal": None,
    }  # fmt: skip
    drafted = maker("put", HOLDOUT, {"share": 0.05}).json()
    assert drafted["proposal"]["content"]["share"] == 0.05
    for step, by in (("submit", maker), ("withdraw", maker), ("submit", maker),
                     ("approve", checker)):  # fmt: skip
        assert by("post", f"{HOLDOUT}/{step}").status_code == 200
    live = maker("post", f"{HOLDOUT}/publish", {"reason": "go"}).json()
    assert (live["share"], live["version"], live["proposal"]) == (0.05, 1, None)
    assert maker("put", HOLDOUT, {"share": 0.6}).json()["extra"]["field"] == "share"
    maker("put", HOLDOUT, {"share": 0.1})
    maker("post", f"{HOLDOUT}/submit")
    assert checker("post", f"{HOLDOUT}/reject", {"reason": "no"}).json()["proposal"] is None
    assert maker("post", f"{HOLDOUT}/submit").json()["code"] == "nothing_waits"
