"""The shop's last days, lived against the shop itself: who comes, and what they are shown.

The history before is what an engine that knows nobody showed. In its last days shoppers meet the
real one: a look at the home page's shelf, then searches. Two experiments run. No effect is planted
in their arms; what they can find is in the shoppers: a taste that lasts, a mission for the visit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from apps.demo.contracts import DemoCatalogue, FloatArray, HistoryConfig, ShopperConfig
from apps.demo.domain.history import Shelf, shelves_of, shopper_names
from apps.demo.domain.latents import shopper_tastes
from apps.demo.domain.queries import Query, typo_make, zipf_shares
from apps.demo.domain.visits import Visits, visits_draw

MOST_DAYS, PART_OF_HISTORY = 14, 4
"""Lived days: at most so many, and at most one of so many days of the history."""
SESSIONS_PER_DAY = 480
STAYS = 0.75
"""Chance that a further search of a visit is for what the first one was for."""
SHELF, PAGE = 8, 10
"""How many products a shopper sees of the shelf, and of a search."""
WANTED, UNASKED = 1.0, 0.6
"""How relevant a product of a shelf is: of the category that the shopper came for, or another."""
LOOKS_FIRST_S = 30.0
"""Seconds for which the home page is looked at before anything is searched for."""
_DRAWS = 7

SEARCH_KEY, SHELF_KEY = "search-follows-shoppers", "shelf-for-you"
_METRICS = [
    {"key": "ctr", "role": "primary"},
    {"key": "revenue_per_visitor", "role": "secondary"},
]
# What shoppers did in the weeks before tells much of what they would do anyway.
_PLAN = {"minimum_runtime_days": 7, "minimum_units": 200, "mde": 0.1, "cuped_days": 28}
DESIGNS: Mapping[str, Mapping[str, object]] = {
    SEARCH_KEY: {
        "name": "Search that follows the shopper",
        "hypothesis": "Because shoppers come back to the brands and shelves that they liked, we "
        "believe that a search which knows their history and their visit shows what they want "
        "further up, and sells more.",
        "surface": "search",
        "unit": "user",
        "variants": [
            {
                "key": "same",
                "name": "The same for everybody",
                "weight": 0.5,
                "payload": {"personalisation": {"history": False, "session": False}},
            },
            {
                "key": "personal",
                "name": "For this shopper",
                "weight": 0.5,
                "payload": {
                    "personalisation": {"history": True, "session": True, "session_weight": 0.4}
                },
            },
        ],
        "metrics": _METRICS,
        "plan": _PLAN,
    },
    SHELF_KEY: {
        "name": "A shelf for you, or what is popular",
        "hypothesis": "Because tastes differ, we believe that a home page chosen from each "
        "shopper's own history is clicked and bought from more than what sells best.",
        "surface": "recommendations",
        "unit": "user",
        "variants": [
            {
                "key": "popular",
                "name": "What is popular",
                "weight": 0.5,
                "payload": {
                    "recommendations": {"strategies": ["popular"]},
                    "personalisation": {"history": False, "session": False},
                },
            },
            {
                "key": "for-you",
                "name": "For you",
                "weight": 0.5,
                "payload": {"recommendations": {"strategies": ["for_you", "popular"]}},
            },
        ],
        "metrics": _METRICS,
        "plan": _PLAN,
    },
}


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
class LivedVisit:
    """One visit, from the home page on.

    Attributes:
        number: of the visit; its draws depend on the seed and on this.
        shopper: index into the population.
        category: path of the category that they came for.
        searches: in order of time.
    """

    number: int
    shopper: int
    category: str
    searches: tuple[LivedSearch, ...]

    @property
    def moment(self) -> float:
        """When they open the home page: a little before the first search."""
        return self.searches[0].moment - LOOKS_FIRST_S


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
        until: unix seconds; no search is later.
        shopper: the shopper's parameters.
        history: the population; all who come are logged in, and as often as before.
        days: how many days before `until`.
        before: the history's visits.
    """
    shelves = shelves_of(catalogue, shopper)
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
        tastes=shopper_tastes(shopper.seed, shopper_names(history)),
        leaf_tastes=np.stack([shelf.tastes.mean(axis=0) for shelf in shelves]),
        leaf_sizes=np.array([len(shelf.rows) for shelf in shelves], np.float64),
        activity=_activity(before, history.shoppers),
    )
    return _visits(rng, visits, shelves, shopper)


def _activity(before: Visits, shoppers: int) -> FloatArray:
    """Shares of the visits to come: by those before, and one more for everybody."""
    first = np.unique(before.session, return_index=True)[1]
    came = 1.0 + np.bincount(before.shopper[first], minlength=shoppers)
    shares: FloatArray = came / came.sum()
    return shares


def _visits(
    rng: Generator, visits: Visits, shelves: tuple[Shelf, ...], config: ShopperConfig
) -> tuple[LivedVisit, ...]:
    found: dict[int, list[int]] = {}
    for row, session in enumerate(visits.session.tolist()):
        found.setdefault(session, []).append(row)
    wanted = [shelves[leaf] for leaf in visits.leaf.tolist()]
    for rows in found.values():
        for row in rows[1:]:
            if rng.random() < STAYS:
                wanted[row] = wanted[rows[0]]
    return tuple(
        LivedVisit(
            number=session,
            shopper=int(visits.shopper[rows[0]]),
            category=wanted[rows[0]].products[0].category_path,
            searches=tuple(
                _search(rng, float(visits.moment[row]), wanted[row].queries, config)
                for row in rows
            ),
        )
        for session, rows in found.items()
    )


def _search(
    rng: Generator, moment: float, queries: tuple[Query, ...], config: ShopperConfig
) -> LivedSearch:
    shares = zipf_shares(len(queries), config.zipf_exponent)
    query = queries[int(rng.choice(len(queries), p=shares))]
    mistyped = rng.random() < config.typo_chance
    return LivedSearch(moment, query, typo_make(rng, query.text) if mistyped else query.text)
