"""Strategies that follow the shopper: what they did before, and what this visit looks at."""

import numpy as np

from apps.embeddings.contracts import IndexUnavailable
from apps.embeddings.selectors import nearest
from apps.recommendations.contracts import (
    BoolArray,
    Float32,
    Int32,
    Shopping,
    Sourced,
    StrategyName,
)
from apps.recommendations.domain.session_vector import SessionTaste
from apps.recommendations.selectors.session_signals import (
    session_because,
    session_taste,
    taste_boosts,
)

# Neighbours are looked for by their vectors alone; category and brand then have their say.
_NEIGHBOURS_TIMES = 4


class ForYou:
    """What the shopper's own history points to."""

    name = StrategyName.FOR_YOU
    title = "For you"

    def __call__(self, shopping: Shopping) -> Sourced:
        """By affinity; nothing where it is popularity alone: that is no news of the shopper."""
        affinity = shopping.affinity
        if affinity is None or affinity.share <= 0.0:
            return Sourced.empty()
        rows = best_rows(affinity.scores, shopping)
        because = np.full(len(rows), -1, dtype=np.int32)
        if affinity.because is not None:
            because = affinity.because(rows)
        return Sourced(rows, affinity.scores[rows], because, _unsaid(rows))


class InSession:
    """What is like the products that this visit looked at."""

    name = StrategyName.SESSION
    title = "This visit"

    def __call__(self, shopping: Shopping) -> Sourced:
        """By similarity to the visit, its categories and brands; what was seen is left out."""
        session, snapshot = shopping.shopper.session, shopping.snapshot
        taste = session_taste(session, snapshot)
        if taste is None:
            return Sourced.empty()
        allowed = shopping.allowed.copy()
        allowed[taste.rows] = False
        candidates = _candidates(taste, shopping, allowed)
        scores = taste_boosts(taste, snapshot, candidates)
        order = np.lexsort((snapshot.columns.pks[candidates], -scores))[: shopping.wanted]
        order = order[scores[order] > 0.0]
        rows = candidates[order]
        return Sourced(
            rows, scores[order], session_because(session, snapshot, rows), _unsaid(rows)
        )


def best_rows(scores: Float32, shopping: Shopping) -> Int32:
    """int32[≤ wanted]: allowed rows with a score, best first, ties by product key."""
    rows = np.flatnonzero(shopping.allowed & (scores > 0.0)).astype(np.int32)
    if len(rows) > shopping.wanted:
        # The last score that is wanted; all that have it stay until the keys decide.
        last = len(rows) - shopping.wanted
        floor = np.partition(scores[rows], last)[last]
        rows = rows[scores[rows] >= floor]
    order = np.lexsort((shopping.snapshot.columns.pks[rows], -scores[rows]))
    return rows[order][: shopping.wanted]


def _candidates(taste: SessionTaste, shopping: Shopping, allowed: BoolArray) -> Int32:
    """int32[m]: neighbours of the visit's vector; without one, what shares category or brand."""
    columns = shopping.snapshot.columns
    if taste.vector is not None:
        by_pk = np.zeros(len(columns.row_of_pk), dtype=np.bool_)
        by_pk[columns.pks[allowed]] = True
        wanted = _NEIGHBOURS_TIMES * shopping.wanted
        try:
            found = nearest(vector=taste.vector, k=wanted, floor=0.0, allowed=by_pk)
        except IndexUnavailable:
            pass  # it went away a moment ago: then as without one
        else:
            rows = columns.row_of_pk[found.pks]
            return rows[rows >= 0].astype(np.int32)
    pull = taste.categories[columns.category] + taste.brands[columns.brand]
    return np.flatnonzero(allowed & (pull > 0.0)).astype(np.int32)


def _unsaid(rows: Int32) -> Float32:
    return np.full(len(rows), np.nan, dtype=np.float32)
