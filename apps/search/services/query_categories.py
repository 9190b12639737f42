"""Publishing which categories shoppers chose after each query."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from django.conf import settings

from apps.events.selectors_clicked import Clicked, clicked_after
from apps.features.contracts import ServingSnapshot
from apps.features.selectors import serving_snapshot
from apps.model_registry.contracts import Scalar
from apps.model_registry.services.publish import artifact_publish
from apps.search.engines.query_category_files import (
    FORMAT,
    ClicksOfQueries,
    query_categories_write,
)
from apps.search.selectors.query_categories import QUERY_CATEGORIES, query_categories_held

_LONGEST = 60
_TIMEOUT_S = 300
# Clicks decay a little between two runs; so small a change is no new version.
_DIGITS = 1


@dataclass(frozen=True, slots=True)
class QueryCategoriesReport:
    """What one run has done.

    Attributes:
        number: the version published; 0 when the one before says the same.
        queries: how many have a history.
    """

    number: int
    queries: int


def query_categories_publish(*, as_of: datetime) -> QueryCategoriesReport:
    """Total what was taken after searches by query and category, and publish it.

    Args:
        as_of: the end of what is read; aware.
    """
    clicked = clicked_after(
        as_of=as_of,
        days=settings.SEARCH_CLICK_HISTORY_DAYS,
        half_life_days=settings.SEARCH_CLICK_HALF_LIFE_DAYS,
        least_shoppers=settings.SUGGEST_LEAST_SHOPPERS,
        most=settings.SEARCH_CLICK_QUERIES_MOST,
        longest=_LONGEST,
        timeout_s=_TIMEOUT_S,
    )
    found = _by_category(clicked, serving_snapshot())
    if found == query_categories_held():
        return QueryCategoriesReport(0, len(found))

    def write(folder: Path) -> Mapping[str, Scalar]:
        query_categories_write(folder, found)
        return {"format": FORMAT, "queries": len(found), "as_of": as_of.isoformat()}

    number = artifact_publish(name=QUERY_CATEGORIES, write=write)
    return QueryCategoriesReport(number, len(found))


def _by_category(clicked: Sequence[Clicked], snapshot: ServingSnapshot) -> ClicksOfQueries:
    columns, nodes = snapshot.columns, snapshot.tree.categories
    rows = columns.product_ids.rows_of([each.product_id for each in clicked])
    # A product that is gone, or stands in no category, says nothing.
    codes = np.where(rows >= 0, columns.category[np.maximum(rows, 0)], -1) if len(rows) else rows
    totals: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for each, code in zip(clicked, codes.tolist(), strict=True):
        if code >= 0:
            totals[each.query][nodes[code].path] += each.weight
    return {
        query: {path: round(weight, _DIGITS) for path, weight in sorted(clicks.items())}
        for query, clicks in totals.items()
    }
