"""Figures of searches: counts of a roll-up, and what follows from them.

Every share is None where its denominator is 0: it cannot be computed, and is not 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts over some searches; a search is the first page of an answer to typed words.

    Attributes:
        searches: how many.
        zero_results: of them, those that found nothing though no engine was missing.
        corrected: whose spelling was mended.
        fallbacks: that words did not answer, but meaning or what is popular did.
        clicks: clicks on their hits.
        clicked: searches with at least one click.
        reciprocal_ranks: sum over clicked searches of 1 / (position of the uppermost click).
        refined: whose shopper asked again within five minutes, with a word in common.
        converted: searches that a purchase followed within seven days.
    """

    searches: int = 0
    zero_results: int = 0
    corrected: int = 0
    fallbacks: int = 0
    clicks: int = 0
    clicked: int = 0
    reciprocal_ranks: float = 0.0
    refined: int = 0
    converted: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        """Both together."""
        return Figures(*(getattr(self, name) + getattr(other, name) for name in COUNTS))

    @property
    def found(self) -> int:
        """Searches that found something, or might have."""
        return self.searches - self.zero_results

    @property
    def zero_share(self) -> float | None:
        """Share of searches that found nothing."""
        return _share(self.zero_results, self.searches)

    @property
    def ctr(self) -> float | None:
        """Share of searches that found something and were clicked."""
        return _share(self.clicked, self.found)

    @property
    def mrr(self) -> float | None:
        """Mean reciprocal rank of the uppermost click; a search without one counts 0."""
        return _share(self.reciprocal_ranks, self.found)

    @property
    def refined_share(self) -> float | None:
        """Share of searches that were asked again in other words."""
        return _share(self.refined, self.searches)

    @property
    def conversion(self) -> float | None:
        """Share of searches that a purchase followed."""
        return _share(self.converted, self.searches)


COUNTS = tuple(each.name for each in fields(Figures))


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def figures_sum(parts: Iterable[Figures]) -> Figures:
    """All of them together."""
    return sum(parts, start=Figures())


@dataclass(frozen=True, slots=True)
class QueryLine:
    """A query, or a category, in a period and in the one before.

    Attributes:
        name: normalised query, or a category's path.
        now: of the period.
        before: searches of as many days before it.
        score: of a trend: standard deviations from what was to be expected; else 0.
    """

    name: str
    now: Figures
    before: int
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day, UTC."""

    day: date
    figures: Figures


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, UTC, and as many before them.

    Attributes:
        first: first day.
        last: last day.
        before: first day of the period before.
    """

    first: date
    last: date
    before: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Analytics:
    """What the page shows.

    Attributes:
        now: of the period, all queries.
        before: of the period before.
        days: of the period; days without searches are missing.
        categories: the most searched first.
        top: the most searched queries.
        zero: those that found nothing, or that words did not answer; the most frequent first.
        low_ctr: significantly less clicked than all together, the most clicks missed first.
        refined: the most often asked again in other words.
        trending: significantly more, or less, than before; the surest first.
        unnamed: of the period's searches, those that are in no query's line, because each day
            keeps only its most searched pairs of query and category by name.
        short_by: searches of the period that a query's line may lack at most, for each
            category it was asked in.
    """

    now: Figures
    before: Figures
    days: tuple[DayLine, ...]
    categories: tuple[QueryLine, ...]
    top: tuple[QueryLine, ...]
    zero: tuple[QueryLine, ...]
    low_ctr: tuple[QueryLine, ...]
    refined: tuple[QueryLine, ...]
    trending: tuple[QueryLine, ...]
    unnamed: int = 0
    short_by: int = 0
