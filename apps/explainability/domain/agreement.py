"""How far raters agree beyond chance. Pure counting; a coefficient needs no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from apps.common.domain.relevance import NotComputable

FloatArray = NDArray[np.float64]
Units = Sequence[Mapping[str, int]]
"""One mapping per thing that was rated: rater to rating; who did not rate it is missing."""
_TWO = 2
_CERTAIN = 1e-12


class Weighting(StrEnum):
    """How much a disagreement weighs by its distance on the scale."""

    NONE = "none"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


class Level(StrEnum):
    """What the distances between ratings mean."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


def cohen_kappa(
    first: Sequence[int],
    second: Sequence[int],
    *,
    top: int,
    weighting: Weighting = Weighting.NONE,
) -> float | NotComputable:
    """Agreement of two raters on the same things, over what chance would bring.

    Args:
        first: ratings 0 … `top` of the one.
        second: of the other, aligned.
        top: the best rating of the scale.
        weighting: how distances weigh.

    Raises:
        ValueError: the sequences differ in length.

    Source: Cohen, Educational and Psychological Measurement 20, 1960; Psychological Bulletin
        70(4), 1968 (weighted).
    """
    if len(first) != len(second):
        raise ValueError("two raters rate the same things")
    if not len(first):
        return NotComputable("the two have rated nothing in common")
    observed = np.zeros((top + 1, top + 1))
    np.add.at(observed, (np.asarray(first), np.asarray(second)), 1.0)
    observed /= observed.sum()
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0))
    distances = _weights(top, weighting)
    chance = float((distances * expected).sum())
    if chance < _CERTAIN:
        return NotComputable("both gave one and the same rating throughout")
    return 1.0 - float((distances * observed).sum()) / chance


def _weights(top: int, weighting: Weighting) -> FloatArray:
    steps = np.abs(np.subtract.outer(np.arange(top + 1), np.arange(top + 1))).astype(np.float64)
    if weighting is Weighting.NONE:
        return (steps > 0).astype(np.float64)
    return steps if weighting is Weighting.LINEAR else steps**2


def fleiss_kappa(counts: Sequence[Sequence[int]]) -> float | NotComputable:
    """Agreement of the same number of ratings for every thing, whoever gave them.

    Args:
        counts: one row a thing: how many gave it each rating; all rows sum to the same n >= 2.

    Raises:
        ValueError: the rows sum to different numbers, or to fewer than two.

    Source: Fleiss, Psychological Bulletin 76(5), 1971, equations 1 to 7.
    """
    if not len(counts):
        return NotComputable("nothing was rated by everybody")
    table = np.asarray(counts, dtype=np.float64)
    raters = table.sum(axis=1)
    if raters.min() != raters.max() or raters[0] < _TWO:
        raise ValueError("every thing needs the same number of ratings, two or more")
    n = float(raters[0])
    observed = float(((table**2).sum(axis=1) - n).mean() / (n * (n - 1)))
    expected = float(((table.sum(axis=0) / table.sum()) ** 2).sum())
    if 1.0 - expected < _CERTAIN:
        return NotComputable("everybody gave one and the same rating throughout")
    return (observed - expected) / (1.0 - expected)


def krippendorff_alpha(units: Units, level: Level = Level.ORDINAL) -> float | NotComputable:
    """Agreement of any number of raters, of whom each may have left things out.

    Args:
        units: rater to rating, one mapping a thing; those with one rating do not count.
        level: what distances mean; `ordinal` by default, for ratings are ranks.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, sections C and D.
    """
    rated = [list(unit.values()) for unit in units if len(unit) >= _TWO]
    if not rated:
        return NotComputable("nothing was rated by two or more")
    values = sorted({rating for unit in rated for rating in unit})
    if len(values) < _TWO:
        return NotComputable("everybody gave one and the same rating throughout")
    places = {value: place for place, value in enumerate(values)}
    coincidences = np.zeros((len(values), len(values)))
    for unit in rated:
        found = np.bincount([places[each] for each in unit], minlength=len(values))
        coincidences += (np.outer(found, found) - np.diag(found)) / (len(unit) - 1)
    totals = coincidences.sum(axis=0)
    distances = _distances(np.asarray(values, dtype=np.float64), totals, level)
    observed = float((coincidences * distances).sum())
    expected = float((np.outer(totals, totals) * distances).sum()) / (float(totals.sum()) - 1.0)
    return 1.0 - observed / expected


def _distances(values: FloatArray, totals: FloatArray, level: Level) -> FloatArray:
    """Squared distances between values."""
    if level is Level.NOMINAL:
        different: FloatArray = np.not_equal.outer(values, values).astype(np.float64)
        return different
    if level is Level.INTERVAL:
        squared: FloatArray = (values[:, None] - values[None, :]) ** 2
        return squared
    middles = np.cumsum(totals) - totals / 2.0
    ranks: FloatArray = (middles[:, None] - middles[None, :]) ** 2
    return ranks


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two raters on what both have rated.

    Attributes:
        rated: how many things both rated.
        same: share of them with the same rating.
        kappa, weighted: Cohen's, unweighted and with quadratic weights.
    """

    first: str
    second: str
    rated: int
    same: float
    kappa: float | NotComputable
    weighted: float | NotComputable


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the raters of a list agree.

    Attributes:
        raters: how many.
        overlapping: things that two or more rated.
        pairs: every two raters who have something in common.
        fleiss: over what all raters rated.
        by_everybody: how many things that is.
        alpha: Krippendorff's, by level.
    """

    raters: int
    overlapping: int
    pairs: tuple[PairAgreement, ...]
    fleiss: float | NotComputable
    by_everybody: int
    alpha: Mapping[Level, float | NotComputable]


def agreement_of(units: Units, *, top: int) -> Agreement:
    """Every coefficient over the same ratings.

    Args:
        units: rater to rating, one mapping a thing.
        top: the best rating of the scale.
    """
    raters = sorted({rater for unit in units for rater in unit})
    everybody = [unit for unit in units if len(unit) == len(raters) >= _TWO]
    counts = [np.bincount(list(unit.values()), minlength=top + 1).tolist() for unit in everybody]
    pairs = (_pair(units, *pair, top=top) for pair in combinations(raters, _TWO))
    return Agreement(
        raters=len(raters),
        overlapping=sum(len(unit) >= _TWO for unit in units),
        pairs=tuple(pair for pair in pairs if pair.rated),
        fleiss=fleiss_kappa(counts),
        by_everybody=len(everybody),
        alpha={level: krippendorff_alpha(units, level) for level in Level},
    )


def _pair(units: Units, first: str, second: str, *, top: int) -> PairAgreement:
    both = [(unit[first], unit[second]) for unit in units if first in unit and second in unit]
    one, other = [a for a, _ in both], [b for _, b in both]
    return PairAgreement(
        first=first,
        second=second,
        rated=len(both),
        same=sum(a == b for a, b in both) / len(both) if both else 0.0,
        kappa=cohen_kappa(one, other, top=top),
        weighted=cohen_kappa(one, other, top=top, weighting=Weighting.QUADRATIC),
    )
