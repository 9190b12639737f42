"""Kept answers beside swaps, and what the query log says of a kept answer."""

import pytest
from pytest_django.fixtures import Settings

from apps.common.redis import redis_settle
from apps.events.selectors import query_log_recent
from apps.events.services.buffer import buffer_drain
from apps.search.services.kept_answers import cache_requests_total
from tests.search.types import Build, Search

pytestmark = pytest.mark.usefixtures("lasting_catalogue", "whole")
NEW = ("query_class", "corrected", "synonyms", "applied_rules", "fallback", "swap", "versions")


@pytest.fixture
def whole(lasting_catalogue: None, embedded: Build) -> None:
    """Nothing is missing: what is degraded is not kept."""
    embedded()


def counted(outcome: str) -> float:
    return float(cache_requests_total.labels(outcome)._value.get())


def test_a_kept_answer_is_logged_like_the_first_and_passed_by_where_two_are_exchanged(
    search: Search, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, hits = search(q="wireles mouse"), counted("hit")
    again = search(q="wireles mouse")
    assert counted("hit") == hits + 1
    order = [hit["product_id"] for hit in first["hits"]]
    redis_settle()
    buffer_drain()
    newest, older = query_log_recent(limit=2)
    assert (newest.cache_hit, older.cache_hit) == (True, False)
    assert {name: getattr(newest, name) for name in NEW} == {
        name: getattr(older, name) for name in NEW
    }
    assert older.corrected == first["corrected_query"] == "wireless mouse"
    assert older.query_class == first["understanding"]["class"]
    assert {"weights", "features", "index", "lexicon", "search_settings"} <= set(older.versions)
    assert older.versions["index"] == 1

    settings.SEARCH_SWAP_SHARE = 0.05
    monkeypatch.setattr("apps.search.domain.swapping._WHOLE", 2**64 * 20)
    exchanged = search(q="wireles mouse")
    assert counted("hit") == hits + 1
    buffer_drain()
    place = query_log_recent(limit=1)[0].swap
    assert place is not None
    shown = [hit["product_id"] for hit in exchanged["hits"]]
    shown[place - 1], shown[place] = shown[place], shown[place - 1]
    assert shown == order
    settings.SEARCH_SWAP_SHARE = 0.0
    assert [hit["product_id"] for hit in search(q="wireles mouse")["hits"]] == order
    assert [hit["product_id"] for hit in again["hits"]] == order
