"""Experiments in the search API: assigned, applied, told, exposed."""

import pytest
from django.test import override_settings
from django.utils import timezone

from apps.common.snapshots import poller_stop
from apps.experiments.services.forced import forced_units_set
from apps.experiments.services.lifecycle import experiment_kill, experiment_pause
from apps.experiments.services.qa_tokens import qa_link_make
from tests.experiments.factories import people
from tests.search.experimenting import FRESH, GLOBAL, MATCH, left_behind, running, weights_publish
from tests.search.types import Ask, Build, Json, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")


def ids(answer: Json) -> list[str]:
    return [hit["product_id"] for hit in answer["hits"]]


def by_variant(search: Search, key: str, **asked: object) -> dict[str, Json]:
    """One answer of each variant, whoever gets it."""
    found: dict[str, Json] = {}
    for number in range(40):
        answer = search(client_id=f"c{number}", **asked)
        told = next(each for each in answer["experiments"] if each["key"] == key)
        found.setdefault(told["variant"], answer)
        if len(found) > 1:
            return found
    raise AssertionError(found.keys())


def test_the_variant_decides_the_weights_and_both_arms_are_exposed(search: Search) -> None:
    plain = search(q="mouse", explain="true")
    assert plain["experiments"] == []
    running("fresh", None, {"ranking": {"weights": FRESH}})
    found = by_variant(search, "fresh", q="mouse", explain="true")
    control, treatment = found["a"], found["b"]
    assert control["experiments"] == [{"key": "fresh", "variant": "a", "phase": 1}]
    assert treatment["experiments"] == [{"key": "fresh", "variant": "b", "phase": 1}]
    assert ids(control) == ids(plain)
    released = [hit["released_at"] for hit in treatment["hits"]]
    assert released == sorted(released, reverse=True)
    assert control["weights"]["source"] == "default"
    assert "experiment" not in control["weights"]
    weights = treatment["weights"]
    assert (weights["source"], weights["experiment"], weights["variant"]) == (
        "override", "fresh", "b",
    )  # fmt: skip
    record = treatment["hits"][0]["explanation"]
    assert record["weights"]["experiment"] == "fresh"
    assert sum(record["contributions"].values()) == pytest.approx(record["final_score"])
    entries, exposures = left_behind()
    logged = {str(entry.query_id): entry for entry in entries}
    for answer in (control, treatment):
        assert list(logged[answer["query_id"]].experiments) == answer["experiments"]
    exposed = {event.query_id: event for event in exposures}
    for variant, answer in found.items():
        event = exposed[answer["query_id"]]
        assert (event.experiment, event.variant) == ("fresh", variant)
        assert event.attributes == {"phase": 1, "category": "electronics/mice"}
        assert (event.client_id or "").startswith("c")


def test_the_exposure_carries_what_the_caller_says(search: Search) -> None:
    running("fresh", None, {"ranking": {"weights": FRESH}}, unit="user")
    search(
        {"attributes[device]": "mobile", "attributes[category]": "x", "attributes[user_id]": "y"},
        q="mouse",
        user_id="u1",
        session_id="s1",
    )
    _, (event,) = left_behind()
    assert (event.user_id, event.client_id, event.session_id) == ("u1", None, "s1")
    assert event.attributes["device"] == "mobile"
    assert event.attributes["category"] == "electronics/mice"


@pytest.mark.parametrize(
    ("asked", "exposed"),
    [
        ({"q": "mouse"}, True),
        ({"q": "usb-c hub"}, True),
        ({"q": "", "filter[category]": "electronics"}, True),
        ({"q": "running shoes"}, False),
        ({"q": "mouse", "filter[category]": "fashion"}, False),
        ({"q": ""}, False),
        ({"q": "mouse", "sort": "price"}, False),
        ({"q": "Acme gaming mouse", "filter[price]": "11..11"}, False),
        ({"q": "mouse", "page": 9}, False),
        ({"q": "zzqx"}, False),
    ],
)
def test_category_against_global_weights_is_exposed_where_they_differ(
    search: Search, asked: Json, exposed: bool
) -> None:
    weights_publish("global", MATCH)
    weights_publish("electronics", FRESH)
    running("by-category", None, GLOBAL)
    found = by_variant(search, "by-category", **asked)
    _, events = left_behind()
    told = {event.query_id for event in events}
    assert {answer["query_id"] in told for answer in found.values()} == {exposed}
    if not exposed:
        assert ids(found["a"]) == ids(found["b"])


def test_a_published_version_acts_in_its_category(search: Search) -> None:
    weights_publish("electronics", FRESH)
    weights_publish("electronics", MATCH)
    running("older", None, {"ranking": {"weight_set": {"subject": "electronics", "number": 1}}})
    found = by_variant(search, "older", q="mouse")
    assert (found["a"]["weights"]["source"], found["a"]["weights"]["number"]) == ("parent", 2)
    assert (found["b"]["weights"]["source"], found["b"]["weights"]["number"]) == ("override", 1)
    assert found["b"]["weights"]["subject"] == "electronics"
    shoes = by_variant(search, "older", q="running shoes")
    assert {answer["weights"]["source"] for answer in shoes.values()} == {"default"}


def test_semantic_synonyms_and_fusion_are_switched(search: Search, embedded: Build) -> None:
    embedded()
    running("words", None, {"search": {"semantic": False}})
    found = by_variant(search, "words", q="sneakers for jogging")
    assert found["a"]["matching"]["semantic"]
    assert not found["b"]["matching"]["semantic"]
    assert found["b"]["degraded"] == []
    running("by-score", None, {"search": {"fusion": "weighted", "keyword_weight": 1.0}})
    # Two knobs: both act on everyone.
    scored = by_variant(search, "by-score", q="wireless mouse")
    tops = {name: answer["hits"][0]["score"] for name, answer in scored.items()}
    assert tops["a"] != tops["b"]
    _, events = left_behind()
    assert {event.experiment for event in events} == {"words", "by-score"}
    assert not any("category" in event.attributes for event in events)


def test_units_outside_see_the_shop_as_it_is(search: Search) -> None:
    weights_publish("global", MATCH)
    # The control's payload too is for those in the experiment only.
    running("narrow", {"ranking": {"weights": FRESH}}, GLOBAL, coverage=0.0)
    answer = search(q="mouse", client_id="c1")
    assert answer["experiments"] == []
    assert answer["weights"]["source"] == "global"
    assert search(q="mouse")["experiments"] == []
    assert left_behind()[1] == []


def test_targeting_sees_attributes_and_who_asks(search: Search) -> None:
    treatment = {"ranking": {"weights": FRESH}}
    running("phones", None, treatment, targeting={"device": "phone"})
    running("people", None, treatment, unit="session", targeting={"user_id": {"$exists": True}})
    phone = {"attributes[device]": "phone", "attributes[user_id]": "forged"}
    told = search(phone, q="mouse", client_id="c1", session_id="s1")["experiments"]
    assert [each["key"] for each in told] == ["phones"]
    told = search(q="mouse", client_id="c1", session_id="s1", user_id="u1")["experiments"]
    assert [each["key"] for each in told] == ["people"]


def test_a_request_is_a_unit_too(search: Search) -> None:
    running("per-request", None, {"ranking": {"weights": FRESH}}, unit="request")
    variants = {search(q="mouse")["experiments"][0]["variant"] for _ in range(20)}
    assert variants == {"a", "b"}
    entries, events = left_behind()
    assert {event.query_id for event in events} == {str(entry.query_id) for entry in entries}


def test_the_later_of_two_gives_way_in_both_arms_and_says_so(search: Search) -> None:
    running("b-first", None, {"ranking": {"weights": FRESH}}, days=3)
    running("a-second", None, {"ranking": {"weights": MATCH}}, days=1)
    for number in range(12):
        answer = search(q="mouse", client_id=f"c{number}")
        second, first = answer["experiments"]
        assert second["yields_to"] == "b-first"
        assert "yields_to" not in first
        assert answer["weights"]["source"] == (
            "override" if first["variant"] == "b" else "default"
        )
    _, events = left_behind()
    assert {event.experiment for event in events} == {"b-first"}
    assert len(events) == 12


def test_where_the_first_does_not_enrol_the_second_acts(search: Search) -> None:
    running("first", None, GLOBAL, days=3, targeting={"device": "phone"})
    running("second", None, {"ranking": {"weights": FRESH}})
    answer = search(q="mouse", client_id="c1")
    assert [each["key"] for each in answer["experiments"]] == ["second"]
    assert "yields_to" not in answer["experiments"][0]


def test_qa_sees_any_variant_and_is_counted_nowhere(search: Search) -> None:
    maker, _ = people()
    running("fresh", None, {"ranking": {"weights": FRESH}}, coverage=0.0)
    for variant, source in (("a", "default"), ("b", "override")):
        token = qa_link_make(key="fresh", variant=variant, actor=maker).token
        answer = search(q="mouse", client_id="c1", qa=token)
        assert answer["experiments"] == [
            {"key": "fresh", "variant": variant, "phase": 1, "forced": True}
        ]
        assert answer["weights"]["source"] == source
    assert search(q="mouse", client_id="c1", qa="forged.token")["experiments"] == []
    forced_units_set(key="fresh", units={"c9": "b"}, actor=maker)
    assert search(q="mouse", client_id="c9")["experiments"][0]["forced"] is True
    assert left_behind()[1] == []


def test_stored_first_assignments_outlive_a_change(search: Search) -> None:
    running("sticky", None, {"ranking": {"weights": FRESH}}, stickiness="stored")
    first = search(q="mouse", client_id="c1")["experiments"]
    assert search(q="mouse", client_id="c1")["experiments"] == first


def test_a_token_carries_first_assignments(search: Search) -> None:
    running("sticky", None, {"ranking": {"weights": FRESH}}, stickiness="token")
    answer = search(q="mouse", client_id="c1")
    assert answer["sticky"]
    again = search(q="mouse", client_id="c1", sticky=answer["sticky"])
    assert again["experiments"] == answer["experiments"]


def test_other_surfaces_and_payloads_are_told_but_do_not_act(search: Search) -> None:
    running("button", {"button": "green"}, {"button": "red"}, surface="any")
    answer = search(q="mouse", client_id="c1")
    assert [each["key"] for each in answer["experiments"]] == ["button"]
    assert left_behind()[1] == []


def test_paused_and_killed_experiments_stop_at_once(search: Search) -> None:
    maker, _ = people()
    for key, stop in (("one", experiment_pause), ("two", experiment_kill)):
        running(key, None, {"ranking": {"weights": FRESH}})
        assert search(q="mouse", client_id="c1")["experiments"]
        stop(key=key, actor=maker, reason="a test")
        assert search(q="mouse", client_id="c1")["experiments"] == []


def test_a_kill_is_seen_within_a_second_by_a_worker_that_only_polls(search: Search) -> None:
    maker, _ = people()
    running("fresh", None, {"ranking": {"weights": FRESH}})
    with override_settings(ENDCAP_VERSION_POLLER=True):
        try:
            assert search(q="mouse", client_id="c1")["experiments"]
            experiment_kill(key="fresh", actor=maker, reason="a test")
            started = timezone.now()
            while search(q="mouse", client_id="c1")["experiments"]:
                assert (timezone.now() - started).total_seconds() < 1.0
        finally:
            poller_stop()


def test_what_is_wrong_with_the_parameters(ask: Ask) -> None:
    response = ask(q="mouse", qa="x" * 4001)
    assert response.status_code == 400
    assert response.json()["extra"]["field"] == "qa"
