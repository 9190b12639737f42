"""Figures of searches from their roll-up: two statements, however many searches there were."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from apps.search.domain.analytics.figures import (
    COUNTS,
    Analytics,
    DayLine,
    Figures,
    Period,
    QueryLine,
    figures_sum,
)
from apps.search.domain.analytics.trends import (
    LEAST_SEARCHES,
    changed_enough,
    discoveries,
)
from apps.search.models import SearchDay, SearchDaysState

# Of trends only so many are looked at: the false discovery rate needs the surest ones alone.
_MOST_TRENDS = 500
_SURE = 1.96
_SUMS = ", ".join(f"coalesce(sum({name}), 0)" for name in COUNTS)
_SUMS_NOW = ", ".join(
    f"coalesce(sum({name}) FILTER (WHERE day >= %(first)s), 0) AS {name}" for name in COUNTS
)
_ROWS = """
    FROM search_searchday
    WHERE day BETWEEN %(before)s AND %(last)s
      AND (%(category)s = '' OR category = %(category)s
           OR starts_with(category, %(category)s || '/'))
"""
# A pair that a day did not keep by name had at most as many searches as the least it kept, and
# as many as all it did not keep.
_WHOLE = f"""
    SELECT grouping(day), day, category, day >= %(first)s,
           coalesce(sum(searches) FILTER (WHERE query = ''), 0),
           least(coalesce(sum(searches) FILTER (WHERE query = ''), 0),
                 min(searches) FILTER (WHERE query <> '')), {_SUMS} {_ROWS}
    GROUP BY GROUPING SETS ((day, day >= %(first)s), (category, day >= %(first)s))
"""
_COLUMNS = ", ".join(COUNTS)
_RATE = "clicked::float8 / (searches - zero_results)"
# The upper end of Wilson's interval: what a rate may be at most, going by so few searches.
_CTR_AT_MOST = f"""
    ({_RATE} + {_SURE**2 / 2} / (searches - zero_results) + {_SURE} * sqrt(
        ({_RATE} * (1 - {_RATE}) + {_SURE**2 / 4} / (searches - zero_results))
        / (searches - zero_results))) / (1 + {_SURE**2} / (searches - zero_results))
"""
_LINES = f"""
WITH picked AS MATERIALIZED (
    SELECT query, sum(searches) FILTER (WHERE day < %(first)s) AS before, {_SUMS_NOW} {_ROWS}
    GROUP BY query
), whole AS (
    SELECT sum(searches)::float8 / nullif(sum(searches) + sum(coalesce(before, 0)), 0) AS share,
           sum(coalesce(before, 0)) AS before, sum(searches) AS now,
           sum(clicked)::float8 / nullif(sum(searches - zero_results), 0) AS ctr
    FROM picked
), sums AS MATERIALIZED (
    SELECT query, coalesce(before, 0) AS before, {_COLUMNS} FROM picked WHERE query <> ''
), trends AS MATERIALIZED (
    SELECT s.*, (s.searches - (s.searches + s.before) * w.share)
               / sqrt((s.searches + s.before) * w.share * (1 - w.share)) AS score
    FROM sums s, whole w
    WHERE w.before > 0 AND w.now > 0 AND s.searches + s.before >= {LEAST_SEARCHES}
)
(SELECT 'top', query, before, 0::float8, NULL::float8, {_COLUMNS} FROM sums
 WHERE searches > 0 ORDER BY searches DESC, query COLLATE "C" LIMIT %(limit)s)
UNION ALL
(SELECT 'zero', query, before, 0, NULL, {_COLUMNS} FROM sums
 WHERE zero_results + fallbacks > 0
 ORDER BY zero_results + fallbacks DESC, query COLLATE "C" LIMIT %(limit)s)
UNION ALL
(SELECT 'low_ctr', query, s.before, 0, NULL, {_COLUMNS} FROM
    (SELECT * FROM sums WHERE searches - zero_results >= {LEAST_SEARCHES}) s, whole w
 WHERE {_CTR_AT_MOST} < w.ctr
 ORDER BY (searches - zero_results) * w.ctr - clicked DESC, query COLLATE "C" LIMIT %(limit)s)
UNION ALL
(SELECT 'refined', query, before, 0, NULL, {_COLUMNS} FROM sums
 WHERE refined > 0 ORDER BY refined DESC, query COLLATE "C" LIMIT %(limit)s)
UNION ALL
(SELECT 'trending', query, before, score, (SELECT count(*)::float8 FROM trends), {_COLUMNS}
 FROM trends ORDER BY abs(score) DESC, query COLLATE "C" LIMIT {_MOST_TRENDS})
"""


def search_analytics(*, period: Period, category: str = "", limit: int = 50) -> Analytics:
    """The figures of a period, and of as many days before it. Two statements.

    Args:
        period: days, UTC.
        category: path; what stands below it counts too. Empty: everything.
        limit: lines of each table.
    """
    asked = {
        "before": period.before, "first": period.first, "last": period.last,
        "category": category, "limit": limit,
    }  # fmt: skip
    whole = _whole(asked)
    now, before = (
        figures_sum(each.line.figures for each in whole.days if each.current is half)
        for half in (True, False)
    )
    lines, tested = _lines(asked)
    share = now.searches / max(now.searches + before.searches, 1)
    current = [each for each in whole.days if each.current]
    return Analytics(
        now=now,
        before=before,
        days=tuple(each.line for each in current),
        categories=whole.categories[:limit],
        top=lines["top"],
        zero=lines["zero"],
        low_ctr=lines["low_ctr"],
        refined=lines["refined"],
        trending=_sure(lines["trending"], tested, share)[:limit],
        unnamed=sum(each.unnamed for each in current),
        short_by=sum(each.short_by for each in current),
    )


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of either period, and what its lines of queries lack."""

    line: DayLine
    current: bool
    unnamed: int
    short_by: int


@dataclass(frozen=True, slots=True)
class _Whole:
    days: list[_Day]
    categories: tuple[QueryLine, ...]


def _whole(asked: Mapping[str, Any]) -> _Whole:
    """Days of both periods, the earliest first, and categories, the most searched first."""
    days: list[_Day] = []
    parts: dict[str, dict[bool, Figures]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WHOLE, asked)
        for by_category, day, category, current, unnamed, short_by, *counts in cursor.fetchall():
            figures = _figures(counts)
            if by_category:
                parts.setdefault(category, {})[current] = figures
            else:
                days.append(_Day(DayLine(day, figures), current, int(unnamed), int(short_by)))
    days.sort(key=lambda each: each.line.day)
    lines = [
        QueryLine(name, halved.get(True, Figures()), halved.get(False, Figures()).searches)
        for name, halved in parts.items()
    ]
    lines.sort(key=lambda line: (-line.now.searches, line.name))
    return _Whole(days, tuple(lines))


def _lines(asked: Mapping[str, Any]) -> tuple[dict[str, tuple[QueryLine, ...]], int]:
    """Lines of each table in their order, and how many queries were tested for a trend."""
    found: dict[str, list[QueryLine]] = {
        name: [] for name in ("top", "zero", "low_ctr", "refined", "trending")
    }
    tested = 0
    with connection.cursor() as cursor:
        cursor.execute(_LINES, asked)
        for table, query, before, score, of, *counts in cursor.fetchall():
            found[table].append(QueryLine(query, _figures(counts), int(before), float(score)))
            tested = max(tested, int(of or 0))
    return {name: tuple(lines) for name, lines in found.items()}, tested


def _figures(counts: list[Any]) -> Figures:
    told = dict(zip(COUNTS, counts, strict=True))
    ranks = float(told.pop("reciprocal_ranks"))
    return Figures(reciprocal_ranks=ranks, **{name: int(count) for name, count in told.items()})


def _sure(lines: tuple[QueryLine, ...], tested: int, share: float) -> tuple[QueryLine, ...]:
    kept = discoveries([line.score for line in lines], tested)
    return tuple(
        line for line in lines[:kept] if changed_enough(line.now.searches, line.before, share)
    )


def analytics_categories() -> tuple[str, ...]:
    """Paths that any search was counted under, and those above them."""
    paths = SearchDay.objects.exclude(category="").values_list("category", flat=True).distinct()
    found = {
        "/".join(parts[: depth + 1])
        for parts in (path.split("/") for path in paths)
        for depth in range(len(parts))
    }
    return tuple(sorted(found))


def analytics_ran_at() -> datetime | None:
    """When the roll-up ran last; None: never."""
    return SearchDaysState.objects.values_list("ran_at", flat=True).first()
