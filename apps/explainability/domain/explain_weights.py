"""Which change of one weight lifts a product to a rank: exactly, on the simplex of weights.

When one weight goes from w to t and the others keep their proportions, every score is linear in
t. So each competitor is overtaken at one known t, and the rank is a step function whose steps
are those crossings: nothing is searched for, and "impossible" is a proof.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.explainability.contracts.explained import WeightChange

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
# How far past a crossing, where nothing else crosses so soon.
_PAST = 1e-6
# Crossings as near as this to the present weight are at it: rounding tells them apart.
_SAME = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A product and those that it competes with for free places.

    Attributes:
        names: f features, in the weights' order.
        weights: float64[f], sum 1.
        own: float64[f], its feature values times what rules multiply its score by.
        others: float64[n, f], the same of its competitors.
        ties_before: bool[n], who stands before it at the same score.
    """

    names: tuple[str, ...]
    weights: Float64
    own: Float64
    others: Float64
    ties_before: Bool


def always_ahead(field: Field) -> int:
    """How many competitors stand before the product whatever the weights are.

    Those that are no worse in any feature, and better in one or first in a tie.
    """
    difference = field.others - field.own
    no_worse = (difference >= 0.0).all(axis=1)
    better = (difference > 0.0).all(axis=1)
    return int(np.count_nonzero(better | (no_worse & field.ties_before)))


def ahead_at(field: Field, weights: Float64) -> int:
    """How many competitors stand before the product under some weights."""
    margin = (field.own - field.others) @ weights
    return int(np.count_nonzero((margin < 0.0) | ((margin == 0.0) & field.ties_before)))


def weight_changes(field: Field, room: int) -> tuple[WeightChange, ...]:
    """One change for each feature that can do it alone, the smallest first.

    Args:
        field: the product and its competitors.
        room: how many competitors may stand before it at most.
    """
    found = [
        change
        for at in range(len(field.names))
        if (change := _feature_change(field, at, room)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (abs(one.threshold - one.before), one.feature)))


def weights_with(weights: Float64, at: int, value: float) -> Float64:
    """The weights with one of them changed, the others in proportion; sum 1.

    Where the others are all 0 they share what is left equally.
    """
    rest = weights.copy()
    rest[at] = 0.0
    total = rest.sum()
    if total <= 0.0:
        rest[:] = 1.0
        rest[at] = 0.0
        total = rest.sum()
    changed: Float64 = rest * ((1.0 - value) / total) if total > 0.0 else rest
    changed[at] = value
    return changed


def _feature_change(field: Field, at: int, room: int) -> WeightChange | None:
    """The nearest weight of one feature at which at most `room` competitors stand before it."""
    before = float(field.weights[at])
    if len(field.names) == 1:
        return None
    margins = field.own - field.others
    start = margins @ weights_with(field.weights, at, 0.0)
    slope = margins @ weights_with(field.weights, at, 1.0) - start
    ways = [
        way
        for upwards in (True, False)
        if (way := _nearest(start, slope, field.ties_before, before, room, upwards=upwards))
    ]
    if not ways:
        return None
    threshold, after = min(ways, key=lambda way: abs(way[0] - before))
    weights = weights_with(field.weights, at, after)
    return WeightChange(
        feature=field.names[at],
        before=before,
        threshold=threshold,
        after=after,
        weights=tuple(zip(field.names, weights.tolist(), strict=True)),
        rank=ahead_at(field, weights) + 1,
    )


def _nearest(
    start: Float64, slope: Float64, ties_before: Bool, now: float, room: int, *, upwards: bool
) -> tuple[float, float] | None:
    """The first place from `now` on after which few enough stand before, and a weight behind it.

    That place is `now` itself where ties are all that is in the way: any change breaks them.

    Args:
        start: float64[n], the product's margin over each competitor at weight 0.
        slope: float64[n], what a weight of 1 adds to it.
        ties_before: bool[n].
        now: the weight now.
        room: competitors that may stand before it.
        upwards: whether the weight grows.
    """
    if not upwards:  # the same from the other end
        turned = _nearest(start + slope, -slope, ties_before, 1.0 - now, room, upwards=True)
        return None if turned is None else (1.0 - turned[0], 1.0 - turned[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = np.where(slope != 0.0, -start / slope, np.inf)
    # Who is level at `now` stands where the first step past it puts them.
    level = np.abs(crossing - now) <= _SAME
    level |= (slope == 0.0) & (start == 0.0)
    step = np.where(slope != 0.0, slope, np.where(ties_before, -1.0, 1.0))
    ahead = np.where(level, step < 0.0, start + slope * now < 0.0)
    future = ~level & (crossing > now) & (crossing < 1.0)
    order = np.flatnonzero(future)[np.argsort(crossing[future], kind="stable")]
    places = np.append(now, crossing[order])
    passed = np.append(0, np.cumsum(np.where(slope[order] > 0.0, -1, 1)))
    counts = int(np.count_nonzero(ahead)) + passed
    ends = np.append(places[1:], 1.0)
    fits = np.flatnonzero((counts <= room) & (ends > places))
    if not len(fits):
        return None
    place, end = float(places[fits[0]]), float(ends[fits[0]])
    return place, place + min(_PAST, (end - place) / 2.0)
