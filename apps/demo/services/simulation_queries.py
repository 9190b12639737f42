"""What simulated shoppers search for: the queries of the demo's own catalogue."""

from datetime import UTC, datetime
from itertools import zip_longest

from apps.demo.domain.catalogue.generate import catalogue_generate
from apps.demo.domain.queries import Query, query_pool
from apps.demo.services.stages import DEFAULT_PRODUCTS, DEFAULT_SEED

_ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def demo_queries() -> tuple[Query, ...]:
    """All intents' queries, every intent's most frequent ones first."""
    catalogue = catalogue_generate(
        seed=DEFAULT_SEED, count_wanted=DEFAULT_PRODUCTS, as_of=_ANY_MOMENT
    )
    names = {category.path: category.name for category in catalogue.categories}
    shelves: dict[str, list[int]] = {}
    for row, product in enumerate(catalogue.products):
        shelves.setdefault(product.category_path, []).append(row)
    pools = [
        query_pool(names[path], [catalogue.products[row] for row in rows])
        for path, rows in shelves.items()
    ]
    return tuple(query for rank in zip_longest(*pools) for query in rank if query is not None)
