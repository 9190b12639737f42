"""The benchmark's scan of the raw log counts what the roll-up counts."""

from datetime import timedelta

import pytest

from apps.search.domain.analytics.periods import period_of
from apps.search.selectors.analytics import search_analytics
from apps.search.services.analytics_rollup import search_days_rollup
from benchmarks.bench_search_analytics import differing, scan
from tests.search.analytics.scene import TODAY, happened, searched

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def test_a_click_after_midnight_belongs_to_the_search_in_both() -> None:
    """Of ten million generated searches one of the first 20 queries was clicked like that."""
    late = searched("mouse", TODAY - 5 * SECOND)
    happened("click", late, TODAY, position=2)
    outside = searched("mouse", TODAY - DAY - 5 * SECOND)
    happened("click", outside, TODAY - DAY, position=1)
    searched("pad", TODAY - 9 * SECOND)
    search_days_rollup()
    page = search_analytics(period=period_of(1, (TODAY - DAY).date()))
    raw = scan(TODAY - DAY, TODAY)
    assert [line[:4] for line in raw] == [("mouse", 1, 0, 1), ("pad", 1, 0, 0)]
    assert differing(page.top, raw) == []


def test_what_differs_is_named_with_both_counts() -> None:
    searched("mouse", TODAY - DAY)
    search_days_rollup()
    page = search_analytics(period=period_of(1, (TODAY - DAY).date()))
    raw = [("mouse", 2, 0, 1), ("pad", 1, 0, 0)]
    assert differing(page.top, raw) == [
        "mouse: (1, 0, 0), in the log (2, 0, 1)",
        "pad: None, in the log (1, 0, 0)",
    ]
