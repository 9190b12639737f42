"""The page's tables, as written, and the same in full for a spreadsheet."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apps.experiments.domain.pages.exports import Plain
from apps.experiments.domain.pages.formats import NO_VALUE, count, number, percent
from apps.search.domain.analytics.figures import Analytics, QueryLine

CSV_COLUMNS = (
    "name", "searches", "searches_before", "zero_results", "zero_share", "corrected", "fallbacks",
    "clicks", "clicked", "ctr", "mrr", "refined", "refined_share", "converted", "conversion",
    "score",
)  # fmt: skip
_MINUS = "\N{MINUS SIGN}"
_SPACE = "\u00a0"


@dataclass(frozen=True, slots=True)
class Row:
    """A line as written.

    Attributes:
        name: the query, or the category's path.
        cells: (head, text) pairs.
    """

    name: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as written.

    Attributes:
        key: names it in links.
        title: its heading.
        lead: what it holds, in a sentence.
        empty: what is said instead of no rows.
        first: head of the first column.
        heads: of the others.
        rows: its lines.
        queries: whether its lines are queries.
    """

    key: str
    title: str
    lead: str
    empty: str
    first: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    queries: bool = True


@dataclass(frozen=True, slots=True)
class _Spec:
    """A table before its lines; columns are heads and how their cells are written."""

    key: str
    title: str
    lead: str
    empty: str
    columns: tuple[tuple[str, "Cell"], ...]


Cell = Callable[[QueryLine, Analytics], str]
_SEARCHES: tuple[str, Cell] = ("Searches", lambda line, _: count(line.now.searches))
_BEFORE: tuple[str, Cell] = ("Before", lambda line, _: count(line.before))
_CHANGE: tuple[str, Cell] = ("Change", lambda line, _: change(line.now.searches, line.before))
_CTR: tuple[str, Cell] = ("Clicked", lambda line, _: percent(line.now.ctr))
_MISSED: tuple[str, Cell] = ("Clicks missed", lambda line, all_: count(clicks_missed(line, all_)))
_MRR: tuple[str, Cell] = ("MRR", lambda line, _: two_decimals(line.now.mrr))
_ZERO: tuple[str, Cell] = ("Found nothing", lambda line, _: count(line.now.zero_results))
_ZERO_SHARE: tuple[str, Cell] = ("Of searches", lambda line, _: percent(line.now.zero_share))
_OTHERWISE: tuple[str, Cell] = ("Not by words", lambda line, _: count(line.now.fallbacks))
_CORRECTED: tuple[str, Cell] = ("Corrected", lambda line, _: count(line.now.corrected))
_REFINED: tuple[str, Cell] = ("Asked again", lambda line, _: count(line.now.refined))
_REFINED_SHARE: tuple[str, Cell] = ("Of searches", lambda line, _: percent(line.now.refined_share))
_BOUGHT: tuple[str, Cell] = ("Bought after", lambda line, _: percent(line.now.conversion))
_SCORE: tuple[str, Cell] = ("Certainty", lambda line, _: f"{number(abs(line.score))}{_SPACE}sd")
_ALL = (_SEARCHES, _CHANGE, _CTR, _MRR, _ZERO, _REFINED, _BOUGHT)
_SPECS = (
    _Spec("top", "Most searched", "What shoppers look for most.", "Nobody searched.", _ALL),
    _Spec(
        "zero",
        "Nothing found",
        "Searches that ended with an empty page, or that words did not answer but meaning or "
        "popular products did: a product to list, or a synonym to write.",
        "Words answered every search.",
        (_ZERO, _ZERO_SHARE, _SEARCHES, _OTHERWISE, _CORRECTED, _REFINED),
    ),
    _Spec(
        "low_ctr",
        "Seldom clicked",
        "They find something, and clearly fewer of them are clicked than of all searches.",
        "No query is clearly less clicked than the others.",
        (_SEARCHES, _CTR, _MISSED, _MRR, _REFINED),
    ),
    _Spec(
        "refined",
        "Asked again in other words",
        "The same shopper searched again within five minutes, with a word in common.",
        "Nobody had to ask twice.",
        (_REFINED, _REFINED_SHARE, _SEARCHES, _CTR),
    ),
    _Spec(
        "trending",
        "Trending",
        "Searched more, or less, than the traffic as a whole explains. Chance is guarded against "
        "over all queries together; certainty is in standard deviations.",
        "Nothing changed by more than chance.",
        (_SEARCHES, _BEFORE, _CHANGE, _SCORE),
    ),
    _Spec(
        "categories",
        "By category",
        "Where searches led: the category filtered by, else the detected one.",
        "Nobody searched.",
        _ALL,
    ),
)
TABLES = tuple(spec.key for spec in _SPECS)


def change(now: int, before: int) -> str:
    """Against before: a signed share, `new`, or a dash for nothing at all."""
    if not before:
        return "new" if now else NO_VALUE
    ratio = now / before - 1.0
    sign = "+" if ratio > 0 else _MINUS if ratio < 0 else "±"
    return f"{sign}{abs(ratio) * 100:,.0f}{_SPACE}%"


def two_decimals(value: float | None) -> str:
    """A mean reciprocal rank as it is read."""
    return NO_VALUE if value is None else f"{value:.2f}"


def clicks_missed(line: QueryLine, analytics: Analytics) -> int:
    """Clicked searches that the query lacks to be clicked like all together."""
    return round(line.now.found * (analytics.now.ctr or 0.0) - line.now.clicked)


def tables_of(analytics: Analytics) -> tuple[Table, ...]:
    """Every table of the page, in its order."""
    return tuple(_table(spec, analytics) for spec in _SPECS)


def _table(spec: _Spec, analytics: Analytics) -> Table:
    queries = spec.key != "categories"
    return Table(
        key=spec.key,
        title=spec.title,
        lead=spec.lead,
        empty=spec.empty,
        first="Query" if queries else "Category",
        heads=tuple(head for head, _ in spec.columns),
        rows=tuple(
            Row(
                line.name,
                tuple((head, written(line, analytics)) for head, written in spec.columns),
            )
            for line in lines_of(analytics, spec.key)
            if line.now.searches or spec.key == "trending"
        ),
        queries=queries,
    )


def lines_of(analytics: Analytics, key: str) -> tuple[QueryLine, ...]:
    """The lines of one table.

    Raises:
        KeyError: there is no such table.
    """
    return {
        "top": analytics.top,
        "zero": analytics.zero,
        "low_ctr": analytics.low_ctr,
        "refined": analytics.refined,
        "trending": analytics.trending,
        "categories": analytics.categories,
    }[key]


def csv_rows(lines: Iterable[QueryLine]) -> Iterable[dict[str, Plain]]:
    """Every figure of each line in full."""
    for line in lines:
        row: dict[str, Plain] = {
            "name": line.name,
            "searches_before": line.before,
            "score": line.score or None,
        }
        yield row | {
            name: getattr(line.now, name) for name in CSV_COLUMNS if hasattr(line.now, name)
        }
