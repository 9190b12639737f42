"""What recommendations are asked, what they are made from, and what they answer.

Rows are those of the serving snapshot; positions are 1-based everywhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from apps.events.contracts_history import DayLines
from apps.events.contracts_sessions import SessionState
from apps.features.contracts import ServingSnapshot

BoolArray = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
BecauseOf = Callable[[Int32], Int32]
"""int32[m] rows → int32[m]: the row of the shopper's history that speaks most for it; -1: none."""


class PlacementName(StrEnum):
    """Where a shelf stands in the shop."""

    HOME = "home"
    PRODUCT = "product"
    CART = "cart"
    CATEGORY = "category"
    EMAIL = "email"


class StrategyName(StrEnum):
    """A way to find products without a query."""

    FOR_YOU = "for_you"
    SESSION = "session"
    SIMILAR = "similar"
    BOUGHT_TOGETHER = "bought_together"
    RECENTLY_VIEWED = "recently_viewed"
    TRENDING = "trending"
    POPULAR = "popular"
    NEW_ARRIVALS = "new_arrivals"


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What one shopper did, before this visit and in it; newest first, a product once a line.

    Attributes:
        product_ids: external ids, each once; products may be gone from the catalogue.
        weights: float32[h], undecayed: over the days (UTC) on which the shopper did anything
            with the product, the strongest of each (`events.INTERACTION_WEIGHTS`), summed.
        at: float64[h], unix seconds of the newest interaction.
        bought: bool[h], whether the product was bought.
        bought_at: float64[h], unix seconds of its last purchase, -inf: never; None: as `at`.
        lines: the same day by day, as it was read; None: each product is one line.
    """

    product_ids: tuple[str, ...]
    weights: Float32
    at: Float64
    bought: BoolArray
    bought_at: Float64 | None = None
    lines: DayLines | None = None

    def __len__(self) -> int:
        """How many lines."""
        return len(self.product_ids)

    def bought_since(self, moment: float) -> BoolArray:
        """bool[h]: what was bought at `moment` (unix seconds) or later."""
        times = self.at if self.bought_at is None else self.bought_at
        since: BoolArray = self.bought & (times >= moment)
        return since

    @classmethod
    def empty(cls) -> "History":
        """Of somebody who did nothing yet."""
        nothing = np.zeros(0, dtype=np.float32)
        return cls((), nothing, np.zeros(0, dtype=np.float64), np.zeros(0, dtype=np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """A user's factors as they were solved from a stored history, kept beside it in Redis.

    Attributes:
        model: number of the model that they were solved with; no other one can use them.
        factors: float32[f], unscaled.
    """

    model: int
    factors: Float32


@dataclass(frozen=True, slots=True, eq=False)
class Shopper:
    """Who asks, and what is known of them at this moment.

    Attributes:
        user_id: who is logged in, as the shop names them.
        client_id: a browser or device.
        session_id: one visit.
        history: stored interactions, then those of this visit that are not stored among them.
        session: this visit; None: none was named, or Redis did not answer.
        degraded: what was missing (`redis`, `history`).
        solved: factors of exactly this `history`; None: to be solved when they are needed.
    """

    user_id: str | None = None
    client_id: str | None = None
    session_id: str | None = None
    history: History = field(default_factory=History.empty)
    session: SessionState | None = None
    degraded: tuple[str, ...] = ()
    solved: Solved | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Affinity:
    """How much a shopper's own history points to products.

    Attributes:
        scores: float32[n] by row, in [0, 1]; what the feature `cf_score` holds.
        share: of the collaborative model in them, in [0, 1]; the rest is popularity, as the
            cold-start curve says.
        interactions: distinct products of the history that count.
        source: `model` (user factors as trained), `folded_in` (solved now), `cold` (too few).
        by_content: bool[n], rows that the model does not know: scored by embeddings.
        model: the artifact's number; 0: there is none.
        because: which product of the history speaks most for a row; None: nobody can tell.
    """

    scores: Float32
    share: float
    interactions: int
    source: str
    by_content: BoolArray
    model: int
    because: BecauseOf | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Shopping:
    """All that a strategy may know.

    Attributes:
        snapshot: whose rows are meant.
        shopper: who asks.
        affinity: of the shopper; None: nothing points anywhere, or it is switched off.
        context: int32[c], rows of the product looked at, or of those in the cart.
        allowed: bool[n], rows that may be shown: active, inside filters and constraints.
        category: code of the category that the shelf is about; negative: none.
        wanted: how many rows are asked for, best first.
        as_of: unix seconds, aware of what is evaluated: never the clock.
    """

    snapshot: ServingSnapshot
    shopper: Shopper
    affinity: Affinity | None
    context: Int32
    allowed: BoolArray
    category: int
    wanted: int
    as_of: float


@dataclass(frozen=True, slots=True, eq=False)
class Sourced:
    """What one strategy found.

    Attributes:
        rows: int32[m], allowed ones, best first, each once.
        scores: float32[m] in [0, 1], descending.
        because: int32[m], the row of the product that speaks for it; -1: none.
        evidence: float32[m], the number that a reason may name (lift, buyers, growth); nan: none.
    """

    rows: Int32
    scores: Float32
    because: Int32
    evidence: Float32

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)

    @classmethod
    def empty(cls) -> "Sourced":
        """Nothing."""
        none, nothing = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        return cls(none, nothing, none, nothing)


class Strategy(Protocol):
    """A way to find products. Registered by name; it reads memory only: no SQL, no Redis."""

    name: StrategyName
    title: str

    def __call__(self, shopping: Shopping) -> Sourced:
        """The best `shopping.wanted` allowed rows; fewer when there are no more."""
        ...


@dataclass(frozen=True, slots=True)
class StrategyUse:
    """A strategy in a placement.

    Attributes:
        name: which.
        weight: what its scores are multiplied by, in (0, 1].
    """

    name: StrategyName
    weight: float = 1.0


class Mix(StrEnum):
    """How a placement's strategies come together.

    `first`: they are asked in order until enough is found, and what an earlier one found stands
    before what a later one found. `blend`: all are asked, and a product's best score counts.
    """

    FIRST = "first"
    BLEND = "blend"


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a shelf may show.

    Attributes:
        in_stock: only products that can be bought now (in stock, preorder, backorder).
        not_bought_days: leave out what the shopper bought in so many days; 0: nothing.
        not_in_session: leave out what this visit has put in the cart or bought.
        most_per_brand: 0: any number.
        most_per_category: of one leaf category; 0: any number.
        price_from: share of the context product's price; 0: no lower bound.
        price_to: likewise the upper bound, such as 2.0; 0: none.
    """

    in_stock: bool = True
    not_bought_days: int = 0
    not_in_session: bool = True
    most_per_brand: int = 0
    most_per_category: int = 0
    price_from: float = 0.0
    price_to: float = 0.0


@dataclass(frozen=True, slots=True)
class Placement:
    """A shelf as it is published.

    Attributes:
        name: which.
        title: what shoppers read above it.
        strategies: in their order.
        mix: how they come together.
        constraints: what may be shown.
        diversity: λ of maximal marginal relevance, in [0, 1]: 1 is relevance alone.
        weights: its own set; None: the ranking weights in force, as for a search.
        k: how many products when the caller names no number.
        number: of the published version; 0: as shipped with the product.
    """

    name: PlacementName
    title: str
    strategies: tuple[StrategyUse, ...]
    mix: Mix = Mix.FIRST
    constraints: Constraints = Constraints()
    diversity: float = 1.0
    weights: Mapping[str, float] | None = None
    k: int = 12
    number: int = 0


@dataclass(frozen=True, slots=True)
class Personalisation:
    """What may follow the shopper, on both surfaces; experiments turn it.

    Attributes:
        history: whether what the shopper did before counts.
        session: whether what this visit saw counts.
        session_weight: what `session_boost` is multiplied by before it is added to a score.
        revisit_weight: the same of `revisit_score`, a part of the history.
    """

    history: bool = True
    session: bool = True
    session_weight: float = 0.15
    revisit_weight: float = 0.2
