"""What the recommender is trained on, what it is once trained, and what serving asks of it.

A cell is what one user has with one product: one weight and one time. A line of a shopper's
`History` is the same thing, so that a history folded in now is read as training read it.
Codes number the model's own products; the snapshot's rows are another numbering.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from apps.common.domain.string_table import StringTable
from apps.recommendations.contracts import Float32, Float64, Int32

Int64 = npt.NDArray[np.int64]
Scalar = str | int | float | bool | None
ARTIFACT = "recommender"


class Family(StrEnum):
    """How a score comes about."""

    ALS = "als"
    EASE = "ease"
    ITEM_ITEM = "item_item"
    POPULARITY = "popularity"
    REPEAT = "repeat"


class Unfit(StrEnum):
    """Why these interactions make no model. Nothing is published then; the old one serves on."""

    EMPTY = "empty"
    FEW_USERS = "few_users"
    FEW_PRODUCTS = "few_products"
    FEW_INTERACTIONS = "few_interactions"


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """Users by products as compressed sparse rows; codes ascend within a user.

    Attributes:
        user_ids: row to the unit, as events name it: `u:<user>`, or `c:<client>` on which nobody
            was ever seen; an anonymous visit counts as its owner's.
        product_ids: code to external id; may name products that the catalogue lost since.
        indptr: int64[users + 1] into the following.
        codes: int32[cells].
        weights: float32[cells], undecayed: over the days on which the user did anything with
            the product, the strongest of each day (purchase 3, cart 2, view and click 1), summed.
        at: float64[cells], unix seconds of the newest of them.
        as_of: unix seconds; everything is before it.
    """

    user_ids: StringTable
    product_ids: StringTable
    indptr: Int64
    codes: Int32
    weights: Float32
    at: Float64
    as_of: float

    @property
    def users(self) -> int:
        """How many rows."""
        return len(self.user_ids)

    @property
    def products(self) -> int:
        """How many columns."""
        return len(self.product_ids)

    def __len__(self) -> int:
        """How many cells."""
        return len(self.codes)


@dataclass(frozen=True, slots=True, eq=False)
class Confidences:
    """The training set once its cells are numbers: what a factor trainer is given.

    Attributes:
        users, products: shape.
        indptr: int64[users + 1].
        codes: int32[cells].
        values: float32[cells], above 0: preference is 1 where there is a cell, its confidence
            1 + alpha · value.
    """

    users: int
    products: int
    indptr: Int64
    codes: Int32
    values: Float32


@dataclass(frozen=True, slots=True)
class AlsParameters:
    """Of alternating least squares on implicit feedback.

    Attributes:
        factors: length of a user's and a product's vector.
        regularization: λ on both.
        alpha: how much a cell's value adds to its confidence.
        iterations: sweeps over users and products.
        seed: of the first factors.

    Source: Hu, Koren, Volinsky, Collaborative filtering for implicit feedback, ICDM 2008.
    """

    factors: int = 64
    regularization: float = 0.05
    alpha: float = 1.0
    iterations: int = 15
    seed: int = 7


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """What a factor trainer found.

    Attributes:
        users: float32[users, f].
        products: float32[products, f].
    """

    users: Float32
    products: Float32


class FactorTrainer(Protocol):
    """Alternating least squares, on this machine or on many: same input, same meaning."""

    def fit(self, confidences: Confidences, parameters: AlsParameters) -> Factors:
        """Factors whose product comes near to preference 1 where there is a cell, 0 elsewhere."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A shopper's history as the model reads it: only products that it knows, each once.

    Attributes:
        codes: int32[h].
        weights: float32[h], undecayed, as in `TrainingSet`.
        ages: float32[h], days since the newest interaction, not negative.
    """

    codes: Int32
    weights: Float32
    ages: Float32

    def __len__(self) -> int:
        """How many products."""
        return len(self.codes)


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """A shopper as a model sees them; it alone can read it.

    Attributes:
        factors: float32[f], scaled already; zeros where the model has none.
        base: float32[n] by code: what does not come from factors (neighbours, repeat purchases,
            popularity), with momentum.
        cells: what it was made of.
    """

    factors: Float32
    base: Float32
    cells: Cells


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of a trained model.

    Attributes:
        number: the artifact's version; 0: not published.
        as_of: unix seconds; what happened later is unknown to it.
        first_at: unix seconds of the oldest newest interaction of a cell.
        users, products, interactions: what it was trained on.
        families: the weight of each in the score.
        parameters: of all families, `family.name`.
        metrics: of the temporal validation that chose it, such as `ndcg_at_10_new`.
    """

    number: int
    as_of: float
    first_at: float
    users: int
    products: int
    interactions: int
    families: Mapping[str, float]
    parameters: Mapping[str, Scalar]
    metrics: Mapping[str, float]


class Recommender(Protocol):
    """A trained model in a serving process: numpy only, its arrays mapped and read-only."""

    @property
    def card(self) -> ModelCard:
        """What is known of it."""
        ...

    @property
    def product_ids(self) -> StringTable:
        """Code to external id."""
        ...

    @property
    def item_factors(self) -> Float32:
        """float32[n, f]; f may be 0."""
        ...

    def user_factors(self, user_id: str) -> Float32 | None:
        """float32[f] as trained, unscaled; None for a user whom the model does not know."""
        ...

    def factors_solved(self, cells: Cells) -> Float32:
        """float32[f], unscaled: one half step of ALS for this history alone. Under 1 ms."""
        ...

    def taste(self, cells: Cells, factors: Float32 | None = None) -> Taste:
        """The shopper of this history.

        Args:
            cells: may be empty: what is left then is popularity.
            factors: float32[f], unscaled, as trained or as solved; None: solved now.
        """
        ...

    def scores(self, taste: Taste) -> Float32:
        """float32[n] by code, in [0, 1): the whole catalogue."""
        ...

    def scores_of(self, taste: Taste, codes: Int32) -> Float32:
        """float32[m]: the same numbers for candidates, one matrix product."""
        ...

    def because(self, taste: Taste, codes: Int32) -> Int32:
        """int32[m]: for each product the code of the history that speaks most for it; -1: none.

        A product is never its own reason.
        """
        ...

    def similar(self, code: int, wanted: int) -> tuple[Int32, Float32]:
        """The codes that shoppers choose with this one, best first, and scores in [0, 1]."""
        ...
