"""Interleaving experiments: both rankings in one list, from one retrieval."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.experiments.services.qa_tokens import qa_link_make
from apps.merchandising.contracts import DEFAULT_SUBJECT
from apps.publishing.services import draft_create, version_publish
from tests.experiments.factories import people
from tests.search.experimenting import FRESH, MATCH, left_behind, running
from tests.search.types import Build, Json, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")
WEIGHTS: tuple[Json, Json] = (
    {"ranking": {"weights": MATCH}},
    {"ranking": {"weights": FRESH}},
)


def ids(answer: Json) -> list[str]:
    return [hit["product_id"] for hit in answer["hits"]]


def synonyms_publish() -> None:
    entries = [{"kind": "two_way", "terms": ["mouse", "trainers"]}]
    draft = draft_create(
        kind="synonyms", subject=DEFAULT_SUBJECT, content={"entries": entries}, actor=None
    )
    version_publish(kind="synonyms", version_id=draft.id, actor=None, reason="a test")


def interleaving(key: str = "draft", *payloads: Any, **design: Any) -> None:
    running(key, *(payloads or WEIGHTS), kind="interleaving", **design)


def forced(search: Search, variant: str, **asked: object) -> Json:
    """The ranking of one variant alone: QA sees it without a draft."""
    maker, _ = people()
    token = qa_link_make(key="draft", variant=variant, actor=maker).token
    return search(qa=token, **asked)


def test_both_rankings_are_drafted_and_the_log_knows_whose_hit_is_whose(search: Search) -> None:
    interleaving()
    answer = search(q="mouse", client_id="c1", explain="true")
    assert answer["experiments"] == [{"key": "draft", "variant": "interleaved", "phase": 1}]
    (entry,), (event,) = left_behind()
    (told,) = entry.experiments
    teams = told["teams"]
    assert isinstance(teams, dict)
    assert {**told, "teams": None} == {
        "key": "draft", "variant": "interleaved", "phase": 1, "teams": None,
    }  # fmt: skip
    assert list(entry.product_ids) == ids(answer)
    assert set(teams) <= set(ids(answer))
    assert set(teams.values()) == {"a", "b"}
    # The exposure names the variant that the rule drew: units are counted by it.
    assert event.experiment == "draft"
    assert event.variant in {"a", "b"}
    assert event.attributes == {"phase": 1, "category": "electronics/mice"}
    alone = {name: ids(forced(search, name, q="mouse", client_id="c1")) for name in "ab"}
    assert alone["a"] != alone["b"]
    # Each team's hits stand in the order of their own ranking, and nothing is lost.
    for name in "ab":
        own = [one for one in ids(answer) if teams.get(one) == name]
        assert own == [one for one in alone[name] if one in own]
    assert sorted(ids(answer)) == sorted(alone["a"])
    for hit in answer["hits"]:
        step = hit["explanation"]["steps"][-1]
        assert (step["kind"], step["rule"], step["to_rank"]) == (
            "interleaving", "draft", hit["position"],
        )  # fmt: skip
        team = teams.get(hit["product_id"])
        if team is not None:
            assert step["from_rank"] == alone[team].index(hit["product_id"]) + 1
            assert team in step["detail"]
            assert hit["explanation"]["weights"]["variant"] == team
        assert "Interleaving 'draft'" in hit["explanation"]["reason"]
        assert sum(hit["explanation"]["contributions"].values()) == pytest.approx(hit["score"])


def test_pages_of_one_search_fit_together_and_repeat(search: Search) -> None:
    interleaving()
    whole = search(q="mouse", client_id="c1", per_page=17)
    pages = [search(q="mouse", client_id="c1", per_page=5, page=page) for page in (1, 2, 3, 4)]
    assert [one for page in pages for one in ids(page)] == ids(whole)
    assert [hit["position"] for hit in pages[1]["hits"]] == [6, 7, 8, 9, 10]
    assert whole["found"] == pages[3]["found"] == 17
    drafts = {tuple(ids(search(q="mouse", client_id=f"c{number}"))) for number in range(8)}
    assert len(drafts) > 1
    (entry, *_), _ = left_behind()
    assert entry.ranks()


def test_one_retrieval_serves_weights_fusion_and_semantic(search: Search, embedded: Build) -> None:
    embedded()
    interleaving("draft", None, {"search": {"fusion": "max", "semantic": False}, **WEIGHTS[1]})
    asked = {"q": "sneakers for jogging", "client_id": "c1", "facets": "category"}
    search(**asked, per_page=19)  # another page: what is kept of it is not this one's answer
    with CaptureQueriesContext(connection) as statements:
        answer = search(**asked)
    own = [each["sql"] for each in statements if not each["sql"].startswith("SAVEPOINT")]
    assert len(own) == 2, own
    # The control finds more: what either finds is counted, and comes in the end.
    found = {name: forced(search, name, **asked)["found"] for name in "ab"}
    assert found["b"] < found["a"] == answer["found"]
    assert sum(line["count"] for line in answer["facets"]["category"] if "/" not in line["value"])


def test_two_readings_cost_no_statement_more_and_compete_only_where_they_act(
    search: Search,
) -> None:
    synonyms_publish()
    interleaving("draft", None, {"search": {"synonyms": False}})
    for query in ("mouse", "hub"):
        # Another page: what is kept of it is not this one's answer.
        search(q=query, client_id="c1", per_page=19)
        with CaptureQueriesContext(connection) as statements:
            answer = search(q=query, client_id="c1")
        own = [each["sql"] for each in statements if not each["sql"].startswith("SAVEPOINT")]
        # The look for changes, once a request, and the page's documents.
        assert len(own) == 2, own
    assert answer["found"] == 9
    entries, events = left_behind()
    assert {entry.query for entry in entries for each in entry.experiments if "teams" in each} == {
        "mouse"
    }
    assert {event.query_id for event in events} == {
        str(entry.query_id) for entry in entries if entry.query == "mouse"
    }


@pytest.mark.parametrize("asked", [{"sort": "price"}, {"q": "zzqx"}, {"filter[price]": "11..11"}])
def test_nothing_is_drafted_where_order_cannot_differ(search: Search, asked: Json) -> None:
    interleaving()
    answer = search({"q": "gaming mouse", "client_id": "c1", **asked})
    assert answer["experiments"] == [{"key": "draft", "variant": "interleaved", "phase": 1}]
    (entry,), events = left_behind()
    assert "teams" not in entry.experiments[0]
    assert events == []


def test_a_page_without_a_contested_hit_exposes_nobody(search: Search) -> None:
    interleaving()
    answer = search(q="mouse", client_id="c1", page=9)
    assert answer["hits"] == []
    (entry,), exposures = left_behind()
    assert exposures == []
    assert [sorted(each) for each in entry.experiments] == [["key", "phase", "variant"]]


def test_an_interleaving_experiment_gives_way_like_any_other(search: Search) -> None:
    running("first", None, {"ranking": {"weights": FRESH}}, days=3)
    interleaving()
    answer = search(q="mouse", client_id="c1")
    told = {each["key"]: each for each in answer["experiments"]}
    assert told["draft"]["yields_to"] == "first"
    (entry,), (event,) = left_behind()
    assert not any("teams" in each for each in entry.experiments)
    assert event.experiment == "first"


def test_another_experiment_holds_under_both_rankings(search: Search) -> None:
    running("words", {"search": {"fusion": "max"}}, {"search": {"fusion": "max"}})
    interleaving()
    answer = search(q="mouse", client_id="c1", explain="true")
    # By scores, not ranks: the best candidate alone has all of it.
    values = [hit["explanation"]["score_breakdown"]["search_score"] for hit in answer["hits"]]
    assert max(value["value"] for value in values) == pytest.approx(1.0)
    assert {event.experiment for event in left_behind()[1]} == {"draft"}
