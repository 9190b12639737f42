"""A search finds again what its shopper looked at and did not buy, and says so."""

import pytest
from django.test import override_settings

from tests.events.sessions import event_of, ingest
from tests.search.experimenting import left_behind, running
from tests.search.test_kept_records import explanations, kept
from tests.search.test_personal import ASKED, ids, without_history
from tests.search.types import Build, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")


def test_what_was_looked_at_and_not_bought_is_found_again(search: Search, embedded: Build) -> None:
    embedded()
    named = {**ASKED, "user_id": "u-1", "per_page": 40}
    before = search({**named, "user_id": "u-2", "client_id": "x", "session_id": "y"})
    carted, bought = ids(before)[-1], ids(before)[-2]
    for kind, product_id in (("add_to_cart", carted), ("view", bought), ("purchase", bought)):
        ingest(event_of(kind, product_id, user_id="u-1", session_id="earlier", ago_s=99))
    with override_settings(PERSONALISATION_SESSION=False):
        after = search(named)
        with without_history():
            nobodys = search(named)

    assert ids(after).index(carted) < ids(before).index(carted)
    records = {hit["product_id"]: hit["explanation"] for hit in after["hits"]}
    record = records[carted]
    score = record["score_breakdown"]["revisit_score"]
    assert 0.99 < score <= 1.0
    assert record["contributions"]["revisit_score"] == pytest.approx(0.2 * score, abs=1e-9)
    assert sum(record["contributions"].values()) == pytest.approx(record["final_score"], abs=1e-9)
    said = [name for name, each in records.items() if "Looked at before" in each["reason"]]
    assert said == [carted]
    assert records[bought]["score_breakdown"]["revisit_score"] == 0.0
    assert ids(nobodys) == ids(before)
    assert explanations(kept(after["query_id"])) == [hit["explanation"] for hit in after["hits"]]


def test_both_arms_are_exposed_where_the_shop_knows_the_shopper(search: Search) -> None:
    running("found-again", *({"personalisation": {"revisit_weight": one}} for one in (0.0, 0.9)))
    names = [f"c{number}" for number in range(12)]
    for name in names:
        search(q="mouse", client_id=f"stranger-{name}")
    assert left_behind()[1] == []
    for name in names:
        ingest(event_of("view", "p-0-1", client_id=name, session_id=f"{name}-earlier"))
    answers = [search(q="mouse", client_id=name) for name in names]

    shown = {answer["query_id"]: answer["experiments"][0]["variant"] for answer in answers}
    assert set(shown.values()) == {"a", "b"}
    assert {str(event.query_id): event.variant for event in left_behind()[1]} == shown
    for answer in answers:
        weight = {"a": None, "b": 0.9}[shown[answer["query_id"]]]
        assert answer["weights"]["weights"].get("revisit_score") == weight


def test_an_interleaved_answer_says_what_was_seen_before_without_a_visit(search: Search) -> None:
    last = ids(search({**ASKED, "client_id": "x", "session_id": "y", "per_page": 40}))[-1]
    arms = ({"personalisation": {"revisit_weight": one}} for one in (0.01, 1.0))
    running("mixed", *arms, kind="interleaving")
    ingest(event_of("add_to_cart", last, user_id="u-1", session_id="earlier", ago_s=99))
    with override_settings(PERSONALISATION_SESSION=False):
        answer = search({**ASKED, "user_id": "u-1", "per_page": 40})

    records = {hit["product_id"]: hit["explanation"] for hit in answer["hits"]}
    assert any(step["kind"] == "interleaving" for step in records[last]["steps"])
    said = [name for name, each in records.items() if "Looked at before" in each["reason"]]
    assert said == [last]
    assert explanations(kept(answer["query_id"])) == [hit["explanation"] for hit in answer["hits"]]
