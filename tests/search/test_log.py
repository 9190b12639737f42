"""What an answered search leaves behind."""

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from apps.events.selectors import query_log_recent
from apps.events.services.buffer import buffer_drain
from apps.search.contracts import SearchRequest
from apps.search.metrics import search_seconds, zero_results_total
from apps.search.services.answer import search_answer
from tests.search.types import Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue")


def test_the_query_log_holds_what_was_answered(search: Search) -> None:
    answer = search(
        {"filter[brand]": ["Acme", "Corvid"]},
        q="  Wireless MOUSE",
        page=2,
        per_page=2,
        user_id="u1",
        client_id="c1",
        session_id="s1",
    )
    buffer_drain()
    (entry,) = query_log_recent(limit=5)
    assert str(entry.query_id) == answer["query_id"]
    assert (entry.query, entry.normalised) == ("  Wireless MOUSE", "wireless mouse")
    assert entry.filters == {"brand": ["Acme", "Corvid"]}
    assert list(entry.product_ids) == [hit["product_id"] for hit in answer["hits"]]
    assert entry.ranks() == (3, 4)
    assert entry.results_count == answer["found"]
    assert entry.category == "electronics/mice"
    assert (entry.user_id, entry.client_id, entry.session_id) == ("u1", "c1", "s1")
    assert entry.degraded == ("semantic",)
    assert entry.latency_ms > 0
    assert entry.principal


def test_without_redis_it_goes_straight_to_postgresql(search: Search, redis_gone: None) -> None:
    answer = search({"filter[category]": "fashion"}, q="shoes")
    (entry,) = query_log_recent(limit=5)
    assert str(entry.query_id) == answer["query_id"]
    assert entry.category == "fashion"


def test_logs_and_metrics(search: Search, settings: Settings) -> None:
    settings.RANKING_LOG_SAMPLE = 1.0
    before = zero_results_total._value.get()
    with capture_logs() as logs:
        answer = search(q="mouse", per_page=3)
        search(q="zzqx")
    searched = [entry for entry in logs if entry["event"] == "search"]
    assert [entry["query"] for entry in searched] == ["mouse", "zzqx"]
    assert searched[0]["results_count"] == 17
    assert searched[0]["cache_hit"] is False
    assert searched[0]["latency_ms"] > 0
    ranked = [entry for entry in logs if entry["event"] == "ranking"]
    assert [entry["product_id"] for entry in ranked] == [
        hit["product_id"] for hit in answer["hits"]
    ]
    assert ranked[0]["final_score"] == answer["hits"][0]["score"]
    assert "search_score" in ranked[0]["score_breakdown"]
    # Without an index half of the search is missing: see test_degraded.py for the other case.
    assert zero_results_total._value.get() == before


def test_no_sample_no_ranking_log(search: Search, settings: Settings) -> None:
    settings.RANKING_LOG_SAMPLE = 0.0
    with capture_logs() as logs:
        search(q="mouse")
    assert not [entry for entry in logs if entry["event"] == "ranking"]


def test_internal_searches_are_not_counted() -> None:
    def counted() -> float:
        return float(search_seconds._sum.get())

    before = counted()
    search_answer(request=SearchRequest(query="mouse", logged=False), as_of=timezone.now())
    assert counted() == before
    search_answer(request=SearchRequest(query="mouse"), as_of=timezone.now())
    assert counted() > before
