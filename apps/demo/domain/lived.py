"""The shop's last days, lived against the shop itself: who comes, and what they are shown.

The history before is what an engine that knows nobody showed. In its last days shoppers meet the
real one. Some search, and compare what several searches show; others look around, on the shelves
of the home page and of a category. What the two experiments can find is in the shoppers: tastes
and loyalties that last, and that they come back to what they looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from apps.demo.contracts import DemoCatalogue, FloatArray, HistoryConfig, ShopperConfig
from apps.demo.domain.history import shopper_names
from apps.demo.domain.latents import latent_uniforms, shopper_tastes
from apps.demo.domain.queries import Query, typo_make, zipf_shares
from apps.demo.domain.shelves import Shelf, shelves_of
from apps.demo.domain.visits import Visits, visits_draw

MOST_DAYS, PART_OF_HISTORY = 14, 4
"""Lived days: at most so many, and at most one of so many days of the history."""
SESSIONS_PER_DAY = 1_000
LOOKS = (0.10, 0.25, 0.30, 0.20, 0.15)
"""Shares of visits with one look, two looks and so on: who compares, looks more than once."""
STAYS = 0.85
"""Chance that a further search of a visit is for what the first one was for."""
SEARCHERS = 0.5
"""Share of shoppers who search; the others look at shelves."""
SHELF, PAGE = 8, 10
"""How many products a shopper sees of a shelf, and of a search."""
WANTED, UNASKED = 1.0, 0.6
"""How relevant a product of a shelf is: of the category that the shopper came for, or another."""
_DRAWS = 7


@dataclass(frozen=True, slots=True)
class LivedSearch:
    """What somebody types in one visit.

    Attributes:
        moment: unix seconds.
        query: what they have in mind.
        typed: what they type.
    """

    moment: float
    query: Query
    typed: str


@dataclass(frozen=True, slots=True)
class LivedShelf:
    """A shelf that somebody looks at.

    Attributes:
        moment: unix seconds.
        category: path of the category whose page they are on; empty: the home page.
    """

    moment: float
    category: str


@dataclass(frozen=True, slots=True)
class LivedVisit:
    """One visit.

    Attributes:
        number: of the visit; its draws depend on the seed and on this.
        shopper: index into the population.
        category: path of the category that they came for.
        looks: what they look at, in order of time: searches alone, or shelves alone.
    """

    number: int
    shopper: int
    category: str
    looks: tuple[LivedSearch, ...] | tuple[LivedShelf, ...]

    @property
    def moment(self) -> float:
        """When they come."""
        return self.looks[0].moment


@dataclass(frozen=True, slots=True)
class LivedScene:
    """All that it takes to play the lived days.

    Attributes:
        catalogue: what there is.
        visits: of everybody, in order of time.
        starts, ends: what came before is stored, and nothing happens after.
        seed: of the shoppers.
        folder: where it is written what browsers tell.
    """

    catalogue: DemoCatalogue
    visits: tuple[LivedVisit, ...]
    starts: datetime
    ends: datetime
    seed: int
    folder: Path


def lived_days(history_days: int) -> int:
    """How many days of a history are lived; 0 for one that is too short to learn from."""
    return min(MOST_DAYS, history_days // PART_OF_HISTORY)


def lived_visits(
    catalogue: DemoCatalogue,
    *,
    until: float,
    shopper: ShopperConfig,
    history: HistoryConfig,
    days: int,
    before: Visits,
) -> tuple[LivedVisit, ...]:
    """The visits of shoppers that the shop knows, in order of time.

    Args:
        catalogue: what queries are about.
        until: unix seconds; no look is later.
        shopper: the shopper's parameters.
        history: the population; all who come are logged in.
        days: how many days before `until`.
        before: the history's visits.
    """
    shelves = shelves_of(catalogue, shopper)
    names = shopper_names(history)
    tastes = shopper_tastes(shopper.seed, names)
    rng = Generator(PCG64(SeedSequence([shopper.seed, _DRAWS])))
    share = history.sessions_per_day / HistoryConfig().sessions_per_day
    visits = visits_draw(
        rng,
        config=HistoryConfig(
            days=days,
            sessions_per_day=max(1, round(SESSIONS_PER_DAY * share)),
            shoppers=history.shoppers,
            known_share=1.0,
        ),
        until=until,
        tastes=tastes,
        leaf_tastes=np.stack([shelf.tastes.mean(axis=0) for shelf in shelves]),
        leaf_sizes=np.array([len(shelf.rows) for shelf in shelves], np.float64),
        activity=_activity(before, history.shoppers),
        looks=LOOKS,
    )
    searches = latent_uniforms(shopper.seed, "habit", names)[:, 0] < SEARCHERS
    drawing = _Drawing(rng, shelves, shopper)
    return tuple(
        drawing.visit(visits, rows, searches=bool(searches[visits.shopper[rows[0]]]))
        for rows in _by_session(visits)
    )


def _activity(before: Visits, shoppers: int) -> FloatArray:
    """Shares of the visits to come: who came often comes more often, by the square root."""
    first = np.unique(before.session, return_index=True)[1]
    came = np.sqrt(1.0 + np.bincount(before.shopper[first], minlength=shoppers))
    shares: FloatArray = came / came.sum()
    return shares


def _by_session(visits: Visits) -> Sequence[Sequence[int]]:
    """The rows of each session, both in order of time."""
    found: dict[int, list[int]] = {}
    for row, session in enumerate(visits.session.tolist()):
        found.setdefault(session, []).append(row)
    return tuple(sorted(rows, key=visits.moment.__getitem__) for rows in found.values())


@dataclass(frozen=True, slots=True, eq=False)
class _Drawing:
    """Draws what visits look at, one after the other."""

    rng: Generator
    shelves: tuple[Shelf, ...]
    config: ShopperConfig

    def visit(self, visits: Visits, rows: Sequence[int], *, searches: bool) -> LivedVisit:
        """One visit of a shopper who searches, or who looks at shelves."""
        wanted = self.shelves[int(visits.leaf[rows[0]])]
        category = wanted.products[0].category_path
        return LivedVisit(
            number=int(visits.session[rows[0]]),
            shopper=int(visits.shopper[rows[0]]),
            category=category,
            looks=self._searches(visits, rows, wanted)
            if searches
            else tuple(
                LivedShelf(float(visits.moment[row]), category if nth else "")
                for nth, row in enumerate(rows)
            ),
        )

    def _searches(
        self, visits: Visits, rows: Sequence[int], wanted: Shelf
    ) -> tuple[LivedSearch, ...]:
        found = []
        for nth, row in enumerate(rows):
            stays = nth == 0 or self.rng.random() < STAYS
            shelf = wanted if stays else self.shelves[int(visits.leaf[row])]
            found.append(self._search(float(visits.moment[row]), shelf.queries))
        return tuple(found)

    def _search(self, moment: float, queries: tuple[Query, ...]) -> LivedSearch:
        shares = zipf_shares(len(queries), self.config.zipf_exponent)
        query = queries[int(self.rng.choice(len(queries), p=shares))]
        mistyped = self.rng.random() < self.config.typo_chance
        return LivedSearch(
            moment, query, typo_make(self.rng, query.text) if mistyped else query.text
        )
