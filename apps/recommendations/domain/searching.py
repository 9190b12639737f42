"""Looking for better parameters: one at a time, in strides, on from whatever was better."""

from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass

from apps.recommendations.contracts_models import Family

# A parameter works by its order of magnitude: it is multiplied, by less once all were tried.
_STRIDES = (3.0, 1.6)
MOST_POINTS = 30
LEAST_GAIN = 1.01
"""By less than this nothing is better: of 500 shoppers it is luck, and later months lost by it."""


@dataclass(frozen=True, slots=True)
class Knob:
    """A parameter that is looked for.

    Attributes:
        name: as the artifact calls it.
        least, most: it stays between them, both included.
        families: whose parts have to be fitted anew when it changes.
        whole: whether it is a whole number.
    """

    name: str
    least: float
    most: float
    families: frozenset[Family]
    whole: bool = False

    def near(self, value: float) -> float:
        """The closest value that it may have."""
        bounded = min(max(value, self.least), self.most)
        return float(round(bounded)) if self.whole else float(f"{bounded:.4g}")


@dataclass(frozen=True, slots=True)
class Point:
    """What is tried next: the best until now with one parameter changed."""

    knob: Knob
    value: float


_ALS = frozenset({Family.ALS})
_FITTED = frozenset({Family.ALS, Family.EASE, Family.ITEM_ITEM})


def knobs_of(families: Collection[Family]) -> tuple[Knob, ...]:
    """Parameters that matter to a recipe of these families; the most telling first."""
    used = _FITTED & frozenset(families)
    found: list[Knob] = []
    if Family.EASE in used:
        found.append(Knob("ease.regularization", 1.0, 10_000.0, frozenset({Family.EASE})))
    if used:
        found.append(Knob("half_life_days", 7.0, 1_500.0, used))
    if Family.ALS in used:
        found += [
            Knob("als.alpha", 0.05, 100.0, _ALS),
            Knob("als.factors", 8, 192, _ALS, whole=True),
            Knob("als.regularization", 0.01, 100.0, _ALS),
        ]
    return tuple(found)


def points(knobs: Collection[Knob], start: Mapping[str, float]) -> Generator[Point, bool, None]:
    """Point after point; each is told whether it was better than the best before it.

    What was better is gone on from in the same direction. Nothing is tried twice beside the
    same others; at most `MOST_POINTS` are tried.

    Args:
        knobs: in the order in which they are tried.
        start: the value of each.
    """
    now = {knob.name: float(start[knob.name]) for knob in knobs}
    seen, left = {tuple(now.values())}, MOST_POINTS
    for stride in _STRIDES:
        for knob in knobs:
            before = now[knob.name]
            for times in (stride, 1.0 / stride):
                while left:
                    value = knob.near(now[knob.name] * times)
                    moved = {**now, knob.name: value}
                    if tuple(moved.values()) in seen:
                        break
                    seen.add(tuple(moved.values()))
                    left -= 1
                    if not (yield Point(knob, value)):
                        break
                    now = moved
                if now[knob.name] != before:
                    break
