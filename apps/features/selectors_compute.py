"""The computation of each stored feature of products: one statement each, and pure arithmetic.

Windows end at `as_of`, exclusive. The identity rule is applied as it stood then: an anonymous
visit is a user's only when that user had been seen before.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from apps.common.domain.string_table import StringTable
from apps.common.domain.uuid7 import uuid7_floor
from apps.events.contracts import INTERACTION_WEIGHTS
from apps.events.domain.identity_sql import (
    EVENT_TABLE,
    QUERY_LOG_TABLE,
    identity_join,
    unit_expression,
)
from apps.events.selectors import product_interaction_scores
from apps.features.contracts import Float32, Float64
from apps.features.contracts_store import ComputeContext, Computed, Constants
from apps.features.domain.bands import price_bands
from apps.features.domain.definitions import CONVERSION_DAYS, CTR_DAYS, RETURN_DAYS
from apps.features.domain.examined.propensities import propensities_estimate
from apps.features.domain.rates import Priors, priors_estimate, rates_smoothed
from apps.features.domain.scores import freshness_scores, popularity_scores
from apps.features.domain.serving import interaction_totals
from apps.features.domain.stock import RECENT_DAYS, USUAL_DAYS, stock_pressures
from apps.features.selectors_lists import logged_lists

_INTERESTED = [kind.value for kind in INTERACTION_WEIGHTS]
_STRENGTH, _OVERALL, _GROUP = "strength", "overall", "in:"
_MOST = "most"
# Learnt later, an identity must not be seen: a first segment begins long before its sighting.
KNOWN_THEN = f"""(i.starts > '-infinity' OR EXISTS (
    SELECT 1 FROM {EVENT_TABLE} AS seen
    WHERE seen.client_id = e.client_id AND seen.user_id = i.user_id
      AND seen.occurred_at < %(as_of)s))"""


def _rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


@lru_cache(maxsize=2)
def product_texts(table: StringTable) -> tuple[str, ...]:
    """Product ids by row."""
    return tuple(table.get(row) for row in range(len(table)))


@lru_cache(maxsize=2)
def product_rows_by_text(table: StringTable) -> Mapping[str, int]:
    """Product id to row: a refresh asks for all of them, many times."""
    return {text: row for row, text in enumerate(product_texts(table))}


def _computed(
    context: ComputeContext, values: Float32, constants: Constants
) -> Iterator[Computed]:
    yield Computed(product_texts(context.columns.product_ids), values, constants=constants)


def _by_row(context: ComputeContext, found: list[tuple[Any, ...]], column: int) -> Float64:
    """float64[n]: one column of what a statement answered by product, 0 where it said nothing."""
    return interaction_totals(context.columns, ((row[0], float(row[column])) for row in found))


# --- popularity and freshness -------------------------------------------------


def popularity_compute(context: ComputeContext) -> Iterable[Computed]:
    """Decayed interactions, over the largest of them."""
    found = product_interaction_scores(
        as_of=context.as_of,
        window_days=settings.POPULARITY_WINDOW_DAYS,
        half_life_days=settings.POPULARITY_HALF_LIFE_DAYS,
    )
    totals = interaction_totals(context.columns, found)
    most = {_MOST: float(totals.max(initial=0.0))}
    return _computed(context, popularity_scores(totals), most)


def popularity_unseen(context: ComputeContext, _constants: Constants) -> Float32:
    """Nobody has touched it."""
    return np.zeros(len(context.columns), dtype=np.float32)


def freshness_compute(context: ComputeContext) -> Iterable[Computed]:
    """By the day of release."""
    return _computed(context, freshness_unseen(context, {}), {})


def freshness_unseen(context: ComputeContext, _constants: Constants) -> Float32:
    """The same: no event is part of it."""
    return freshness_scores(
        context.columns.released,
        as_of=context.as_of.timestamp(),
        half_life_days=settings.FRESHNESS_HALF_LIFE_DAYS,
    )


# --- rates ---------------------------------------------------------------------


def _rates(context: ComputeContext, successes: Float64, trials: Float64) -> Iterator[Computed]:
    """Smoothed rates of every product; of none where nobody tried anything."""
    codes = context.columns.category
    priors = priors_estimate(successes, trials, codes, len(context.tree))
    if priors is None:
        yield Computed((), np.zeros(0, dtype=np.float32))
        return
    constants = {_STRENGTH: priors.strength, _OVERALL: priors.overall}
    for node, rate in zip(context.tree.categories, priors.groups.tolist(), strict=True):
        constants[_GROUP + node.path] = rate
    yield from _computed(context, rates_smoothed(successes, trials, codes, priors), constants)


def rate_unseen(context: ComputeContext, constants: Constants) -> Float32:
    """Its category's rate, as the run found it."""
    overall = constants.get(_OVERALL, np.nan)
    groups = [constants.get(_GROUP + node.path, overall) for node in context.tree.categories]
    priors = Priors(overall, 1.0, np.array(groups, dtype=np.float64))
    return priors.of(context.columns.category).astype(np.float32)


_CONVERSIONS = f"""
    WITH days AS (
        SELECT e.product_id, coalesce({unit_expression("e")}, 's:' || e.session_id) AS unit,
               (e.occurred_at AT TIME ZONE 'UTC')::date AS day,
               bool_or(e.type = 'purchase') AS bought
        FROM {EVENT_TABLE} AS e {identity_join("e")} AND {KNOWN_THEN}
        WHERE e.occurred_at >= %(start)s AND e.occurred_at < %(as_of)s
          AND e.product_id IS NOT NULL AND e.type = ANY (%(types)s)
        GROUP BY 1, 2, 3
    )
    SELECT product_id, count(*) FILTER (WHERE bought), count(*) FROM days GROUP BY 1
"""


def conversion_compute(context: ComputeContext) -> Iterable[Computed]:
    """Visitors and days that bought, of those that were interested."""
    start = context.as_of - timedelta(days=CONVERSION_DAYS)
    found = _rows(_CONVERSIONS, {"start": start, "as_of": context.as_of, "types": _INTERESTED})
    return _rates(context, _by_row(context, found, 1), _by_row(context, found, 2))


_RETURNS = f"""
    SELECT product_id, count(*) FILTER (WHERE type = 'refund'),
           count(*) FILTER (WHERE type = 'purchase')
    FROM {EVENT_TABLE}
    WHERE occurred_at >= %(start)s AND occurred_at < %(as_of)s
      AND product_id IS NOT NULL AND type IN ('purchase', 'refund')
    GROUP BY 1
"""


def return_compute(context: ComputeContext) -> Iterable[Computed]:
    """Refunds of purchases; a window may hold the refund of an earlier purchase: at most all."""
    start = context.as_of - timedelta(days=RETURN_DAYS)
    found = _rows(_RETURNS, {"start": start, "as_of": context.as_of})
    refunds, purchases = _by_row(context, found, 1), _by_row(context, found, 2)
    return _rates(context, np.minimum(refunds, purchases), purchases)


_CLICKS = f"""
    WITH shown AS (
        SELECT q.id::text AS query_id, hit.product_id,
               coalesce(q.positions[hit.place], (q.page - 1) * q.per_page + hit.place) AS rank
        FROM {QUERY_LOG_TABLE} AS q
        CROSS JOIN LATERAL unnest(q.product_ids) WITH ORDINALITY AS hit (product_id, place)
        WHERE q.id >= %(low)s AND q.id < %(high)s AND q.sort = 'relevance'
    ), clicked AS (
        SELECT DISTINCT query_id, product_id FROM {EVENT_TABLE}
        WHERE id >= %(low)s AND id < %(high)s AND type = ANY (%(types)s)
          AND query_id IS NOT NULL AND product_id IS NOT NULL
    )
    SELECT product_id, count(clicked.query_id),
           sum((%(curve)s::float8[])[least(rank, %(places)s)::int])
    FROM shown LEFT JOIN clicked USING (query_id, product_id)
    GROUP BY 1
"""


def ctr_compute(context: ComputeContext) -> Iterable[Computed]:
    """Clicks, over how often the product was looked at."""
    since = context.as_of - timedelta(days=CTR_DAYS)
    lists = logged_lists(since=since, until=context.as_of)
    if not len(lists):
        return (Computed((), np.zeros(0, dtype=np.float32)),)
    curve = propensities_estimate(lists).clipped().tolist()
    bounds = {"low": uuid7_floor(since), "high": uuid7_floor(context.as_of)}
    told = {**bounds, "curve": curve, "places": len(curve), "types": _INTERESTED}
    found = _rows(_CLICKS, told)
    return _rates(context, _by_row(context, found, 1), _by_row(context, found, 2))


# --- what the catalogue says ---------------------------------------------------


def price_band_compute(context: ComputeContext) -> Iterable[Computed]:
    """By the prices of now."""
    return _computed(context, price_band_unseen(context, {}), {})


def price_band_unseen(context: ComputeContext, _constants: Constants) -> Float32:
    """The same: no event is part of it."""
    columns = context.columns
    return price_bands(columns.price, columns.active, columns.category, context.tree)


_DEMAND = f"""
    SELECT p.product_id, p.stock, coalesce(d.recent, 0), coalesce(d.usual, 0)
    FROM catalog_product AS p
    LEFT JOIN (
        SELECT product_id,
               sum(coalesce(quantity, 1)) FILTER (WHERE occurred_at >= %(recent)s) AS recent,
               sum(coalesce(quantity, 1)) FILTER (WHERE occurred_at < %(recent)s) AS usual
        FROM {EVENT_TABLE}
        WHERE occurred_at >= %(start)s AND occurred_at < %(as_of)s
          AND type = 'purchase' AND product_id IS NOT NULL
        GROUP BY 1
    ) AS d USING (product_id)
    WHERE p.stock IS NOT NULL OR d.product_id IS NOT NULL
"""


def stock_compute(context: ComputeContext) -> Iterable[Computed]:
    """Stock as it is now, demand up to `as_of`."""
    recent = context.as_of - timedelta(days=RECENT_DAYS)
    start = recent - timedelta(days=USUAL_DAYS)
    found = _rows(_DEMAND, {"recent": recent, "start": start, "as_of": context.as_of})
    columns = context.columns
    stock = np.full(len(columns), np.nan)
    counted = [row for row in found if row[1] is not None]
    rows = columns.product_ids.rows_of([row[0] for row in counted])
    stock[rows[rows >= 0]] = np.array([row[1] for row in counted], dtype=np.float64)[rows >= 0]
    values = stock_pressures(
        columns.availability, stock, _by_row(context, found, 2), _by_row(context, found, 3)
    )
    return _computed(context, values, {})


def stock_unseen(context: ComputeContext, _constants: Constants) -> Float32:
    """Nobody has bought it."""
    nothing = np.zeros(len(context.columns))
    unknown = np.full(len(context.columns), np.nan)
    return stock_pressures(context.columns.availability, unknown, nothing, nothing)
