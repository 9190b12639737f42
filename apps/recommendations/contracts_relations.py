"""Which products belong together, and which are on the rise: what a job finds and serving reads.

Codes number the products of one artifact: `pks[code]`, ascending. The snapshot's rows are
another numbering.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from apps.recommendations.contracts import Float32, Float64, Int32

Int64 = npt.NDArray[np.int64]
ARTIFACT = "product_relations"


class SimilarKind(StrEnum):
    """By what products are alike: what they are, who chooses them, or both."""

    CONTENT = "content"
    COLLABORATIVE = "collaborative"
    BLENDED = "blended"


class SimilarBy(StrEnum):
    """What told which products are similar.

    `model`: factors of the collaborative model. `visits`, `baskets`: what is looked at or bought
    together, where the model does not know the product. `content`: what the products say.
    """

    MODEL = "model"
    VISITS = "visits"
    BASKETS = "baskets"
    CONTENT = "content"


class Line(NamedTuple):
    """One product in a purchase, a refund or a look.

    Attributes:
        unit: whose it is, by the identity rule of events.
        at: unix seconds.
        pk: the product's primary key.
        pieces: at least 1.
        order: as the shop names it; empty: it names none.
        session: the visit; empty: not told.
        returned: a refund.
    """

    unit: str
    at: float
    pk: int
    pieces: int
    order: str
    session: str
    returned: bool


class Basket(NamedTuple):
    """Products that one shopper took, or looked at, in one go.

    Attributes:
        at: unix seconds of its first line.
        pks: ascending, each once.
    """

    at: float
    pks: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Baskets:
    """Many baskets in flat arrays.

    Attributes:
        pks: int32[n], the products in them, ascending.
        starts: int64[b + 1] into codes.
        codes: int32[lines], place of the product in `pks`; each once a basket.
        at: float64[b], unix seconds.
        too_large: how many more there were that hold too many products to say anything.
        sampled: whether reading stopped at the most lines: these are some of the shoppers.
    """

    pks: Int32
    starts: Int64
    codes: Int32
    at: Float64
    too_large: int = 0
    sampled: bool = False

    def __len__(self) -> int:
        """How many."""
        return len(self.at)

    def recoded(self, pks: Int32) -> "Baskets":
        """The same by the codes of int32[m] other products, ascending: all of these are there."""
        places = np.searchsorted(pks, self.pks).astype(np.int32)
        return replace(self, pks=pks, codes=places[self.codes])


@dataclass(frozen=True, slots=True)
class PairRules:
    """When two products belong together.

    Attributes:
        least: baskets that must hold both.
        false_share: of the pairs that are kept, at most so many by chance (expected share).
        half_life_days: after so long a basket counts half in a score; the test and the lift
            count every basket alike.
        most: how many neighbours a product keeps.
    """

    least: int
    false_share: float
    half_life_days: float
    most: int


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """Each product's neighbours, best first: `starts[code] … starts[code + 1]` of the others.

    Attributes:
        starts: int64[n + 1].
        codes: int32[m], the neighbour.
        scores: float32[m] in (0, 1]: by how much the product makes the neighbour likelier.
        lifts: float32[m] > 1: how many times as often they are together as by chance.
        together: int32[m], baskets that hold both.
        alone: int32[n], baskets that hold the product.
        baskets: how many were counted.
        tested: pairs that were candidates, whether or not anybody took both.
    """

    starts: Int64
    codes: Int32
    scores: Float32
    lifts: Float32
    together: Int32
    alone: Int32
    baskets: int
    tested: int

    def __len__(self) -> int:
        """How many directed pairs."""
        return len(self.codes)


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """Products that are chosen more than their own past lets one expect, most growth first.

    Attributes:
        codes: int32[t].
        growth: float32[t] > 1, smoothed.
        shoppers: int32[t], different ones in the last days.
    """

    codes: Int32
    growth: Float32
    shoppers: Int32

    def __len__(self) -> int:
        """How many."""
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class TrendRules:
    """When a product is on the rise.

    Attributes:
        least_shoppers: different ones who chose it in the last `recent_days`.
        least_growth: smoothed growth under which it is no trend.
        prior: interactions added to what happened and to what was expected.
    """

    least_shoppers: int
    least_growth: float
    prior: float


class Activity(NamedTuple):
    """What happened with one product before a moment.

    Attributes:
        pk: primary key.
        fast: interactions that decay within days.
        slow: the same that decay within weeks.
        shoppers: different ones in the last days.
    """

    pk: int
    fast: float
    slow: float
    shoppers: int


@dataclass(frozen=True, slots=True, eq=False)
class ProductRelations:
    """What serving holds.

    Attributes:
        pks: int32[n], ascending.
        bought: together in a basket.
        viewed: together in a visit.
        trend: on the rise.
        as_of: unix seconds; what happened later is unknown to it.
    """

    pks: Int32
    bought: Relation
    viewed: Relation
    trend: Trend
    as_of: float
