"""What became of a rule's queries: figures before it was live and since."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from apps.experiments.contracts.statistics import CannotCompute, ProportionSums
from apps.experiments.contracts.statistics_results import TestResult
from apps.experiments.domain.statistics.frequentist import two_proportions_test
from apps.search.domain.analytics.figures import Figures


@dataclass(frozen=True, slots=True)
class Touched:
    """Searches that a rule acted on since it is live.

    Attributes:
        searches: how many.
        shoppers: different ones, as far as they were named.
        clicked: of the searches, those with a click.
        converted: of the searches, those that a purchase followed.
        queries: (query, searches), most searches first.
    """

    searches: int
    shoppers: int
    clicked: int
    converted: int
    queries: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One rate before and since.

    Attributes:
        title: for people.
        before: (counted, out of).
        since: likewise.
        test: the difference with its 95 % interval, in shares; `CannotCompute` says why not.
        higher_is_better: which way shoppers are served better.
    """

    title: str
    before: tuple[int, int]
    since: tuple[int, int]
    test: TestResult | CannotCompute
    higher_is_better: bool

    @property
    def rate_before(self) -> str:
        """In per cent."""
        return _percent(*self.before)

    @property
    def rate_since(self) -> str:
        """In per cent."""
        return _percent(*self.since)

    @property
    def computed(self) -> bool:
        """Whether there is a difference to tell."""
        return isinstance(self.test, TestResult)

    @property
    def difference(self) -> str:
        """In points; empty when it cannot be computed."""
        if not isinstance(self.test, TestResult):
            return ""
        return f"{self.test.estimate.effect * 100:+.1f} points"

    @property
    def interval(self) -> str:
        """In points; likewise."""
        if not isinstance(self.test, TestResult):
            return ""
        low, high = self.test.ci
        return f"{low * 100:+.1f} … {high * 100:+.1f}"

    @property
    def tone(self) -> str:
        """`better` or `worse` where the interval leaves 0 out; else empty."""
        if not isinstance(self.test, TestResult):
            return ""
        low, high = self.test.ci
        if low <= 0.0 <= high:
            return ""
        return "better" if (low > 0.0) is self.higher_is_better else "worse"


@dataclass(frozen=True, slots=True)
class RuleImpact:
    """All that an impact panel shows.

    Attributes:
        touched: since the rule is live, at most a quarter of a year.
        days: whole days compared on each side; 0: none is over yet.
        before, since: the first days of both sides; None likewise.
        changes: of the touched queries, whoever asked them.
    """

    touched: Touched
    days: int
    before: date | None
    since: date | None
    changes: tuple[Change, ...]


_RATES: tuple[tuple[str, bool, Callable[[Figures], tuple[int, int]]], ...] = (
    ("With a click, of those that found something", True, lambda one: (one.clicked, one.found)),
    ("Followed by a purchase", True, lambda one: (one.converted, one.searches)),
    ("Without a result", False, lambda one: (one.zero_results, one.searches)),
    ("Asked again in other words", False, lambda one: (one.refined, one.searches)),
)


def changes_of(before: Figures, since: Figures) -> tuple[Change, ...]:
    """Every rate before and since, with what chance would do.

    The interval takes searches as independent; one shopper's are not quite, so it is a little
    too narrow.
    """
    return tuple(
        _change(title, rate(before), rate(since), higher_is_better=better)
        for title, better, rate in _RATES
    )


def _change(
    title: str, before: tuple[int, int], since: tuple[int, int], *, higher_is_better: bool
) -> Change:
    sides = [ProportionSums(n=out_of, sum=counted) for counted, out_of in (before, since)]
    test = two_proportions_test(sides[0], sides[1])
    return Change(title, before, since, test, higher_is_better)


def _percent(counted: int, out_of: int) -> str:
    return f"{counted / out_of:.1%}" if out_of else "none"
