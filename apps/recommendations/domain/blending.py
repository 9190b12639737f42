"""The recommender: parts, weighed by a recipe, and leaned towards what is wanted now."""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field

import numpy as np

from apps.common.domain.string_table import StringTable
from apps.recommendations.contracts import Float32, Int32
from apps.recommendations.contracts_models import Cells, Family, ModelCard, Taste
from apps.recommendations.domain.matrices import cell_values
from apps.recommendations.domain.parts import FactorPart, NeighbourPart

_NEIGHBOURS = (Family.EASE, Family.ITEM_ITEM)
# A product of the history speaks for another one with at least so much of a usual shopper's ten
# best (1), and of all that the other one scores. Less is no reason to tell anybody.
_LEAST_SPOKEN, _LEAST_SPOKEN_PART = 0.05, 0.2
_ONE_PURCHASE = float(np.log(2.0))
_NOTHING, _ONE = np.float32(0.0), np.float32(1.0)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a score is made of.

    Attributes:
        weights: of each family; one that is not named has none.
        momentum: exponent of `matrices.momentum`; 0: what is wanted now does not matter.
    """

    weights: Mapping[Family, float]
    momentum: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What a training made, before it is weighed.

    Attributes:
        factors: of ALS.
        neighbours: of EASE and item-item, by family.
        popularity: float32[n] in [0, 1].
        momentum: float32[n].
        half_life_days: of cells in ALS and neighbours.
        repeat_half_life_days: of a shopper's own purchases.
        scales: what a usual shopper's ten best score on average, by family.
    """

    factors: FactorPart
    neighbours: Mapping[Family, NeighbourPart]
    popularity: Float32
    momentum: Float32
    half_life_days: float
    repeat_half_life_days: float
    scales: Mapping[Family, float]

    def values(self, cells: Cells) -> Float32:
        """float32[h]: what the cells are worth."""
        return cell_values(cells.weights, cells.ages, self.half_life_days)

    def repeats(self, cells: Cells) -> Float32:
        """float32[h]: 1 for one purchase today."""
        values = cell_values(cells.weights, cells.ages, self.repeat_half_life_days)
        return values / np.float32(_ONE_PURCHASE)

    def family_scores(self, family: Family, cells: Cells) -> Float32:
        """float32[n]: one family alone, at its own scale."""
        if family is Family.POPULARITY:
            return self.popularity
        if family is Family.REPEAT:
            own = np.zeros(len(self.popularity), dtype=np.float32)
            own[cells.codes] = self.repeats(cells)
            return own
        values = self.values(cells)
        if family is Family.ALS:
            found: Float32 = self.factors.products @ self.factors.solved(cells.codes, values)
            return found
        return self.neighbours[family].scores(cells.codes, values)


@dataclass(frozen=True, slots=True, eq=False)
class BlendModel:
    """A `Recommender`: `momentum^g · (item_factors @ factors + base)`, then s / (1 + s).

    Attributes:
        card: what is known of it.
        product_ids: code to external id.
        user_ids: row of `trained` to the shop's own id; anonymous clients are not kept.
        trained: float32[users, f].
        parts: what a training made.
        recipe: how it is weighed.
        lean: float32[n], `momentum^g`.
        kept: `leaned` as the artifact holds it; None: it is worked out now.
        leaned: float32[n, f], `momentum^g · item_factors`: what scores are made with, so that
            momentum is part of the one product.
        resting: float32[n], `momentum^g` times popularity's share: what everybody's scores have.
    """

    card: ModelCard
    product_ids: StringTable
    user_ids: StringTable
    trained: Float32
    parts: Parts
    recipe: Recipe
    lean: Float32
    kept: InitVar[Float32 | None] = None
    leaned: Float32 = field(init=False)
    resting: Float32 = field(init=False)

    def __post_init__(self, kept: Float32 | None) -> None:
        """Fold momentum in; without it everything leans by 1."""
        leaned = self.item_factors
        resting = self._share(Family.POPULARITY) * self.parts.popularity
        if self.recipe.momentum:
            leaned = self.lean[:, None] * leaned if kept is None else kept
            resting = self.lean * resting
        object.__setattr__(self, "leaned", leaned)
        object.__setattr__(self, "resting", resting)

    @property
    def item_factors(self) -> Float32:
        """float32[n, f]."""
        return self.parts.factors.products

    def user_factors(self, user_id: str) -> Float32 | None:
        """float32[f] as trained; None for a user whom the model does not know."""
        row = self.user_ids.row_of(user_id)
        return self.trained[row] if row >= 0 else None

    def factors_solved(self, cells: Cells) -> Float32:
        """float32[f]: one half step of ALS for this history alone."""
        return self.parts.factors.solved(cells.codes, self.parts.values(cells))

    def taste(self, cells: Cells, factors: Float32 | None = None) -> Taste:
        """The shopper of this history; `factors` as trained or as solved, None: solved now."""
        width = self.item_factors.shape[1]
        if factors is None or len(factors) != width:
            factors = self.factors_solved(cells)
        # Only what the history touches is worked out: passes over all products cost the most.
        base = self.resting.copy()
        values = self.parts.values(cells)
        for family in _NEIGHBOURS:
            if (share := self._share(family)) > 0:
                at, told = self.parts.neighbours[family].told(cells.codes, share * values)
                np.add.at(base, at, told * self.lean.take(at))
        if (share := self._share(Family.REPEAT)) > 0:
            lean = self.lean.take(cells.codes)
            base[cells.codes] += share * lean * self.parts.repeats(cells)
        return Taste(factors * self._share(Family.ALS), base, cells)

    def scores(self, taste: Taste) -> Float32:
        """float32[n] by code, in [0, 1)."""
        raw: Float32 = self.leaned @ taste.factors
        raw += taste.base
        return _unit(raw)

    def scores_of(self, taste: Taste, codes: Int32) -> Float32:
        """float32[m]: the same numbers for candidates, all of codes that the model has."""
        # `take` gathers rows in half the time that an index of codes takes, and faster where it
        # neither has to widen the codes each time nor to look for one that is out of bounds;
        # `dot` starts sooner than `@`.
        at = codes.astype(np.intp)
        raw: Float32 = self.leaned.take(at, axis=0, mode="clip").dot(taste.factors)
        raw += taste.base.take(at, mode="clip")
        return _unit(raw)

    def because(self, taste: Taste, codes: Int32) -> Int32:
        """int32[m]: the code of the history that speaks most for each; -1: none says enough."""
        cells = taste.cells
        if not len(cells) or not len(codes):
            return np.full(len(codes), -1, dtype=np.int32)
        lean = self.lean.take(codes)
        told = self._spoken(cells, codes)
        told[cells.codes[:, None] == codes[None, :]] = 0.0
        best = told.argmax(axis=0)
        total = self.leaned.take(codes, axis=0) @ taste.factors + taste.base.take(codes)
        enough = np.maximum(_LEAST_SPOKEN_PART * total, _LEAST_SPOKEN * lean)
        speaks = told[best, np.arange(len(codes))] * lean >= enough
        return np.where(speaks, cells.codes[best], -1).astype(np.int32)

    def similar(self, code: int, wanted: int) -> tuple[Int32, Float32]:
        """What one who chose only this product today would be shown, without popularity."""
        cells = Cells(
            np.array([code], dtype=np.int32),
            np.array([3.0], dtype=np.float32),
            np.zeros(1, dtype=np.float32),
        )
        taste = self.taste(cells)
        scores = self.scores(Taste(taste.factors, taste.base - self.resting, cells))
        scores[code] = 0.0
        best = best_codes(scores, wanted)
        best = best[scores[best] > 0]
        return best, scores[best]

    def _share(self, family: Family) -> np.float32:
        scale = self.parts.scales.get(family, 1.0)
        return np.float32(self.recipe.weights.get(family, 0.0) / scale)

    def _spoken(self, cells: Cells, codes: Int32) -> Float32:
        values = self.parts.values(cells)
        told = np.zeros((len(cells), len(codes)), dtype=np.float32)
        if self._share(Family.ALS) > 0:
            told += self._share(Family.ALS) * self.parts.factors.spoken(cells.codes, values, codes)
        for family in _NEIGHBOURS:
            if self._share(family) > 0:
                neighbours = self.parts.neighbours[family]
                told += self._share(family) * neighbours.spoken(cells.codes, values, codes)
        return told


def best_codes(scores: Float32, k: int) -> Int32:
    """int32[min(k, n)]: the best first; of equal scores the lower code."""
    if k <= 0:
        return np.zeros(0, dtype=np.int32)
    among = np.arange(len(scores))
    if k < len(scores):
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        among = np.flatnonzero(scores >= least)
    order = np.argsort(-scores[among], kind="stable")[:k]
    return among[order].astype(np.int32)


def _unit(raw: Float32) -> Float32:
    """S / (1 + s) of what is above 0, in place: keeps the order, in [0, 1)."""
    np.maximum(raw, _NOTHING, out=raw)
    raw /= raw + _ONE
    return raw
