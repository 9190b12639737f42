"""What other weights would have earned, from clicks on the lists that were shown.

A click at place i would have come at place j with the ratio of the places' propensities. The
shown hits are put into the order of each weight set; hits that were not shown stay unknown.
Source: Agarwal et al., "A general framework for counterfactual learning-to-rank", SIGIR 2019,
section 3 (IPS for additive metrics); Swaminathan and Joachims, "The self-normalized estimator
for counterfactual learning", NeurIPS 2015 (SNIPS).
"""

from collections.abc import Callable

import numpy as np

from apps.features.domain.examined.lists import Float64, Int64, Lists, Propensities
from apps.ranking_weights.domain.learning.values import CUT, Compared, Evidence, Interval

# Below this many shoppers who clicked, an interval is a guess about its own width.
LEAST_SHOPPERS = 30
RESAMPLES = 1_000
SEED = 20_260_101
_AT_ONCE = 100
_LEVELS = (2.5, 97.5)

Estimate = Callable[[Float64], Float64]


def evidence_of(
    lists: Lists, propensities: Propensities, *, current: Float64, proposed: Float64
) -> Evidence | None:
    """The two weight sets on held-back lists; None: too few shoppers clicked.

    Args:
        lists: none of which the proposed set was learnt from.
        propensities: of their places.
        current: float64[f], the weights that rank these lists now.
        proposed: float64[f].
    """
    clicked = lists.clicks.sum(axis=1) > 0.0
    shoppers = len(np.unique(lists.units[clicked]))
    if shoppers < LEAST_SHOPPERS:
        return None
    totals = _totals(lists, propensities, current, proposed)
    draws = _resampled(totals)
    return Evidence(
        searches=len(lists),
        clicked=int(clicked.sum()),
        shoppers=shoppers,
        clicks_at_k=_compared(totals, draws, lambda t: t[:, 1:3] / t[:, [0]]),
        dcg_at_k=_compared(totals, draws, lambda t: t[:, 4:6] / t[:, [3]]),
    )


def _totals(
    lists: Lists, propensities: Propensities, current: Float64, proposed: Float64
) -> Float64:
    """float64[units, 6]: searches; clicks of both; all gains by propensity; their DCG of both."""
    divided = propensities.clipped()
    seen = np.where(np.arange(len(divided)) < CUT, propensities.values, 0.0)
    places = np.arange(1, len(divided) + 1)
    discounts = np.where(places <= CUT, 1.0 / np.log2(places + 1.0), 0.0)
    clicks, gains = lists.clicks / divided, np.where(lists.shown, lists.gains, 0.0) / divided
    columns = [np.ones(len(lists))]
    ranks = [ranks_by(lists, weights) for weights in (current, proposed)]
    columns += [np.sum(clicks * seen[rank], axis=1) for rank in ranks]
    columns.append(gains.sum(axis=1))
    columns += [np.sum(gains * discounts[rank], axis=1) for rank in ranks]
    _, units = np.unique(lists.units, return_inverse=True)
    totals = np.zeros((int(units.max()) + 1, len(columns)))
    np.add.at(totals, units, np.stack(columns, axis=1))
    return totals


def ranks_by(lists: Lists, weights: Float64) -> Int64:
    """int64[s, k]: 0-based rank of each shown hit by these weights; ties stand as shown."""
    scores = np.where(lists.shown, lists.features @ weights, -np.inf)
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(order.shape[1]), order.shape), 1)
    return ranks.astype(np.int64)


def _resampled(totals: Float64) -> Float64:
    """float64[RESAMPLES, columns]: totals of shoppers drawn with replacement."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    units = len(totals)
    drawn = [
        rng.multinomial(units, np.full(units, 1.0 / units), size=_AT_ONCE) @ totals
        for _ in range(RESAMPLES // _AT_ONCE)
    ]
    return np.concatenate(drawn)


def _compared(totals: Float64, draws: Float64, estimate: Estimate) -> Compared:
    """`estimate` makes (current, proposed) of rows of totals."""
    current, proposed = estimate(totals.sum(axis=0, keepdims=True))[0].tolist()
    resampled = estimate(draws[draws[:, 3] > 0.0])
    low, high = np.percentile(resampled[:, 1] - resampled[:, 0], _LEVELS).tolist()
    return Compared(current, proposed, Interval(proposed - current, low, high))
