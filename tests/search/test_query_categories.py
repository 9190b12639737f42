"""A query's category learns from clicks: from the logs, by a job, into the next search."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from apps.events.selectors import query_log_recent
from apps.events.services.buffer import buffer_drain
from apps.search.engines.query_category_files import (
    QueryCategoriesUnreadable,
    query_categories_read,
    query_categories_write,
)
from apps.search.selectors.query_categories import query_categories_held
from apps.search.services.query_categories import (
    QueryCategoriesReport,
    query_categories_publish,
)
from tests.search.analytics.scene import NOON, happened, searched
from tests.search.types import Search

AS_OF = NOON + timedelta(hours=6)
SHOES, MICE = "fashion/shoes", "electronics/mice"


def _taken(query: str, product: str, shoppers: int, kind: str = "click", **logged: Any) -> None:
    for number in range(shoppers):
        asked = searched(query, client_id=f"c{number}", **logged)
        happened(kind, asked, product=product)


@pytest.fixture(autouse=True)
def _few_are_enough(settings: Settings, catalogue: None) -> None:
    settings.SUGGEST_LEAST_SHOPPERS = 3


def test_clicks_are_totalled_by_category() -> None:
    _taken("office", "p-3-0", 4)
    _taken("office", "p-0-0", 3, kind="purchase")
    _taken("office", "gone", 3)
    report = query_categories_publish(as_of=AS_OF)
    assert report.queries == 1
    assert report.number > 0
    found = query_categories_held()["office"]
    assert found[SHOES] == pytest.approx(4, abs=0.1)
    assert found[MICE] == pytest.approx(9, abs=0.1)
    assert query_categories_publish(as_of=AS_OF) == QueryCategoriesReport(0, 1)


def test_a_month_halves_a_click(settings: Settings) -> None:
    settings.SEARCH_CLICK_HALF_LIFE_DAYS = 1
    _taken("office", "p-3-0", 4)
    query_categories_publish(as_of=NOON + timedelta(days=1, seconds=20))
    assert query_categories_held()["office"] == {SHOES: pytest.approx(2.0, abs=0.1)}


def test_what_says_nothing_of_the_query_is_left_out() -> None:
    _taken("office", "p-3-0", 2)
    for _ in range(9):
        happened("click", searched("office", client_id="c0"), product="p-3-0")
    _taken("filtered", "p-3-0", 5, filters={"category": [SHOES]})
    _taken("seen", "p-3-0", 5, kind="view")
    assert query_categories_publish(as_of=AS_OF).queries == 0


def test_corrected_searches_count_for_what_was_meant() -> None:
    _taken("ofice", "p-3-0", 3, corrected="office")
    query_categories_publish(as_of=AS_OF)
    assert list(query_categories_held()) == ["office"]


def test_the_next_search_knows_it(search: Search) -> None:
    # Three products of different kinds hold the word; most clicks went to shoes.
    assert search(q="Light")["category"]["detected"] != MICE
    _taken("light", "p-1-0", 40)
    query_categories_publish(as_of=AS_OF)
    found = search(q="Light")["category"]
    assert found["detected"] == MICE
    assert 0.55 <= found["share"] <= 1.0


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    query_categories_write(tmp_path, {"office": {SHOES: 1.0}})
    assert query_categories_read(tmp_path) == {"office": {SHOES: 1.0}}
    (tmp_path / "query_categories.msgpack").write_bytes(b"\x82\xa6format\x02\xa7queries\x80")
    with pytest.raises(QueryCategoriesUnreadable, match="format 2"):
        query_categories_read(tmp_path)
    (tmp_path / "query_categories.msgpack").write_bytes(b"nothing")
    with pytest.raises(QueryCategoriesUnreadable):
        query_categories_read(tmp_path)


def test_the_log_keeps_the_category_and_how_sure_it_was(search: Search) -> None:
    body = search(q="wireless mouse")
    filtered = search({"filter[category]": MICE}, q="wireless mouse")
    again = search(q="wireless mouse")
    buffer_drain()
    logged = {str(each.query_id): each for each in query_log_recent(limit=9)}
    found = logged[body["query_id"]]
    assert found.category == MICE
    assert found.category_share == pytest.approx(body["category"]["share"], abs=1e-4)
    assert logged[again["query_id"]].category_share == found.category_share
    assert logged[filtered["query_id"]].category == MICE
    assert logged[filtered["query_id"]].category_share is None
