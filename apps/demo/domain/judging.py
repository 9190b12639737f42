"""What the demo's shoppers would say a product is worth for a query, by their known utility."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from apps.demo.contracts import DemoCatalogue, DemoProduct, FloatArray, ShopperConfig
from apps.demo.domain.latents import appeal, item_tastes, shopper_tastes, taste_scores
from apps.demo.domain.queries import Query, query_pool
from apps.demo.domain.shelves import query_match
from apps.demo.domain.shopper import bargain, freshness, weights_of

# Of those that fit wholly the best quarter is perfect, the next half good, the rest related.
_PERFECT, _GOOD = 0.75, 0.25
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class DemoRating:
    """One simulated shopper's rating, 0 to 3."""

    query: str
    product_id: str
    rating: int
    rater: str


def shelf_ratings(
    catalogue: DemoCatalogue,
    *,
    raters: Mapping[str, int],
    per_shelf: int,
    as_of: datetime,
    config: ShopperConfig,
) -> Iterator[DemoRating]:
    """Ratings of every shelf's products for its first queries.

    Args:
        catalogue: the demo's.
        raters: shopper to how many shelves they rate, the first ones.
        per_shelf: queries a shelf; those that name a colour or a brand after its own name.
        as_of: ages are counted from here.
        config: the shoppers' parameters.
    """
    names = {category.path: category.name for category in catalogue.categories}
    shelves: dict[str, list[DemoProduct]] = {}
    for product in catalogue.products:
        shelves.setdefault(product.category_path, []).append(product)
    for number, (path, products) in enumerate(sorted(shelves.items())):
        pool = query_pool(names[path], products)
        wishes = [pool[0], *(query for query in pool if query.brand or query.colour)]
        for query in list(dict.fromkeys(wishes))[:per_shelf]:
            for rater, most in raters.items():
                if number < most:
                    yield from _rated(query, products, rater, as_of=as_of, config=config)


def _rated(
    query: Query,
    products: Sequence[DemoProduct],
    rater: str,
    *,
    as_of: datetime,
    config: ShopperConfig,
) -> Iterator[DemoRating]:
    fits = np.array([query_match(query, one) for one in products])
    worth = _worth(fits, products, rater, as_of=as_of, config=config)
    wholly = fits == 1.0
    perfect, good = np.quantile(worth[wholly], [_PERFECT, _GOOD]) if wholly.any() else (0.0, 0.0)
    for product, fit, value in zip(products, wholly, worth, strict=True):
        rating = int(value >= perfect) + int(value >= good) + 1 if fit else 0
        yield DemoRating(query.text, product.product_id, rating, rater)


def _worth(
    fits: FloatArray,
    products: Sequence[DemoProduct],
    rater: str,
    *,
    as_of: datetime,
    config: ShopperConfig,
) -> FloatArray:
    """Utility without its noise: float64[n]."""
    ages = np.array([(as_of - one.released_at).total_seconds() / _DAY_S for one in products])
    sale = [float("nan") if one.sale_price is None else float(one.sale_price) for one in products]
    features = np.stack(
        [
            fits,
            appeal(config.seed, [one.product_id for one in products]),
            freshness(ages, config.freshness_half_life_days),
            bargain(np.array([float(one.price) for one in products]), np.array(sale)),
        ],
        axis=-1,
    )
    branches = [one.category_path.split("/", 1)[0] for one in products]
    tastes = taste_scores(
        shopper_tastes(config.seed, [rater]),
        item_tastes(
            config.seed,
            [one.category_path for one in products],
            [one.brand for one in products],
        ),
        config.taste_scale,
    )
    worth: FloatArray = np.sum(features * weights_of(branches, config.weights), axis=-1) + tastes
    return worth
