"""The shopper in front of lists that a weight set ranked: what learning has to see through.

The four things a shopper weighs stand in the query log under the names of four ranking features,
so that the weights of a branch (`ShopperConfig.weights`, scaled to sum 1) are what a learner of
ranking weights has to find.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from apps.demo.contracts import DEFAULT_BRANCH, FloatArray, IntArray, ShopperConfig
from apps.demo.domain.latents import item_tastes, shopper_tastes, taste_scores
from apps.demo.domain.shopper import behave, freshness, gumbel_noise, utility, weights_of
from apps.features.domain.examined.lists import Lists, unit_code

NAMES = ("search_score", "cf_score", "popularity_score", "freshness_score")
# What stands under each of those names, by its place in `FEATURES` of the shopper.
_PLACES = (0, 3, 1, 2)
_MATCHES, _SHARES = (1.0, 0.6, 0.2), (0.5, 0.35, 0.15)
_BRANDS, _MEDIAN_AGE_DAYS, _ON_SALE = 40, 200.0, 0.22


@dataclass(frozen=True, slots=True)
class RankedPlay:
    """What is played.

    Attributes:
        searches: category path to how many.
        ranked_by: feature to weight of the engine that makes the lists.
        candidates, shown: products that match a search, and that are shown of them.
        shoppers: size of the population.
        swap_share: of the lists that exchange two neighbours.
        noise: what the engine adds to scores by chance (standard deviation).
    """

    searches: Mapping[str, int]
    ranked_by: Mapping[str, float]
    candidates: int = 40
    shown: int = 20
    shoppers: int = 2_000
    swap_share: float = 0.0
    noise: float = 0.05


def truth_of(path: str, config: ShopperConfig) -> dict[str, float]:
    """The weights of a category's shoppers, scaled to sum 1."""
    row = config.weights.get(path.split("/", 1)[0], config.weights[DEFAULT_BRANCH])
    return {name: row[place] / sum(row) for name, place in zip(NAMES, _PLACES, strict=True)}


def lists_play(rng: Generator, play: RankedPlay, config: ShopperConfig) -> Lists:
    """Rank, show and click: every category's lists, one after the other."""
    parts = [
        _category_play(rng, path, count, play=play, config=config)
        for path, count in play.searches.items()
    ]
    return Lists(
        names=NAMES,
        features=np.concatenate([part.features for part in parts]),
        shown=np.concatenate([part.shown for part in parts]),
        gains=np.concatenate([part.gains for part in parts]),
        units=np.concatenate([part.units for part in parts]),
        paths=tuple(path for part in parts for path in part.paths),
        swapped=np.concatenate([part.swapped for part in parts]),
        ruled=np.concatenate([part.ruled for part in parts]),
    )


def _category_play(
    rng: Generator, path: str, count: int, *, play: RankedPlay, config: ShopperConfig
) -> Lists:
    everything = _candidates(rng, (count, play.candidates), config)
    brands = rng.integers(_BRANDS, size=(count, play.candidates))
    weights = np.array([play.ranked_by.get(name, 0.0) for name in NAMES])
    scores = everything[..., _PLACES] @ weights + play.noise * rng.standard_normal(brands.shape)
    order = np.argsort(-scores, axis=1, kind="stable")[:, : play.shown]
    swapped = _exchanged(rng, order, play.swap_share)
    seen = np.take_along_axis(everything, order[..., None], axis=1)
    shoppers = rng.integers(play.shoppers, size=count)
    utilities = utility(
        seen,
        weights_of([path.split("/", 1)[0]], config.weights),
        _tastes(path, np.take_along_axis(brands, order, axis=1), shoppers, config),
        gumbel_noise(rng, order.shape, config.noise_scale),
    )
    played = behave(
        rng,
        utilities,
        positions=np.broadcast_to(np.arange(1, play.shown + 1), order.shape),
        return_chances=np.zeros(order.shape),
        prices=np.ones(order.shape),
        effects=np.zeros((count, 3)),
        config=config,
    )
    gains = played.clicked.astype(np.float64) + played.carted + played.bought
    names = [f"shopper-{shopper:05d}" for shopper in shoppers.tolist()]
    return Lists(
        names=NAMES,
        features=seen[..., _PLACES],
        shown=np.ones(order.shape, dtype=np.bool_),
        gains=gains,
        units=np.array([unit_code(name) for name in names], dtype=np.int64),
        paths=(path,) * count,
        swapped=swapped,
        ruled=np.zeros(count, dtype=np.bool_),
    )


def _candidates(rng: Generator, shape: tuple[int, int], config: ShopperConfig) -> FloatArray:
    """Relevance, appeal, freshness and bargain of each: float64[s, candidates, 4]."""
    ages = rng.exponential(_MEDIAN_AGE_DAYS / np.log(2.0), size=shape)
    on_sale = rng.random(shape) < _ON_SALE
    return np.stack(
        [
            rng.choice(_MATCHES, p=_SHARES, size=shape),
            rng.random(shape),
            freshness(ages, config.freshness_half_life_days),
            np.where(on_sale, 2.0 * rng.uniform(0.1, 0.4, shape), 0.0),
        ],
        axis=-1,
    )


def _exchanged(rng: Generator, order: IntArray, share: float) -> IntArray:
    """Two neighbours of some lists change places in `order`; positions of the upper ones, or 0."""
    rows = np.flatnonzero(rng.random(len(order)) < share)
    places = rng.integers(order.shape[1] - 1, size=len(rows))
    order[rows, places], order[rows, places + 1] = (
        order[rows, places + 1],
        order[rows, places],
    )
    swapped = np.zeros(len(order), dtype=np.int64)
    swapped[rows] = places + 1
    return swapped


def _tastes(path: str, brands: IntArray, shoppers: IntArray, config: ShopperConfig) -> FloatArray:
    people = shopper_tastes(config.seed, [f"shopper-{n:05d}" for n in range(shoppers.max() + 1)])
    named = [f"{path} brand {number}" for number in range(_BRANDS)]
    items = item_tastes(config.seed, [path] * _BRANDS, named)
    return taste_scores(people[shoppers][:, None, :], items[brands], config.taste_scale)
