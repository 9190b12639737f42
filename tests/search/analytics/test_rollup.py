"""Days of searches: what is counted, and that a run may come at any time and often."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from apps.jobs.contracts import job_spec
from apps.jobs.services import job_run_now
from apps.search.domain.analytics.figures import Figures
from apps.search.domain.analytics.periods import period_of
from apps.search.models import SearchDay, SearchDaysState
from apps.search.selectors.analytics import search_analytics
from apps.search.services.analytics_rollup import search_days_rollup
from tests.search.analytics.scene import NOON, TODAY, day_rows, happened, searched, summed

pytestmark = pytest.mark.django_db


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other databases of the server may hold the horizon back; here nobody does."""

    def horizon() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            return int(cursor.fetchone()[0])

    monkeypatch.setattr("apps.search.services.analytics_rollup.transaction_horizon", horizon)


DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def test_what_a_day_counts() -> None:
    clicked, bought = searched("mouse"), searched("mouse")
    searched("mouse", results_count=0, product_ids=(), corrected="moose", fallback="semantic")
    happened("click", clicked, position=3)
    happened("click", clicked, position=2)
    # Without a position the answer itself says where the product stood.
    happened("click", bought, product="p3")
    happened("purchase", bought, NOON + 2 * DAY)
    happened("impression", bought)
    search_days_rollup()
    ((place, found),) = day_rows().items()
    assert place == (f"{NOON:%Y-%m-%d}", "mouse", "electronics/mice")
    assert found.reciprocal_ranks == pytest.approx(1 / 2 + 1 / 3)
    assert replace(found, reciprocal_ranks=0.0) == Figures(
        searches=3, zero_results=1, corrected=1, fallbacks=1, clicks=3, clicked=2, converted=1
    )


def test_what_is_no_search_is_not_counted() -> None:
    searched("", category=None)
    searched("mouse", page=2)
    search_days_rollup()
    assert not day_rows()


def test_dropping_a_word_is_no_fallback() -> None:
    searched("blue mouse", fallback="relaxed")
    searched("blue mouse", fallback="category_popular")
    search_days_rollup()
    assert summed()["blue mouse"].fallbacks == 1


def test_an_empty_answer_of_half_a_search_says_nothing() -> None:
    searched("mouse", results_count=0, product_ids=(), degraded=("semantic",))
    searched("mouse", results_count=0, product_ids=(), degraded=("redis",))
    search_days_rollup()
    assert summed()["mouse"].zero_results == 1


@pytest.mark.parametrize(
    ("after", "then", "refined"),
    [
        (4 * MINUTE, "gaming mouse", 1),
        (4 * MINUTE, "mouses", 1),
        (5 * MINUTE, "mouse pad", 1),
        (6 * MINUTE, "mouse pad", 0),
        (1 * MINUTE, "mouse", 0),
        (1 * MINUTE, "keyboard", 0),
    ],
)
def test_asked_again(after: timedelta, then: str, refined: int) -> None:
    searched("mouse", session_id="s")
    searched("keyboard", NOON + MINUTE / 2, session_id="somebody else")
    searched(then, NOON + after, session_id="s")
    # Nobody in particular refines nothing.
    searched("mouse", NOON, category="x")
    searched("mouse pad", NOON + MINUTE, category="x")
    search_days_rollup()
    assert summed()["mouse"].refined == refined


def test_asked_again_after_midnight_counts_for_the_day_before() -> None:
    searched("mouse", TODAY - MINUTE, session_id="s")
    search_days_rollup()
    assert summed()["mouse"].refined == 0
    searched("wireless mouse", TODAY + MINUTE, session_id="s")
    search_days_rollup()
    assert summed()["mouse"].refined == 1
    assert {day for day, _, _ in day_rows()} == {
        f"{TODAY - DAY:%Y-%m-%d}", f"{TODAY:%Y-%m-%d}",
    }  # fmt: skip


@pytest.mark.usefixtures("alone")
@pytest.mark.django_db(transaction=True)
def test_late_news_changes_its_own_day_only() -> None:
    old, other = searched("mouse", NOON - 5 * DAY), searched("mouse", NOON - 3 * DAY)
    assert search_days_rollup().days == 2
    assert search_days_rollup().days == 0
    SearchDay.objects.filter(day=(NOON - 3 * DAY).date()).update(clicks=99)
    happened("click", old, NOON - 5 * DAY, position=1)
    assert search_days_rollup().days == 1
    assert {figures.clicks for figures in day_rows().values()} == {1, 99}
    happened("click", other, NOON - 3 * DAY, position=1)
    search_days_rollup()
    assert {figures.clicks for figures in day_rows().values()} == {1}


def test_a_late_purchase_of_another_week_is_nobodys() -> None:
    searched_then = searched("mouse", NOON - 9 * DAY)
    happened("purchase", searched_then, NOON - 9 * DAY + 8 * DAY)
    search_days_rollup()
    assert summed()["mouse"].converted == 0


def test_a_run_again_and_a_full_one_change_nothing() -> None:
    for number in range(12):
        search = searched("mouse" if number % 3 else "pad", NOON - number * DAY / 4)
        if number % 2:
            happened("click", search, NOON - number * DAY / 4, position=1 + number % 4)
    search_days_rollup()
    before = day_rows()
    assert len(before) >= 6
    search_days_rollup(full=True)
    assert day_rows() == before
    # A database restored elsewhere numbers its transactions anew.
    SearchDaysState.objects.update(horizon=2**60)
    assert search_days_rollup().days > 0
    assert day_rows() == before


def test_days_keep_the_most_searched_by_name_and_all_in_sum(settings: Settings) -> None:
    settings.SEARCH_ANALYTICS_TOP = 2
    for query, times in (("mouse", 5), ("pad", 3), ("rare", 1), ("rarer", 1)):
        for _ in range(times):
            searched(query, category="a")
    searched("rarest", category="b")
    search_days_rollup()
    named = {(query, category): each.searches for (_, query, category), each in day_rows().items()}
    assert named == {("mouse", "a"): 5, ("pad", "a"): 3, ("", "a"): 2, ("", "b"): 1}


@pytest.mark.parametrize("top", [1, 2, 3, 5, 50])
@pytest.mark.parametrize("category", ["", "a", "a/b"])
def test_a_line_lacks_no_more_than_the_page_says(
    settings: Settings, top: int, category: str
) -> None:
    settings.SEARCH_ANALYTICS_TOP = top
    asked: Counter[tuple[str, str]] = Counter()
    for number in range(60):
        query, place = f"query {number * number % 7}", ("a", "a/b", "c")[number % 5 % 3]
        searched(query, NOON - number % 3 * DAY, category=place)
        if not category or place.startswith(category):
            asked[query, place] += 1
    search_days_rollup()
    found = search_analytics(period=period_of(4, TODAY.date()), category=category)
    mine = {line.name: line.now.searches for line in found.top}
    missing: Counter[str] = Counter()
    for (query, _), times in asked.items():
        missing[query] += times
    missing.subtract(mine)
    assert found.now.searches == asked.total()
    assert found.unnamed == missing.total()
    for query, lacks in missing.items():
        categories = sum(name == query for name, _ in asked)
        assert 0 <= lacks <= found.short_by * categories
    assert (found.unnamed == 0) == (found.short_by == 0)


def test_events_of_no_search_of_ours_harm_nothing() -> None:
    search = searched("mouse")
    for stranger in (uuid4(), "not an id"):
        happened("click", stranger)  # type: ignore[arg-type]  # what shops send is any text
    happened("click", search, position=1)
    search_days_rollup()
    assert summed()["mouse"].clicks == 1


def test_figures_outlive_the_log_and_go_when_they_are_too_old(settings: Settings) -> None:
    gone = SearchDay.objects.create(
        day=(TODAY - 300 * DAY).date(), query="old", category="", searches=4, zero_results=0,
        corrected=0, fallbacks=0, clicks=0, clicked=0, reciprocal_ranks=0.0, refined=0,
        converted=0,
    )  # fmt: skip
    searched("mouse")
    search_days_rollup(full=True)
    assert SearchDay.objects.filter(pk=gone.pk).exists()
    settings.SEARCH_ANALYTICS_KEEP_MONTHS = 3
    assert search_days_rollup().expired == 1
    settings.SEARCH_ANALYTICS_KEEP_MONTHS = 0
    assert search_days_rollup().expired == 0


def test_one_statement_a_run_of_days() -> None:
    for number in range(5):
        searched("mouse", NOON - number * DAY)
    with CaptureQueriesContext(connection) as queries:
        assert search_days_rollup().days == 5
    inserted = [each for each in queries if "INSERT INTO search_searchday" in each["sql"]]
    assert len(inserted) == 1


@pytest.mark.usefixtures("alone")
@pytest.mark.django_db(transaction=True)
def test_the_command_and_the_job(capsys: pytest.CaptureFixture[str]) -> None:
    searched("mouse")
    call_command("search_analytics_rollup")
    assert capsys.readouterr().out.startswith("1 days computed again, 1 rows written")
    assert job_spec("search_analytics_rollup").cron == "7 * * * *"
    assert job_run_now(job_name="search_analytics_rollup") == {}
    searched("pad")
    assert job_run_now(job_name="search_analytics_rollup")["rows"] == 2
    call_command("search_analytics_rollup", "--full")
    assert len(day_rows()) == 2
