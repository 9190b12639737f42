"""The demo's catalogue by leaf category, with all that shoppers weigh of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from apps.demo.contracts import DemoCatalogue, DemoProduct, FloatArray, IntArray, ShopperConfig
from apps.demo.domain.latents import appeal, item_tastes
from apps.demo.domain.queries import Query, query_pool
from apps.demo.domain.shopper import bargain


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """One leaf's products as arrays, and its queries.

    Attributes:
        rows: int64[p], indexes into the catalogue's products.
        products: the same.
        released: float64[p], unix seconds.
        appeal: float64[p].
        bargain: float64[p].
        prices: float64[p], of one piece now.
        tastes: float64[p, d].
        brands: int64[p], places in the catalogue's brands.
        queries: q of them, the most frequent first.
        matches: float64[q, p], how well each product fits.
    """

    rows: IntArray
    products: tuple[DemoProduct, ...]
    released: FloatArray
    appeal: FloatArray
    bargain: FloatArray
    prices: FloatArray
    tastes: FloatArray
    brands: IntArray
    queries: tuple[Query, ...]
    matches: FloatArray


def shelves_of(catalogue: DemoCatalogue, config: ShopperConfig) -> tuple[Shelf, ...]:
    """The catalogue by leaf category."""
    names = {category.path: category.name for category in catalogue.categories}
    brands = {brand: place for place, brand in enumerate(brands_of(catalogue))}
    by_path: dict[str, list[int]] = {}
    for row, product in enumerate(catalogue.products):
        by_path.setdefault(product.category_path, []).append(row)
    return tuple(
        _shelf(names[path], rows, [catalogue.products[row] for row in rows], brands, config)
        for path, rows in by_path.items()
    )


def brands_of(catalogue: DemoCatalogue) -> tuple[str, ...]:
    """Every brand once."""
    return tuple(sorted({product.brand for product in catalogue.products}))


def _shelf(
    name: str,
    rows: list[int],
    products: list[DemoProduct],
    brands: Mapping[str, int],
    config: ShopperConfig,
) -> Shelf:
    queries = query_pool(name, products)
    full = np.array([float(one.price) for one in products])
    sale = np.array(
        [float("nan") if one.sale_price is None else float(one.sale_price) for one in products]
    )
    return Shelf(
        rows=np.array(rows, np.int64),
        products=tuple(products),
        released=np.array([one.released_at.timestamp() for one in products]),
        appeal=appeal(config.seed, [one.product_id for one in products]),
        bargain=bargain(full, sale),
        prices=np.where(np.isnan(sale), full, sale),
        tastes=item_tastes(
            config.seed,
            [one.category_path for one in products],
            [one.brand for one in products],
        ),
        brands=np.array([brands[one.brand] for one in products], np.int64),
        queries=queries,
        matches=np.array([[query_match(query, one) for one in products] for query in queries]),
    )


def query_match(query: Query, product: DemoProduct) -> float:
    """How well a product of the right category fits: 1, less 0.4 for each wish not met."""
    missed = (bool(query.brand) and query.brand != product.brand) + (
        bool(query.colour) and query.colour != product.attributes.get("color")
    )
    return 1.0 - 0.4 * missed
