"""Who comes when, and what for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from apps.demo.contracts import BoolArray, FloatArray, HistoryConfig, IntArray

DAY_S = 86_400.0
HOUR_SHARES = np.array(
    [1, 1, 1, 1, 1, 2, 4, 6, 7, 8, 9, 10, 11, 10, 9, 9, 10, 12, 14, 16, 17, 14, 8, 3], np.float64
)
"""Searches by hour of the day (UTC), relative: a hump at noon and one in the evening."""
WEEKEND_LIFT = 1.3
MORE_SEARCHES = (0.62, 0.26, 0.12)
"""Shares of sessions with one, two and three searches."""
ACTIVITY_SIGMA = 1.0
"""Log-normal spread of how often shoppers come."""
INTENT_TASTE = 0.8
"""How strongly taste draws a shopper to a category."""


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """One row a search, in order of time.

    Attributes:
        moment: float64[n], unix seconds.
        shopper: int64[n], index into the population.
        known: bool[n], whether that shopper is logged in.
        session: int64[n], number of the session.
        leaf: int64[n], index of the leaf category that is wanted.
    """

    moment: FloatArray
    shopper: IntArray
    known: BoolArray
    session: IntArray
    leaf: IntArray


def visits_draw(
    rng: Generator,
    *,
    config: HistoryConfig,
    until: float,
    tastes: FloatArray,
    leaf_tastes: FloatArray,
    leaf_sizes: FloatArray,
    activity: FloatArray | None = None,
    looks: Sequence[float] = MORE_SEARCHES,
) -> Visits:
    """Draw sessions and their searches, all in the `config.days` before `until`.

    Args:
        rng: draws come from here.
        config: how much.
        until: unix seconds; no search is later.
        tastes: float64[shoppers, d].
        leaf_tastes: float64[leaves, d], a typical product's.
        leaf_sizes: float64[leaves], products in each leaf: bigger shelves draw more people.
        activity: float64[shoppers], shares of the sessions; None: drawn too.
        looks: shares of sessions with one search, two searches and so on.
    """
    sessions = int(rng.poisson(config.days * config.sessions_per_day))
    starts = np.sort(_starts(rng, sessions, config.days, until))
    shares = _activity(rng, config.shoppers) if activity is None else activity
    shopper = rng.choice(config.shoppers, size=sessions, p=shares)
    searches = rng.choice(len(looks), size=sessions, p=looks) + 1
    session = np.repeat(np.arange(sessions), searches)
    # Each further search follows one to four minutes after the one before.
    nth = np.arange(len(session)) - np.repeat(np.cumsum(searches) - searches, searches)
    moment = np.minimum(starts[session] + nth * rng.uniform(60, 240, len(session)), until - 1.0)
    known = rng.random(config.shoppers) < config.known_share
    people = shopper[session]
    return Visits(
        moment=moment,
        shopper=people,
        known=known[people],
        session=session,
        leaf=_intents(rng, tastes[people], leaf_tastes, leaf_sizes),
    )


def _starts(rng: Generator, sessions: int, days: int, until: float) -> FloatArray:
    """Start of each session by the shares of days and hours; resolution a second or so."""
    hours = np.arange(days * 24)
    moments = until - (hours[::-1] + 1) * 3600.0
    weekday = ((moments // DAY_S).astype(np.int64) + 3) % 7
    hour = ((moments % DAY_S) // 3600).astype(np.int64)
    shares = HOUR_SHARES[hour] * np.where(weekday >= 5, WEEKEND_LIFT, 1.0)
    chosen = rng.choice(len(hours), size=sessions, p=shares / shares.sum())
    starts: FloatArray = moments[chosen] + rng.uniform(0.0, 3600.0, sessions)
    return starts


def _activity(rng: Generator, shoppers: int) -> FloatArray:
    weights = rng.lognormal(0.0, ACTIVITY_SIGMA, shoppers)
    shares: FloatArray = weights / weights.sum()
    return shares


def _intents(
    rng: Generator, tastes: FloatArray, leaf_tastes: FloatArray, leaf_sizes: FloatArray
) -> IntArray:
    """What each search is for: size times the exponential of taste, by the Gumbel-max rule."""
    scores = INTENT_TASTE * tastes @ leaf_tastes.T / np.sqrt(tastes.shape[1])
    scores = scores + np.log(leaf_sizes) + rng.gumbel(size=scores.shape)
    chosen: IntArray = np.argmax(scores, axis=1)
    return chosen
