"""The page of search analytics: what it says, to whom, and by how many queries."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from apps.access.models import User
from apps.access.services import user_ensure
from apps.search.domain.analytics.periods import period_of
from apps.search.models import SearchDay
from apps.search.selectors.analytics import analytics_categories, search_analytics
from tests.browser import ChromiumPages
from tests.search.analytics.scene import TODAY

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MICE, PADS = "electronics/mice", "electronics/pads"
QUERIES_OF_A_PAGE = 8


def person(name: str = "mia", group: str = "merchandiser") -> User:
    user_ensure(username=name, password="a password of length", groups=(group,))
    return User.objects.get(username=name)


def days(
    query: str, category: str = MICE, *, ago: int = 0, searches: int = 100, **counts: int
) -> None:
    """One row of the roll-up."""
    names = (
        "zero_results", "corrected", "fallbacks", "clicks", "clicked", "reciprocal_ranks",
        "refined", "converted",
    )  # fmt: skip
    SearchDay.objects.create(
        day=(TODAY - ago * DAY).date(), query=query, category=category, searches=searches,
        **{name: counts.get(name, 0) for name in names},
    )  # fmt: skip


@pytest.fixture
def week() -> None:
    """A week and the one before it."""
    for ago in range(14):
        days("mouse", ago=ago, clicked=60, clicks=80, reciprocal_ranks=50, converted=6)
        days("mouse pad", PADS, ago=ago, searches=40, clicked=4, refined=12)
        days("unicorn <b>", "", ago=ago, searches=10, zero_results=9, refined=3)
        days("", MICE, ago=ago, searches=30, clicked=10)
    days("advent calendar", "toys", searches=80, clicked=40, reciprocal_ranks=30)
    days("sun cream", "beauty", ago=9, searches=70, clicked=30)


@pytest.mark.usefixtures("week")
def test_figures_of_a_week() -> None:
    found = search_analytics(period=period_of(7, TODAY.date()))
    assert found.now.searches == 7 * 180 + 80
    assert found.before.searches == 7 * 180 + 70
    assert [line.figures.searches for line in found.days] == [180] * 6 + [260]
    assert [line.name for line in found.top] == [
        "mouse",
        "mouse pad",
        "advent calendar",
        "unicorn <b>",
    ]
    assert (found.top[0].now.searches, found.top[0].before) == (700, 700)
    assert [line.name for line in found.zero] == ["unicorn <b>"]
    assert [line.name for line in found.low_ctr] == ["mouse pad"]
    assert [line.name for line in found.refined] == ["mouse pad", "unicorn <b>"]
    assert [line.name for line in found.trending] == ["advent calendar", "sun cream"]
    assert found.trending[0].score > 5
    assert found.trending[1].score < -5
    assert [line.name for line in found.categories][:2] == [MICE, PADS]
    assert sum(line.now.searches for line in found.categories) == found.now.searches


@pytest.mark.usefixtures("week")
def test_a_category_holds_what_stands_below_it() -> None:
    period = period_of(7, TODAY.date())
    assert search_analytics(period=period, category="electronics").now.searches == 7 * 170
    assert search_analytics(period=period, category=PADS).now.searches == 7 * 40
    assert search_analytics(period=period, category="elec").now.searches == 0
    assert search_analytics(period=period, limit=1).top[0].name == "mouse"
    assert analytics_categories() == ("beauty", "electronics", MICE, PADS, "toys")


def test_nothing_to_compare_with_is_no_trend() -> None:
    days("mouse", searches=500)
    found = search_analytics(period=period_of(7, TODAY.date()))
    assert found.trending == ()
    assert found.low_ctr == ()


@pytest.mark.usefixtures("week")
def test_the_page_and_the_number_of_its_queries(client: Client) -> None:
    client.force_login(person())
    url = reverse("search-analytics")
    client.get(url)
    counted = []
    for rows in (0, 300):
        SearchDay.objects.bulk_create(
            SearchDay(
                day=(TODAY - DAY).date(), query=f"query {number}", category=f"c/{number}",
                searches=1, zero_results=1, corrected=0, fallbacks=0, clicks=0, clicked=0,
                reciprocal_ranks=0, refined=0, converted=0,
            )
            for number in range(rows)
        )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            page = client.get(url, {"days": "7"})
        counted.append(len(queries))
    assert counted == [QUERIES_OF_A_PAGE] * 2
    text = page.content.decode()
    assert page["Cache-Control"].startswith("private, no-store")
    assert '<a href="/?q=unicorn%20%3Cb%3E">unicorn &lt;b&gt;</a>' in text
    address = reverse("admin:merchandising_synonymsetversion_add")
    assert f"{address}?word=unicorn%20%3Cb%3E" in text


@pytest.mark.usefixtures("week")
def test_csv_of_every_table(client: Client) -> None:
    client.force_login(person())
    first = f"{(TODAY - 6 * DAY):%Y-%m-%d}"
    asked = {"from": first, "to": f"{TODAY:%Y-%m-%d}"}
    for table in ("top", "zero", "low_ctr", "refined", "trending", "categories"):
        answer = client.get(reverse("search-analytics-csv", args=(table,)), asked)
        rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
        assert rows, table
        assert f"searches-{table}-{first}" in answer["Content-Disposition"]
    mouse = client.get(reverse("search-analytics-csv", args=("top",)), asked).content.decode()
    row = next(csv.DictReader(io.StringIO(mouse)))
    assert (row["name"], row["searches"], float(row["ctr"])) == ("mouse", "700", 0.6)
    assert client.get(reverse("search-analytics-csv", args=("worst",))).status_code == 404
    refused = client.get(reverse("search-analytics-csv", args=("top",)), {"days": "x"})
    assert (refused.status_code, b"days" in refused.content) == (400, True)


@pytest.mark.usefixtures("week")
def test_the_page_says_what_a_line_may_lack(client: Client) -> None:
    client.force_login(person())
    text = client.get(reverse("search-analytics"), {"days": "7"}).content.decode()
    assert "210 of these days" in text
    assert "may lack up to 70 searches, for each category" in text
    SearchDay.objects.filter(query="").delete()
    assert "may lack" not in client.get(reverse("search-analytics")).content.decode()


def test_an_empty_shop_and_a_wrong_period(client: Client) -> None:
    client.force_login(person())
    text = client.get(reverse("search-analytics"), {"from": "never"}).content.decode()
    assert "Nothing has been counted yet" in text
    assert "from: A day such as 2026-11-21 is wanted." in text
    assert "Words answered every search." in text


def test_who_may_see_it(client: Client) -> None:
    url = reverse("search-analytics")
    assert client.get(url).status_code == 302
    client.force_login(person("ona", "operator"))
    assert client.get(url).status_code == 403
    assert client.get(reverse("search-analytics-csv", args=("top",))).status_code == 403
    client.force_login(person("ana", "analyst"))
    page = client.get(url)
    assert page.status_code == 200
    assert "Create a synonym" not in page.content.decode()
    assert client.post(url).status_code == 405
    client.force_login(person())
    assert "Search analytics" in client.get(reverse("admin:index")).content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("week")
@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser(live_server: LiveServer, chromium_page: ChromiumPages, width: int) -> None:
    page = chromium_page(signed_in=person(), base_url=live_server.url, width=width)
    page.goto(reverse("search-analytics") + "?days=7")
    expect(page.get_by_role("heading", name="Most searched")).to_be_visible()
    expect(page.locator("#top tbody tr").first).to_contain_text("mouse")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    chromium_page.screenshot(page, f"search-analytics-{width}", full_page=True)
    page.emulate_media(color_scheme="dark")
    chromium_page.screenshot(page, f"search-analytics-{width}-dark")
    page.locator("#categories tbody th a").first.click()
    expect(page.locator("#category")).to_have_value(MICE)
