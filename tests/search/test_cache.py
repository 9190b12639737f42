"""Kept answers: the same to everybody, right at once after any change, logged as ever."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import Category, Product
from apps.common.redis import redis_client
from apps.common.services import version_bump
from apps.events.contracts import Event
from apps.events.selectors import query_log_recent
from apps.experiments.services.qa_tokens import qa_link_make
from apps.publishing.services import version_publish
from apps.search.contracts import SearchRequest
from apps.search.contracts_asker import Asker
from apps.search.domain.cache_key import PREFIX
from apps.search.models import SearchSettingsVersion
from apps.search.services.answer import search_answer
from apps.search.services.kept_answers import cache_requests_total
from tests.redis_writes import writes_recorded
from tests.search.experimenting import FRESH, MATCH, left_behind, running, weights_publish
from tests.search.types import Build, Json, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue", "whole")
OWN = ("query", "query_id", "took_ms", "experiments", "degraded")


@pytest.fixture
def whole(lasting_catalogue: None, embedded: Build) -> None:
    """Nothing is missing: what is degraded is not kept."""
    embedded()


def counted(outcome: str) -> float:
    return float(cache_requests_total.labels(outcome)._value.get())


def shared(answer: Json) -> Json:
    return {name: value for name, value in answer.items() if name not in OWN}


def ids(answer: Json) -> list[str]:
    return [hit["product_id"] for hit in answer["hits"]]


def kept() -> int:
    return len(list(redis_client().scan_iter(f"{PREFIX}*")))


def hit(search: Search, *arguments: Any, **asked: Any) -> Json:
    """The answer, which has to be a kept one."""
    before = counted("hit")
    answer = search(*arguments, **asked)
    assert counted("hit") == before + 1
    return answer


def missed(search: Search, *arguments: Any, **asked: Any) -> Json:
    before = counted("hit")
    answer = search(*arguments, **asked)
    assert counted("hit") == before
    return answer


def test_the_second_answer_is_the_first_ones_in_a_frame_of_its_own(search: Search) -> None:
    asked = {"q": "wireless mouse", "facets": "brand,price", "explain": "true"}
    first = missed(search, **asked, user_id="u1", client_id="c1", session_id="s1")
    second = hit(search, **asked, user_id="u2")
    assert shared(first) == shared(second)
    assert first["query_id"] != second["query_id"]
    newest, older = left_behind()[0]
    assert (str(newest.query_id), newest.cache_hit) == (second["query_id"], True)
    assert (str(older.query_id), older.cache_hit) == (first["query_id"], False)
    assert (newest.user_id, newest.client_id, newest.session_id) == ("u2", None, None)
    for field in (
        "normalised",
        "product_ids",
        "positions",
        "results_count",
        "category",
        "versions",
    ):
        assert getattr(newest, field) == getattr(older, field), field


def test_spellings_and_orders_of_one_request_share_it(search: Search) -> None:
    missed(search, {"filter[brand]": ["Acme", "Corvid"]}, q="wireless mouse")
    again = hit(search, {"filter[brand]": ["Corvid", "Acme"]}, q="  Wireless\tMOUSE ")
    assert again["query"] == "  Wireless\tMOUSE "
    newest = left_behind()[0][0]
    assert newest.filters == {"brand": ["Corvid", "Acme"]}
    assert newest.query == "  Wireless\tMOUSE "


@pytest.mark.parametrize(
    "other",
    [
        {"page": 2},
        {"per_page": 3},
        {"sort": "price"},
        {"facets": "brand"},
        {"explain": "true"},
        {"filter[brand]": "Acme"},
        {"q": "mice"},
    ],
)
def test_whatever_else_is_asked_is_another_answer(search: Search, other: Json) -> None:
    missed(search, q="mouse")
    missed(search, {"q": "mouse", **other})
    hit(search, q="mouse")


def _tree() -> None:
    Category.objects.filter(path="electronics/mice").update(name="Pointing devices")
    version_bump("catalog:tree")


def _settings() -> None:
    version = SearchSettingsVersion.objects.create(
        subject="default", number=1, status="draft", fusion="max", keyword_weight=0.5
    )
    version_publish(
        kind="search_settings",
        version_id=version.id,
        actor=None,
        reason="a test",
        acknowledge_warnings=True,
    )


CHANGES: dict[str, Callable[[], object]] = {
    "edit": lambda: Product.objects.filter(product_id="p-0-1").update(price=1),
    "deletion": lambda: Product.objects.filter(product_id="p-0-1").delete(),
    "tree": _tree,
    "weights": lambda: weights_publish("global", FRESH),
    "settings": _settings,
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_shows_at_once_and_is_kept_again(search: Search, change: str) -> None:
    missed(search, q="mouse", facets="category")
    before = hit(search, q="mouse", facets="category")
    CHANGES[change]()
    after = missed(search, q="mouse", facets="category")
    assert shared(after) != shared(before)
    search(q="mouse", facets="category")
    assert shared(hit(search, q="mouse", facets="category")) == shared(after)


def test_each_arm_has_its_own_answer(search: Search) -> None:
    running("weights", {"ranking": {"weights": MATCH}}, {"ranking": {"weights": FRESH}})
    found: dict[str, list[list[str]]] = {}
    for _ in range(2):
        for number in range(12):
            answer = search(q="mouse", client_id=f"c{number}", explain="true")
            variant = answer["experiments"][0]["variant"]
            assert answer["weights"]["variant"] == variant
            found.setdefault(variant, []).append(ids(answer))
    assert sorted(found) == ["a", "b"]
    assert found["a"][0] != found["b"][0]
    assert all(each == lists[0] for lists in found.values() for each in lists)
    assert kept() == 2


def _exposures(search: Search, *, keep: bool) -> list[tuple[object, ...]]:
    """What one series of searches exposes, and its experiments in the log."""
    before = len(left_behind()[1])
    for number in range(10):
        for q in ("mouse", "sneakers for jogging", "zzqx"):
            if not keep:
                redis_client().flushdb()
            search({"attributes[device]": "phone"}, q=q, client_id=f"c{number % 5}")
            # The stream goes with the flush: what it holds is stored first.
            left_behind()
    events: list[Event] = left_behind()[1]
    new = events[: len(events) - before]
    return sorted(
        (one.experiment, one.variant, one.client_id, repr(one.attributes)) for one in new
    )


def test_exposures_are_the_same_cached_or_not(search: Search) -> None:
    running("weights", None, {"ranking": {"weights": FRESH}})
    running("meaning", None, {"search": {"semantic": False}}, unit="session")
    running("fusion", None, {"search": {"fusion": "max"}})
    running("yields", None, {"search": {"fusion": "weighted"}}, days=0.5)
    hits = counted("hit")
    uncached = _exposures(search, keep=False)
    assert counted("hit") == hits
    cached = _exposures(search, keep=True)
    assert counted("hit") > hits + 10
    assert cached == uncached
    assert {one[0] for one in cached} >= {"weights", "fusion"}


def test_a_draft_is_one_shoppers_own(search: Search) -> None:
    running(
        "draft",
        {"ranking": {"weights": MATCH}},
        {"ranking": {"weights": FRESH}},
        kind="interleaving",
    )
    first = missed(search, q="mouse", client_id="c1")
    missed(search, q="mouse", client_id="c2")
    assert ids(hit(search, q="mouse", client_id="c1")) == ids(first)
    newest, _, older = left_behind()[0]
    assert newest.experiments == older.experiments
    assert newest.experiments[0]["teams"]


def test_what_qa_sees_is_nobody_elses(search: Search) -> None:
    running("weights", {"ranking": {"weights": MATCH}}, {"ranking": {"weights": FRESH}})
    token = qa_link_make(key="weights", variant="b", actor=None).token
    before = kept()
    aside = counted("aside")
    forced = search(q="mouse", qa=token)
    assert forced["experiments"][0]["forced"]
    assert kept() == before
    assert counted("aside") == aside + 1


def test_what_is_degraded_is_not_kept(search: Search, settings: Any) -> None:
    settings.SEMANTIC_CANDIDATES = 7  # another key, whatever has been kept
    from apps.embeddings.selectors import query_encoder

    query_encoder._snapshot.forget()
    settings.ARTIFACT_STORE = settings.ARTIFACT_CACHE = "/nonexistent"
    answer = search(q="mouse")
    assert answer["degraded"] == ["semantic"]
    assert kept() == 0
    missed(search, q="mouse")


@pytest.mark.usefixtures("redis_gone")
def test_without_redis_every_answer_is_computed(search: Search) -> None:
    gone = counted("gone")
    for _ in range(2):
        assert search(q="mouse")["degraded"] == ["redis"]
    assert counted("gone") == gone + 2
    assert not any(entry.cache_hit for entry in query_log_recent(limit=5))


def test_bytes_that_are_no_answer_are_not_given_away(search: Search) -> None:
    first = search(q="mouse")
    (key,) = redis_client().scan_iter(f"{PREFIX}*")
    redis_client().set(key, b"\xc1nonsense")
    assert shared(missed(search, q="mouse")) == shared(first)


def test_a_kept_answer_costs_no_statement_and_two_writes_to_redis(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    running("weights", None, {"ranking": {"weights": FRESH}})
    for _ in range(2):
        search(q="mouse", client_id="c1")
    sent = writes_recorded(monkeypatch)
    with CaptureQueriesContext(connection) as statements:
        hit(search, q="mouse", client_id="c1")
    assert len(statements) == 0
    assert len(sent) == 2


def test_stored_first_assignments_share_answers_in_the_same_round_trips(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    running("sticky", None, {"ranking": {"weights": FRESH}}, stickiness="stored")
    for _ in range(2):
        search(q="mouse", client_id="c1")
    sent = writes_recorded(monkeypatch)
    hit(search, q="mouse", client_id="c1")
    assert len(sent) == 2


def test_wrong_requests_are_refused_as_ever_and_leave_nothing(search: Search, ask: Any) -> None:
    for _ in range(2):
        response = ask({"filter[attr.nothing]": "x"}, q="mouse")
        assert response.status_code == 400
    assert kept() == 0


def test_pages_get_whole_answers(whole: None) -> None:
    request = SearchRequest(query="mouse", facets=("brand",), explain=True, logged=False)
    first = search_answer(request=request, as_of=timezone.now())
    before = counted("hit")
    second = search_answer(request=request, as_of=timezone.now())
    assert counted("hit") == before + 1
    assert second.hits == first.hits
    assert second.facets == first.facets
    assert second.weights == first.weights
    assert second.understanding == first.understanding
    assert second.query_id != first.query_id


def test_pages_and_the_api_keep_their_own(search: Search) -> None:
    search(q="mouse")
    request = SearchRequest(query="mouse", asker=Asker(client_id="c1"))
    before = counted("hit")
    search_answer(request=request, as_of=timezone.now())
    assert counted("hit") == before
    hit(search, q="mouse")
