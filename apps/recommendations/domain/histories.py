"""What a shopper did: lines by product and day, joined with this visit's, as one history."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from apps.events.contracts import INTERACTION_WEIGHTS, EventType
from apps.events.contracts_history import NEVER, DayLine, DayLines, day_lines
from apps.events.contracts_sessions import SessionState
from apps.recommendations.contracts import Float64, History

_DAY_S = 86_400.0
Key = TypeVar("Key", bound=Hashable)
_Places = npt.NDArray[np.intp]


def session_lines(session: SessionState | None, as_of: float) -> DayLines:
    """A visit's interactions with products before `as_of` (unix seconds), by product and day."""
    if session is None:
        return DayLines.empty()
    found = [
        DayLine(
            entry.product_id,
            int(entry.at // _DAY_S),
            INTERACTION_WEIGHTS[entry.type],
            entry.at,
            entry.at if entry.type is EventType.PURCHASE else NEVER,
        )
        for entry in session.entries
        if entry.type in INTERACTION_WEIGHTS and entry.product_id is not None and entry.at <= as_of
    ]
    return _by_day(day_lines(found))


def lines_joined(stored: DayLines, fresh: DayLines) -> DayLines:
    """Both, nothing twice; `stored` itself when the other adds nothing to it."""
    if not len(fresh):
        return stored
    joined = _by_day(
        DayLines(
            stored.product_ids + fresh.product_ids,
            np.concatenate([stored.days, fresh.days]),
            np.concatenate([stored.weights, fresh.weights]),
            np.concatenate([stored.at, fresh.at]),
            np.concatenate([stored.bought_at, fresh.bought_at]),
        )
    )
    same = len(joined) == len(stored) and all(
        np.array_equal(one, other)
        for one, other in (
            (joined.weights, stored.weights),
            (joined.at, stored.at),
            (joined.bought_at, stored.bought_at),
        )
    )
    return stored if same else joined


def history_of(lines: DayLines) -> History:
    """One line a product: days added up, the newest moment; newest first, ties by product."""
    products, places = _places(lines.product_ids)
    count = len(products)
    at, bought_at = _greatest(lines.at, places, count), _greatest(lines.bought_at, places, count)
    order = np.lexsort((np.array(products, dtype=np.str_), -at))
    return History(
        tuple([products[place] for place in order.tolist()]),
        np.bincount(places, weights=lines.weights, minlength=count)[order].astype(np.float32),
        at[order],
        bought_at[order] > NEVER,
        bought_at[order],
        lines,
    )


def _by_day(lines: DayLines) -> DayLines:
    """Of each product and day the strongest and the newest; lines stay where they first stood."""
    keys, places = _places(zip(lines.product_ids, lines.days.tolist(), strict=True))
    count = len(keys)
    if count == len(lines):
        return lines
    return DayLines(
        tuple([product_id for product_id, _day in keys]),
        np.array([day for _product_id, day in keys], dtype=np.int32),
        _greatest(lines.weights.astype(np.float64), places, count).astype(np.float32),
        _greatest(lines.at, places, count),
        _greatest(lines.bought_at, places, count),
    )


def _places(keys: Iterable[Key]) -> tuple[list[Key], _Places]:
    """The different ones in the order of their first coming, and where each key stands there."""
    first: dict[Key, int] = {}
    places = [first.setdefault(key, len(first)) for key in keys]
    return list(first), np.array(places, dtype=np.intp)


def _greatest(values: Float64, places: _Places, count: int) -> Float64:
    found = np.full(count, NEVER)
    np.maximum.at(found, places, values)
    return found
