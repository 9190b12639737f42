"""The figures above the tables: now, and against before."""

from dataclasses import dataclass

from apps.experiments.domain.pages.formats import count, percent
from apps.search.domain.analytics.figures import Analytics
from apps.search.domain.analytics.tables import change, two_decimals


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure.

    Attributes:
        title: what it is.
        value: as written.
        before: the same of the period before, in words.
    """

    title: str
    value: str
    before: str


def tiles_of(analytics: Analytics) -> tuple[Tile, ...]:
    """All of them."""
    now, before = analytics.now, analytics.before
    shares = (
        ("Found nothing", now.zero_share, before.zero_share),
        ("Clicked", now.ctr, before.ctr),
        ("Asked again", now.refined_share, before.refined_share),
        ("Bought after", now.conversion, before.conversion),
    )
    searches = Tile(
        "Searches",
        count(now.searches),
        f"{change(now.searches, before.searches)}, before {count(before.searches)}",
    )
    mrr = Tile("MRR", two_decimals(now.mrr), f"before {two_decimals(before.mrr)}")
    told = [Tile(title, percent(new), f"before {percent(old)}") for title, new, old in shares]
    return (searches, told[0], told[1], mrr, *told[2:])
