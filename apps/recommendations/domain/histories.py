"""What a shopper did: lines by product and day, joined with this visit's, as one history."""

from collections.abc import Iterable

import numpy as np

from apps.events.contracts import INTERACTION_WEIGHTS, EventType
from apps.events.contracts_history import NEVER, DayLine, DayLines, day_lines
from apps.events.contracts_sessions import SessionState
from apps.recommendations.contracts import History

_DAY_S = 86_400.0
_Lines = dict[tuple[str, int], tuple[float, float, float]]


def session_lines(session: SessionState | None, as_of: float) -> DayLines:
    """A visit's interactions with products before `as_of` (unix seconds), by product and day."""
    if session is None:
        return DayLines.empty()
    found: _Lines = {}
    for entry in session.entries:
        weight = INTERACTION_WEIGHTS.get(entry.type)
        if weight is None or entry.product_id is None or entry.at > as_of:
            continue
        bought_at = entry.at if entry.type is EventType.PURCHASE else NEVER
        key = (entry.product_id, int(entry.at // _DAY_S))
        found[key] = _stronger(found.get(key), (weight, entry.at, bought_at))
    return _newest_first(found)


def lines_joined(stored: DayLines, fresh: DayLines) -> DayLines:
    """Both, nothing twice; `stored` itself when the other adds nothing to it."""
    if not len(fresh):
        return stored
    found, changed = _by_key(stored), False
    for key, line in _by_key(fresh).items():
        known = found.get(key)
        joined = _stronger(known, line)
        changed = changed or joined != known
        found[key] = joined
    return _newest_first(found) if changed else stored


def history_of(lines: DayLines) -> History:
    """One line a product: days added up, the newest moment; newest first, ties by product."""
    found: dict[str, tuple[float, float, float]] = {}
    for product_id, weight, at, bought_at in zip(
        lines.product_ids, lines.weights.tolist(), lines.at.tolist(), lines.bought_at.tolist(),
        strict=True,
    ):  # fmt: skip
        known = found.get(product_id)
        found[product_id] = (
            (weight, at, bought_at)
            if known is None
            else (known[0] + weight, max(known[1], at), max(known[2], bought_at))
        )
    products = sorted(found, key=lambda each: (-found[each][1], each))
    columns = np.array([found[each] for each in products], dtype=np.float64).reshape(-1, 3)
    bought_at = columns[:, 2].copy()
    return History(
        tuple(products),
        columns[:, 0].astype(np.float32),
        columns[:, 1].copy(),
        bought_at > NEVER,
        bought_at,
    )


def _stronger(
    known: tuple[float, float, float] | None, line: tuple[float, float, float]
) -> tuple[float, float, float]:
    if known is None:
        return line
    return max(known[0], line[0]), max(known[1], line[1]), max(known[2], line[2])


def _by_key(lines: DayLines) -> _Lines:
    values: Iterable[tuple[float, float, float]] = zip(
        lines.weights.tolist(), lines.at.tolist(), lines.bought_at.tolist(), strict=True
    )
    return dict(zip(zip(lines.product_ids, lines.days.tolist(), strict=True), values, strict=True))


def _newest_first(found: _Lines) -> DayLines:
    ordered = sorted(found.items(), key=lambda each: (-each[1][1], each[0]))
    return day_lines([DayLine(product_id, day, *values) for (product_id, day), values in ordered])
