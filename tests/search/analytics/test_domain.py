"""Figures, trends, periods and tables: no database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.search.domain.analytics.figures import (
    COUNTS,
    Analytics,
    DayLine,
    Figures,
    Period,
    QueryLine,
    figures_sum,
)
from apps.search.domain.analytics.periods import PeriodUnreadable, period_of, period_read, runs_of
from apps.search.domain.analytics.picture import days_chart
from apps.search.domain.analytics.tables import (
    CSV_COLUMNS,
    TABLES,
    change,
    clicks_missed,
    csv_rows,
    lines_of,
    tables_of,
    two_decimals,
)
from apps.search.domain.analytics.tiles import tiles_of
from apps.search.domain.analytics.trends import (
    changed_enough,
    discoveries,
    trend_score,
    two_sided,
)

TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)
COUNT = st.integers(min_value=0, max_value=10_000)
MOUSE = Figures(100, 10, 5, 4, 60, 45, 30.0, 12, 9)


def analytics_of(*lines: QueryLine, **change: object) -> Analytics:
    fields: dict[str, object] = {
        "now": figures_sum(line.now for line in lines), "before": Figures(50), "days": (),
        "categories": lines, "top": lines, "zero": lines, "low_ctr": lines, "refined": lines,
        "trending": lines,
    }  # fmt: skip
    return Analytics(**{**fields, **change})  # type: ignore[arg-type]  # built from a mapping


@given(st.lists(st.builds(Figures, *[COUNT] * len(COUNTS))))
def test_sums_are_of_every_count(parts: list[Figures]) -> None:
    whole = figures_sum(parts)
    assert all(getattr(whole, n) == sum(getattr(part, n) for part in parts) for n in COUNTS)


def test_shares_and_what_cannot_be_computed() -> None:
    assert MOUSE.found == 90
    assert (MOUSE.zero_share, MOUSE.ctr) == (0.1, 0.5)
    assert MOUSE.mrr == pytest.approx(1 / 3)
    assert (MOUSE.refined_share, MOUSE.conversion) == (0.12, 0.09)
    nothing = Figures()
    shares = ("zero_share", "ctr", "mrr", "refined_share", "conversion")
    assert [getattr(nothing, name) for name in shares] == [None] * 5
    assert Figures(searches=3, zero_results=3).ctr is None


@given(COUNT, COUNT, st.floats(min_value=0.01, max_value=0.99))
def test_a_score_has_the_sign_of_the_change(now: int, before: int, share: float) -> None:
    score, expected = trend_score(now, before, share), (now + before) * share
    assert score == 0.0 or (score > 0) is (now > expected)
    assert 0.0 <= two_sided(score) <= 1.0
    assert two_sided(score) == two_sided(-score)


@given(COUNT, COUNT)
def test_exchanging_the_periods_flips_the_sign(now: int, before: int) -> None:
    assert trend_score(now, before, 0.5) == pytest.approx(-trend_score(before, now, 0.5))
    assert changed_enough(now, before, 0.5) is changed_enough(now, before, 0.5)


def test_golden_score_and_chance() -> None:
    """30 of 40 where half were to be expected; R: pnorm(-sqrt(10)) * 2 = 0.001565402."""
    assert trend_score(30, 10, 0.5) == pytest.approx(10**0.5)
    assert two_sided(trend_score(30, 10, 0.5)) == pytest.approx(0.001565402, rel=1e-6)


def test_false_discoveries_are_bounded_over_all_that_were_tested() -> None:
    scores = [6.0, -4.0, 3.0, 2.0, 0.1]
    assert discoveries(scores, 5) == 3
    assert discoveries(scores, 10_000) == 1
    assert discoveries([], 0) == discoveries([1.0], 1) == 0


def test_small_changes_are_no_news() -> None:
    assert changed_enough(130, 100, 0.5) is False
    assert changed_enough(200, 100, 0.5)
    assert changed_enough(0, 40, 0.5)
    assert not changed_enough(0, 0, 0.5)


def test_periods() -> None:
    assert period_of(7, TODAY) == Period(TODAY - 6 * DAY, TODAY, TODAY - 13 * DAY)
    assert period_of(7, TODAY).days == 7
    assert period_read(days="", first="", last="", today=TODAY).days == 28
    assert period_read(days="1", first="", last="", today=TODAY).first == TODAY
    asked = period_read(days="7", first="2026-11-01", last="2026-11-10", today=TODAY)
    assert asked == Period(date(2026, 11, 1), date(2026, 11, 10), date(2026, 10, 22))
    assert period_read(days="", first="2026-11-20", last="", today=TODAY).last == TODAY


@pytest.mark.parametrize(
    ("days", "first", "last", "field"),
    [
        ("0", "", "", "days"),
        ("367", "", "", "days"),
        ("9999", "", "", "days"),
        ("-1", "", "", "days"),
        ("x", "", "", "days"),
        ("", "yesterday", "", "from"),
        ("", "", "2026-11-10", "from"),
        ("", "2026-11-10", "2026-13-10", "to"),
        ("", "2026-11-10", "2026-11-09", "to"),
        ("", "2020-11-10", "2026-11-09", "to"),
    ],
)
def test_no_such_period(days: str, first: str, last: str, field: str) -> None:
    with pytest.raises(PeriodUnreadable) as refused:
        period_read(days=days, first=first, last=last, today=TODAY)
    assert refused.value.field == field


@given(st.sets(st.integers(min_value=0, max_value=60)), st.integers(min_value=1, max_value=9))
def test_runs_hold_each_day_once_and_no_other(offsets: set[int], longest: int) -> None:
    days = {TODAY + offset * DAY for offset in offsets}
    runs = runs_of(days, longest)
    covered = [first + at * DAY for first, last in runs for at in range((last - first).days + 1)]
    assert sorted(covered) == sorted(days)
    assert len(set(covered)) == len(covered)
    assert all((last - first).days < longest for first, last in runs)


def test_change_in_words() -> None:
    assert [change(now, before) for now, before in ((12, 10), (5, 10), (7, 7), (3, 0), (0, 0))] == [
        "+20\u00a0%", "\N{MINUS SIGN}50\u00a0%", "±0\u00a0%", "new", "\N{EN DASH}",
    ]  # fmt: skip
    assert (two_decimals(None), two_decimals(1 / 3)) == ("\N{EN DASH}", "0.33")


def test_tables_say_every_column_of_every_line() -> None:
    gone = QueryLine("gone", Figures(), 30, -5.0)
    mouse = QueryLine("mouse", MOUSE, 80, 4.0)
    analytics = analytics_of(mouse, gone)
    tables = {table.key: table for table in tables_of(analytics)}
    assert tuple(tables) == TABLES
    assert [row.name for row in tables["top"].rows] == ["mouse"]
    assert [row.name for row in tables["trending"].rows] == ["mouse", "gone"]
    for table in tables.values():
        assert all(tuple(head for head, _ in row.cells) == table.heads for row in table.rows)
        assert table.queries is (table.key != "categories")
    cells = dict(tables["top"].rows[0].cells)
    assert (cells["Searches"], cells["MRR"], cells["Found nothing"]) == ("100", "0.33", "10")
    assert dict(tables["trending"].rows[1].cells)["Certainty"] == "5.00\u00a0sd"
    assert lines_of(analytics, "zero") == (mouse, gone)
    with pytest.raises(KeyError):
        lines_of(analytics, "worst")


def test_clicks_missed_are_those_of_an_average_query() -> None:
    liked, seldom = QueryLine("a", Figures(100, clicked=60), 0), QueryLine("b", Figures(100), 0)
    analytics = analytics_of(liked, seldom)
    assert clicks_missed(seldom, analytics) == 30
    assert clicks_missed(liked, analytics) == -30
    assert clicks_missed(seldom, analytics_of(now=Figures())) == 0


def test_a_spreadsheet_gets_every_figure() -> None:
    (row,) = csv_rows([QueryLine("mouse", MOUSE, 80)])
    assert set(row) == set(CSV_COLUMNS)
    assert (row["searches"], row["searches_before"], row["ctr"], row["score"]) == (
        100,
        80,
        0.5,
        None,
    )


def test_tiles() -> None:
    tiles = {tile.title: tile for tile in tiles_of(analytics_of(QueryLine("mouse", MOUSE, 50)))}
    assert tiles["Searches"].before == "+100\u00a0%, before 50"
    assert (tiles["MRR"].value, tiles["MRR"].before) == ("0.33", "before 0.00")
    assert len(tiles) == 6


def test_the_chart_has_a_bar_and_words_for_every_day() -> None:
    period = period_of(7, TODAY)
    days = [DayLine(TODAY - DAY, Figures(10, 2)), DayLine(TODAY, Figures(20))]
    chart = days_chart(days, period)
    assert chart is not None
    assert len(chart.wide.stops) == 7
    assert "10 searches, 2 found nothing" in chart.wide.stops[5].text
    assert [row[1] for row in chart.rows] == ["10", "20"]
    assert days_chart(days, period_of(1, TODAY)) is None
    assert days_chart([], period) is None
