"""Sixty days of shoppers, offline: who came when, what was searched, shown, clicked and bought.

Vectorised by leaf category; a run of 27,000 searches takes about a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from apps.demo.contracts import (
    NO_EFFECT,
    Behaviour,
    BoolArray,
    DemoCatalogue,
    Effect,
    FloatArray,
    HistoryConfig,
    IntArray,
    ShopperConfig,
)
from apps.demo.domain.latents import (
    loyalties,
    shopper_tastes,
    taste_scores,
)
from apps.demo.domain.queries import Query, typo_make, zipf_shares
from apps.demo.domain.shelves import Shelf, brands_of, shelves_of
from apps.demo.domain.shopper import (
    behave,
    effect_rows,
    freshness,
    gumbel_noise,
    utility,
    weights_of,
)
from apps.demo.domain.visits import Visits, visits_draw

DAY_S = 86_400.0
RANKING_APPEAL, RANKING_FRESHNESS, RANKING_MATCH, RANKING_NOISE = 0.8, 0.4, 2.0, 0.35
"""The engine whose lists the history logs: it knows little, so that there is much to learn."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchLog:
    """All searches of one leaf category; row = search, column = position - 1.

    Attributes:
        search: int64[s], rows of `Visits`.
        queries: what was typed, typos and all.
        shown: int64[s, k], indexes into the catalogue's products; -1 where fewer matched.
        behaviour: what came of it.
    """

    search: IntArray
    queries: tuple[str, ...]
    shown: IntArray
    behaviour: Behaviour


def shopper_names(config: HistoryConfig) -> tuple[str, ...]:
    """Ids of the population; the same names play in `simulate`."""
    return tuple(f"shopper-{number:05d}" for number in range(config.shoppers))


def history_play(
    catalogue: DemoCatalogue,
    *,
    as_of: datetime,
    shopper: ShopperConfig,
    history: HistoryConfig,
    effects: Sequence[Effect] = (NO_EFFECT,),
    arms: IntArray | None = None,
) -> tuple[Visits, tuple[SearchLog, ...]]:
    """Play the whole history.

    Args:
        catalogue: what there is to find; products are shown from their release on.
        as_of: aware; every search happens before it.
        shopper: the shopper's parameters.
        history: how much of it.
        effects: one per arm.
        arms: int64[shoppers], each shopper's arm; all in the first by default.
    """
    shelves = shelves_of(catalogue, shopper)
    tastes = shopper_tastes(shopper.seed, shopper_names(history))
    rng = Generator(PCG64(SeedSequence([shopper.seed, 1])))
    visits = visits_draw(
        rng,
        config=history,
        until=as_of.timestamp(),
        tastes=tastes,
        leaf_tastes=np.stack([shelf.tastes.mean(axis=0) for shelf in shelves]),
        leaf_sizes=np.array([len(shelf.rows) for shelf in shelves], np.float64),
    )
    arm_of = np.zeros(history.shoppers, np.int64) if arms is None else arms
    effect_of_search = effect_rows(effects, arm_of[visits.shopper])
    loyal = loyalties(
        shopper.seed, shopper_names(history), brands_of(catalogue), shopper.loyal_share
    )
    everybody = _Scene(
        visits.moment, tastes[visits.shopper], loyal[visits.shopper], effect_of_search
    )
    logs = []
    for leaf, shelf in enumerate(shelves):
        search = np.flatnonzero(visits.leaf == leaf)
        own = Generator(PCG64(SeedSequence([shopper.seed, 2, leaf])))
        scene = everybody.part(search)
        logs.append(
            _leaf_play(own, search, shelf=shelf, scene=scene, config=shopper, shown=history.shown)
        )
    return visits, tuple(logs)


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """Who searches, and when; row = search."""

    moment: FloatArray
    tastes: FloatArray
    loyal: BoolArray
    effects: FloatArray

    def part(self, rows: IntArray) -> "_Scene":
        """Some of the searches."""
        return _Scene(self.moment[rows], self.tastes[rows], self.loyal[rows], self.effects[rows])


def log_between(log: SearchLog, visits: Visits, starts: float, ends: float) -> SearchLog:
    """The searches of a leaf from `starts` on and before `ends` (unix seconds)."""
    moments = visits.moment[log.search]
    rows = np.flatnonzero((moments >= starts) & (moments < ends))
    played = log.behaviour
    return SearchLog(
        search=log.search[rows],
        queries=tuple(log.queries[row] for row in rows.tolist()),
        shown=log.shown[rows],
        behaviour=Behaviour(
            played.clicked[rows], played.carted[rows], played.units[rows], played.returned[rows]
        ),
    )


def _leaf_play(
    rng: Generator,
    search: IntArray,
    *,
    shelf: Shelf,
    scene: _Scene,
    config: ShopperConfig,
    shown: int,
) -> SearchLog:
    ages = (scene.moment[:, None] - shelf.released[None, :]) / DAY_S
    fresh = freshness(ages, config.freshness_half_life_days)
    shares = zipf_shares(len(shelf.queries), config.zipf_exponent)
    query = rng.choice(len(shelf.queries), size=len(search), p=shares)
    matches = shelf.matches[query]
    listed = _listed(rng, matches, shelf=shelf, fresh=fresh, ages=ages, shown=shown)
    branch = shelf.products[0].category_path.split("/", 1)[0]
    utilities = _utilities(
        rng, listed, shelf=shelf, scene=scene, seen=(matches, fresh), config=config
    )
    there = np.take_along_axis(ages, listed, axis=1) >= 0.0
    played = behave(
        rng,
        np.where(there, utilities, -np.inf),
        positions=np.broadcast_to(np.arange(1, listed.shape[1] + 1), listed.shape),
        return_chances=np.full(
            listed.shape, config.return_chance.get(branch, config.return_chance["default"])
        ),
        prices=shelf.prices[listed],
        effects=scene.effects,
        config=config,
    )
    typed = _typed(rng, shelf.queries, query, config.typo_chance)
    return SearchLog(search, typed, np.where(there, shelf.rows[listed], -1), played)


def _utilities(
    rng: Generator,
    listed: IntArray,
    *,
    shelf: Shelf,
    scene: _Scene,
    seen: tuple[FloatArray, FloatArray],
    config: ShopperConfig,
) -> FloatArray:
    """Utility of each listed product; `seen` holds relevance and freshness, [s, products]."""
    matches, fresh = seen
    features = np.stack(
        [
            np.take_along_axis(matches, listed, axis=1),
            shelf.appeal[listed],
            np.take_along_axis(fresh, listed, axis=1),
            shelf.bargain[listed],
        ],
        axis=-1,
    )
    branch = shelf.products[0].category_path.split("/", 1)[0]
    tastes = taste_scores(scene.tastes[:, None, :], shelf.tastes[listed], config.taste_scale)
    loyal = np.take_along_axis(scene.loyal, shelf.brands[listed], axis=1)
    return utility(
        features,
        weights_of([branch], config.weights),
        tastes + config.loyalty * loyal,
        gumbel_noise(rng, listed.shape, config.noise_scale),
    )


def _listed(
    rng: Generator,
    matches: FloatArray,
    *,
    shelf: Shelf,
    fresh: FloatArray,
    ages: FloatArray,
    shown: int,
) -> IntArray:
    """The logging engine's first results, products not yet released last: int64[s, k]."""
    scores = (
        RANKING_MATCH * matches
        + RANKING_APPEAL * shelf.appeal[None, :]
        + RANKING_FRESHNESS * fresh
        + gumbel_noise(rng, matches.shape, RANKING_NOISE)
    )
    released: BoolArray = ages >= 0.0
    order: IntArray = np.argsort(-np.where(released, scores, -np.inf), axis=1, kind="stable")
    return order[:, :shown]


def _typed(
    rng: Generator, queries: tuple[Query, ...], chosen: IntArray, typo_chance: float
) -> tuple[str, ...]:
    mistyped = rng.random(len(chosen)) < typo_chance
    return tuple(
        typo_make(rng, queries[query].text) if wrong else queries[query].text
        for query, wrong in zip(chosen.tolist(), mistyped.tolist(), strict=True)
    )
