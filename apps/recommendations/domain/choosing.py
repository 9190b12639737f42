"""Which recipe is best for a shop: what its shoppers took after a cut, foretold from before it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import islice, product

import numpy as np

from apps.common.domain.relevance import ndcg_at_k
from apps.recommendations.contracts import Float32, Float64, Int32
from apps.recommendations.contracts_models import Cells, Family, TrainingSet
from apps.recommendations.domain.blending import Parts, Recipe, best_codes
from apps.recommendations.domain.matrices import ages_of

K = 10
_SCALE_SHOPPERS = 200
_FLOOR = 0.01  # of popularity in every recipe: somebody unknown still has an order
_MIXES: tuple[Mapping[Family, float], ...] = (
    {},
    {Family.ALS: 1.0},
    {Family.ITEM_ITEM: 1.0},
    {Family.EASE: 1.0},
    {Family.EASE: 0.7, Family.ALS: 0.3},
    {Family.EASE: 0.5, Family.ALS: 0.25, Family.ITEM_ITEM: 0.25},
)
_REPEATS = (0.0, 0.5)
_MOMENTUMS = (0.0, 0.25, 0.5, 0.75)
DEFAULT = Recipe({Family.ALS: 1.0, Family.REPEAT: 0.5, Family.POPULARITY: _FLOOR}, 0.25)
"""Where a shop has nothing to choose by: the default family."""


def recipes() -> tuple[Recipe, ...]:
    """All that are tried, the plainest first: of equal ones it is taken."""
    found = []
    for mix, repeat, exponent in product(_MIXES, _REPEATS, _MOMENTUMS):
        weights = {**mix, Family.POPULARITY: _FLOOR if mix else 1.0}
        if repeat:
            weights[Family.REPEAT] = repeat
        found.append(Recipe(weights, exponent))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A shopper before a cut, and what they took after it.

    Attributes:
        cells: before.
        taken: codes after; each known before, by anybody.
    """

    cells: Cells
    taken: frozenset[int]


def cells_of_row(training: TrainingSet, row: int, ages: Float32) -> Cells:
    """One unit's cells; `ages` of the whole set, as `matrices.ages_of` has them."""
    part = slice(int(training.indptr[row]), int(training.indptr[row + 1]))
    return Cells(training.codes[part], training.weights[part], ages[part])


def judged_shoppers(
    training: TrainingSet, taken: Iterable[tuple[str, AbstractSet[str]]], most: int
) -> list[Judged]:
    """The first units that are in the training set and took a known product afterwards.

    Args:
        training: before the cut.
        taken: units and external ids after the cut, in an order that says nothing of them; read
            until there are enough.
        most: at most so many units.
    """
    ages = ages_of(training)
    return list(islice(_judged(training, ages, taken), most))


def _judged(
    training: TrainingSet, ages: Float32, taken: Iterable[tuple[str, AbstractSet[str]]]
) -> Iterator[Judged]:
    for unit, names in taken:
        row = training.user_ids.row_of(unit)
        if row < 0:
            continue
        codes = training.product_ids.rows_of(sorted(names))
        known = frozenset(codes[codes >= 0].tolist())
        if known:
            yield Judged(cells_of_row(training, row, ages), known)


def parts_scaled(parts: Parts, training: TrainingSet) -> Parts:
    """The parts with the scale of each family: what the ten best score on average."""
    ages = ages_of(training)
    rows = range(0, training.users, max(1, training.users // _SCALE_SHOPPERS))
    families = (Family.ALS, *parts.neighbours)
    sums = dict.fromkeys(families, 0.0)
    for row in rows:
        cells = cells_of_row(training, row, ages)
        for family in families:
            scores = parts.family_scores(family, cells)
            sums[family] += float(scores[best_codes(scores, K)].mean())
    scales = {family: max(total / len(rows), 1e-9) for family, total in sums.items()}
    return replace(parts, scales=scales)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """NDCG@10 of every recipe.

    Attributes:
        new: float64[r], over shoppers who took something they had nothing to do with before, of
            such products alone.
        everything: float64[r], over all shoppers, of all products.
        shoppers: how many were judged.
    """

    new: Float64
    everything: Float64
    shoppers: int

    def worth(self) -> Float64:
        """float64[r]: the geometric mean of both, so that neither's size decides."""
        worth: Float64 = np.sqrt(self.new * self.everything)
        return worth


def recipes_measured(
    parts: Parts, tried: Sequence[Recipe], shoppers: Sequence[Judged]
) -> Measured:
    """How well each recipe foretells what the shoppers took.

    Args:
        parts: scaled.
        tried: recipes; families that the parts lack are left out.
        shoppers: at least one.
    """
    families = (Family.ALS, *parts.neighbours, Family.REPEAT, Family.POPULARITY)
    weights = np.array(
        [
            [each.weights.get(family, 0.0) / parts.scales.get(family, 1.0) for family in families]
            for each in tried
        ],
        dtype=np.float32,
    )
    leans = np.stack([parts.momentum**each.momentum for each in tried])
    new: list[list[float]] = []
    everything: list[list[float]] = []
    for shopper in shoppers:
        scores = weights @ np.stack(
            [parts.family_scores(each, shopper.cells) for each in families]
        )
        scores *= leans
        everything.append(_ndcgs(scores, shopper.taken))
        unseen = shopper.taken - set(shopper.cells.codes.tolist())
        if unseen:
            scores[:, shopper.cells.codes] = -np.inf
            new.append(_ndcgs(scores, unseen))
    return Measured(_means(new, len(tried)), _means(everything, len(tried)), len(shoppers))


def _ndcgs(scores: Float32, taken: frozenset[int]) -> list[float]:
    ratings = {str(code): 1 for code in taken}
    return [ndcg_at_k(_names(best_codes(row, K)), ratings, K) for row in scores]


def _names(codes: Int32) -> list[str]:
    return [str(code) for code in codes.tolist()]


def _means(figures: list[list[float]], count: int) -> Float64:
    found: Float64 = np.array(figures, dtype=np.float64).reshape(-1, count)
    return found.mean(axis=0) if len(found) else np.zeros(count)
