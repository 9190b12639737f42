"""Strategies that need no neighbours: trending, popular, recently viewed, new."""

from collections.abc import Callable

import numpy as np
from django.conf import settings

from apps.events.contracts import EventType
from apps.features.contracts import POPULARITY_SCORE
from apps.features.domain.definitions import USER_CATEGORY_AFFINITY
from apps.features.selectors_demand import feature_demanded
from apps.recommendations.contracts import Shopping, Sourced, StrategyName
from apps.recommendations.contracts_relations import ProductRelations
from apps.recommendations.domain.anchors import visited
from apps.recommendations.domain.liking import category_deeds, category_liking
from apps.recommendations.domain.sourcing import (
    NOBODY,
    Found,
    category_rows,
    rows_of_pks,
    sourced_of,
)
from apps.recommendations.selectors.product_relations import product_relations

RelationsOf = Callable[[], ProductRelations | None]
_DAY = 86_400.0
# A look counts half after so many days.
_LOOK_HALF_LIFE_DAYS = 7.0
# Popular rows are gone through so many at a time, most popular first.
_AT_ONCE = 4096


class Trending:
    """What is chosen more than its own past lets one expect; evidence is the growth."""

    name = StrategyName.TRENDING
    title = "Trending"

    def __init__(self, relations: RelationsOf = product_relations) -> None:
        self._relations = relations

    def __call__(self, shopping: Shopping) -> Sourced:
        """Most growth first; the score is 1 - 1 / growth."""
        relations = self._relations()
        if relations is None:
            return Sourced.empty()
        trend = relations.trend
        rows = rows_of_pks(shopping.snapshot.columns, relations.pks[trend.codes])
        fits = np.flatnonzero(rows >= 0)
        fits = fits[category_rows(shopping)[rows[fits]]]
        growth = trend.growth[fits]
        return sourced_of([Found(rows[fits], 1.0 - 1.0 / growth, NOBODY, growth)], shopping)


class Popular:
    """What most shoppers choose, in the shelf's category and below it, or anywhere."""

    name = StrategyName.POPULAR
    title = "Popular"

    def __call__(self, shopping: Shopping) -> Sourced:
        """By popularity, ties by product key; products that nobody chose are not popular."""
        popularity = shopping.snapshot.features.get(POPULARITY_SCORE)
        if popularity is None:
            return Sourced.empty()
        inside, order = category_rows(shopping), shopping.snapshot.popularity_order
        parts = [np.zeros(0, dtype=np.int32)]
        for start in range(0, len(order), _AT_ONCE):
            some = order[start : start + _AT_ONCE]
            fits = inside[some] & (popularity[some] > 0) & ~np.isin(some, shopping.context)
            parts.append(some[fits])
            if sum(map(len, parts)) >= shopping.wanted or popularity[some[-1]] <= 0:
                break
        rows = np.concatenate(parts)[: shopping.wanted]
        nobody = np.full(len(rows), NOBODY, dtype=np.int32)
        unsaid = np.full(len(rows), np.nan, dtype=np.float32)
        return Sourced(rows, popularity[rows], nobody, unsaid)


class RecentlyViewed:
    """What the shopper looked at, in this visit and before, newest first."""

    name = StrategyName.RECENTLY_VIEWED
    title = "Recently viewed"

    def __call__(self, shopping: Shopping) -> Sourced:
        """Products that were bought are no longer looked for; a look halves every week."""
        history, columns = shopping.shopper.history, shopping.snapshot.columns
        times = dict(zip(history.product_ids, history.at.tolist(), strict=True))
        times |= visited(shopping, EventType.VIEW, EventType.CLICK, EventType.ADD_TO_CART)
        for at in np.flatnonzero(history.bought):
            times.pop(history.product_ids[at], None)
        rows = columns.product_ids.rows_of(list(times))
        ages = np.maximum(shopping.as_of - np.array([*times.values()], dtype=np.float64), 0.0)
        scores = np.exp2(-ages / _DAY / _LOOK_HALF_LIFE_DAYS).astype(np.float32)
        there = rows >= 0
        return sourced_of([Found.of(rows[there], scores[there])], shopping)


class NewArrivals:
    """What has just come out, first in categories that the shopper likes."""

    name = StrategyName.NEW_ARRIVALS
    title = "New"

    def __call__(self, shopping: Shopping) -> Sourced:
        """Freshness in the window, times 1/2 to 1 by the shopper's liking for the category."""
        columns, window = shopping.snapshot.columns, settings.NEW_ARRIVAL_DAYS * _DAY
        ages = shopping.as_of - columns.released
        # An unknown day of release is nan, and fits no window.
        rows = np.flatnonzero(category_rows(shopping) & (ages >= 0) & (ages < window))
        shares = feature_demanded(USER_CATEGORY_AFFINITY, category_deeds(shopping))
        liking = category_liking(shares, shopping.snapshot.tree)
        liked = 1.0 if liking is None else 0.5 + 0.5 * liking[columns.category[rows]]
        scores = (1.0 - ages[rows] / window) * liked
        found = Found.of(rows.astype(np.int32), scores.astype(np.float32))
        return sourced_of([found], shopping)
