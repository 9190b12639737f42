"""A search follows its shopper: this visit at once, their history, and nobody else's."""

from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import Product
from apps.common.redis import redis_client, redis_forget_connections
from apps.search.contracts import SearchRequest
from apps.search.contracts_asker import Asker
from apps.search.services.answer import search_answer
from apps.search.services.core import search_core
from apps.search.services.kept_answers import cache_requests_total
from apps.search.services.warm import answers_warm
from tests.events.sessions import VISIT, event_of, ingest
from tests.redis_writes import writes_recorded
from tests.search.experimenting import left_behind, running
from tests.search.rules.conftest import Publish, publish  # noqa: F401 - a fixture, by its name
from tests.search.rules.doing import hide
from tests.search.test_kept_records import explanations, kept
from tests.search.types import Ask, Build, Json, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")
ASKED: Json = {"q": "mouse", "explain": "true", "client_id": "browser-1", "session_id": VISIT}


def ids(answer: Json) -> list[str]:
    return [hit["product_id"] for hit in answer["hits"]]


@pytest.fixture
def whole(lasting_catalogue: None, embedded: Build) -> None:
    """Nothing is missing: else no answer is kept."""
    embedded()


def told(answer: Json) -> Json:
    """What an answer says to everybody."""
    own = ("query_id", "took_ms", "experiments", "sticky")
    return {name: value for name, value in answer.items() if name not in own}


def without_history() -> Any:
    return override_settings(PERSONALISATION_HISTORY=False)


def outcome(name: str) -> float:
    return float(cache_requests_total.labels(name)._value.get())


def test_the_very_next_search_follows_the_visit(search: Search, embedded: Build) -> None:
    embedded()
    with without_history():
        before = search(ASKED)
        last = ids(before)[-1]
        ingest(event_of("view", last))
        after = search(ASKED)

    assert ids(after).index(last) < ids(before).index(last)
    for hit in after["hits"]:
        record = hit["explanation"]
        boost = record["score_breakdown"]["session_boost"]
        assert 0.0 <= boost <= 1.0
        assert record["contributions"]["session_boost"] == pytest.approx(0.15 * boost, abs=1e-9)
        assert sum(record["contributions"].values()) == pytest.approx(
            record["final_score"], abs=1e-9
        )
        assert record["weights"]["weights"]["session_boost"] == 0.15
    reasons = {hit["product_id"]: hit["explanation"]["reason"] for hit in after["hits"]}
    assert "Looked at a moment ago." in reasons[last]
    assert any("Similar to what was just looked at: " in each for each in reasons.values())
    assert before["hits"][0]["explanation"]["score_breakdown"]["session_boost"] is None


@pytest.mark.usefixtures("whole")
def test_a_personal_answer_reaches_nobody_else_and_the_others_share(search: Search) -> None:
    with without_history():
        nobody = search(q="mouse", explain="true")
        ingest(event_of("view", ids(nobody)[-1]))
        hers = search(ASKED)
        misses, asides, hits = (outcome(name) for name in ("miss", "aside", "hit"))
        other = search({**ASKED, "client_id": "browser-2", "session_id": "visit-2"})
        assert (outcome("hit"), outcome("miss")) == (hits + 1, misses)
        hers_again = search(ASKED)
        assert outcome("aside") == asides + 1

    assert told(hers) != told(nobody)
    assert told(hers_again) == told(hers)
    assert told(other) == told(nobody)


@pytest.mark.usefixtures("whole")
def test_a_personal_answer_is_not_kept_and_gives_up_its_lead(search: Search) -> None:
    with without_history():
        ingest(event_of("view", "p-0-1"))
        hers = search(ASKED)
        assert redis_client().keys("search:*") == []
        nobody = search(q="mouse", explain="true")

    assert told(nobody) != told(hers)


@pytest.mark.usefixtures("whole")
def test_pages_follow_their_shopper_too() -> None:
    asked = SearchRequest(query="mouse", logged=False)
    with without_history():
        nobody = search_answer(request=asked, as_of=timezone.now())
        ingest(event_of("view", "p-0-1"))
        hers = SearchRequest(query="mouse", logged=False, asker=asker())
        followed = search_answer(request=hers, as_of=timezone.now())
        again = search_answer(request=asked, as_of=timezone.now())

    weights = dict(followed.weights.weights)
    assert "session_boost" in weights
    assert "session_boost" not in dict(again.weights.weights)
    assert [hit.score for hit in again.hits] == [hit.score for hit in nobody.hits]
    assert redis_client().keys("search:*:lead") == []


def asker() -> Asker:
    return Asker(client_id="browser-1", session_id=VISIT)


@pytest.mark.usefixtures("whole")
def test_a_visit_that_only_searched_shares(search: Search) -> None:
    with without_history():
        search(ASKED)
        hits = outcome("hit")
        search(ASKED)

    assert outcome("hit") == hits + 1


@pytest.mark.parametrize("asked", [{"sort": "price"}, {"sort": "newest"}])
def test_orders_that_are_no_ranking_follow_nobody(search: Search, asked: Json) -> None:
    nobody = search({"q": "mouse", "explain": "true", **asked})
    ingest(event_of("view", "p-0-1"))

    assert told(search({**ASKED, **asked})) == told(nobody)


@override_settings(PERSONALISATION_SESSION=False, PERSONALISATION_HISTORY=False)
def test_what_is_switched_off_follows_nobody(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = search(q="mouse", explain="true")
    ingest(event_of("view", "p-0-1"))
    sent = writes_recorded(monkeypatch)

    assert told(search(ASKED)) == told(nobody)
    assert not any(b"LRANGE" in each for each in sent)


@pytest.mark.usefixtures("whole")
def test_redis_gone_takes_the_visit_away_and_nothing_else(search: Search, settings: Any) -> None:
    with without_history():
        nobody = search(q="mouse", explain="true")
        ingest(event_of("view", "p-0-1"))
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        redis_forget_connections()
        alone = search(ASKED)

    assert alone["degraded"] == ["redis"]
    assert told({**alone, "degraded": []}) == told(nobody)


@pytest.mark.usefixtures("whole")
def test_a_personal_search_costs_no_further_statement_and_round_trip(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(event_of("view", "p-0-1"))
    ask(ASKED)
    ask(ASKED)
    sent = writes_recorded(monkeypatch)
    with CaptureQueriesContext(connection) as statements:
        answer = ask(ASKED).json()
    own = [each["sql"] for each in statements if not each["sql"].startswith("SAVEPOINT")]

    assert "session_boost" in answer["weights"]["weights"]
    assert len(own) <= 2, own
    assert len(sent) == 2, sent


def test_a_history_fills_the_collaborative_score(search: Search, embedded: Build) -> None:
    embedded()
    named = {**ASKED, "user_id": "u-1", "q": ""}
    before = search({**named, "user_id": "u-2", "client_id": "x", "session_id": "y"})
    for at in (0, 3, 4, 6, 7, 1):
        ingest(event_of("purchase", f"p-3-{at}", user_id="u-1", session_id="earlier", ago_s=99))
    with override_settings(PERSONALISATION_SESSION=False):
        after = search({**named, "per_page": 40})

    weights = after["weights"]
    assert "cf_score" in weights["weights"]
    assert "cf_score" not in weights["shared_out"]
    assert "cf_score" in before["weights"]["shared_out"]
    scores = {
        hit["product_id"]: hit["explanation"]["score_breakdown"]["cf_score"]
        for hit in after["hits"]
    }
    shoes = [score for name, score in scores.items() if name.startswith("p-3-")]
    hubs = [score for name, score in scores.items() if name.startswith("p-2-")]
    assert min(shoes) > max(hubs)
    for hit in after["hits"]:
        parts = hit["explanation"]["contributions"]
        assert sum(parts.values()) == pytest.approx(hit["score"], abs=1e-9)


def test_both_arms_are_exposed_where_the_visit_could_count(search: Search) -> None:
    off = {"personalisation": {"session": False}}
    running("visits", off, {"personalisation": {"session_weight": 0.9}})
    with without_history():
        for number in range(12):
            search(q="mouse", client_id=f"c{number}", session_id=f"s{number}")
        assert left_behind()[1] == []
        for number in range(12):
            ingest(event_of("view", "p-0-1", client_id=f"c{number}", session_id=f"s{number}"))
        answers = [
            search(q="mouse", client_id=f"c{number}", session_id=f"s{number}")
            for number in range(12)
        ]
        search(q="mouse", sort="price", client_id="c1", session_id="s1")

    shown = {answer["query_id"]: answer["experiments"][0]["variant"] for answer in answers}
    assert set(shown.values()) == {"a", "b"}
    exposed = {str(event.query_id): event.variant for event in left_behind()[1]}
    assert exposed == shown
    for answer in answers:
        weights = answer["weights"]["weights"]
        if shown[answer["query_id"]] == "a":
            assert "session_boost" not in weights
        else:
            assert weights["session_boost"] == 0.9


def test_the_kept_record_explains_a_personal_answer_as_it_was_told(
    search: Search, embedded: Build
) -> None:
    embedded()
    ingest(event_of("view", "p-0-1"), event_of("add_to_cart", "p-1-2"))
    answer = search(ASKED)
    # The visit goes on: what was told then stays.
    ingest(event_of("view", "p-0-5"))

    record = kept(answer["query_id"])

    assert explanations(record) == [hit["explanation"] for hit in answer["hits"]]
    assert any("just looked at" in hit["explanation"]["reason"] for hit in answer["hits"])


@pytest.mark.parametrize("gone", ["inactive", "hidden"])
def test_a_reason_never_names_what_the_shop_does_not_show(
    search: Search,
    embedded: Build,
    publish: Publish,  # noqa: F811 - the fixture of that name
    gone: str,
) -> None:
    embedded()
    ingest(event_of("view", "p-0-1"))
    if gone == "hidden":
        publish("hides", hide("p-0-1"))
    else:
        Product.objects.filter(product_id="p-0-1").update(active=False)
    answer = search(ASKED)

    reasons = [hit["explanation"]["reason"] for hit in answer["hits"]]
    assert any("Similar to what was just looked at." in each for each in reasons)
    assert not any("just looked at: " in each for each in reasons)
    assert explanations(kept(answer["query_id"])) == [hit["explanation"] for hit in answer["hits"]]


def test_an_interleaved_answer_follows_in_each_ranking_as_its_arm_says(search: Search) -> None:
    running(
        "mixed",
        {"personalisation": {"session": False}},
        {"personalisation": {"session_weight": 1.0}},
        kind="interleaving",
    )
    ingest(event_of("view", "p-0-7"))
    answer = search(ASKED)

    weighed = ["session_boost" in hit["explanation"]["contributions"] for hit in answer["hits"]]
    assert any(weighed)
    assert not all(weighed)
    assert explanations(kept(answer["query_id"])) == [hit["explanation"] for hit in answer["hits"]]


def test_what_nobody_asks_for_themselves_is_never_personal() -> None:
    ingest(event_of("view", "p-0-1"))

    core = search_core(SearchRequest(query="mouse", logged=False, asker=asker()))
    assert "session_boost" not in dict(core.scored.ranking.weights.weights)
    assert answers_warm(as_of=timezone.now()).refused == 0
