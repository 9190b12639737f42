"""What the demo generates: a catalogue, shoppers, and 60 days of what they did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

AttributeValue = str | float | bool


@dataclass(frozen=True, slots=True)
class DemoCategory:
    """One node of the tree.

    Attributes:
        path: unique, `electronics/audio/headphones`.
        name: as a shop writes it.
        parent: the parent's path, None at the top.
    """

    path: str
    name: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """One row of the feed, a variant where `item_group_id` is shared.

    Attributes:
        price: in `currency`; `sale_price` is lower, or None.
        attributes: typed; text, number or boolean by key.
        released_at: aware UTC; in the future only for preorders.
    """

    product_id: str
    title: str
    description: str
    brand: str
    category_path: str
    price: Decimal
    sale_price: Decimal | None
    currency: str
    availability: str
    stock: int
    gtin: str
    mpn: str
    item_group_id: str
    released_at: datetime
    attributes: Mapping[str, AttributeValue]
    image_link: str
    link: str


@dataclass(frozen=True, slots=True)
class DemoCatalogue:
    """Everything `catalogue_generate` makes; categories come parents first."""

    categories: tuple[DemoCategory, ...]
    products: tuple[DemoProduct, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """A known, relative effect that an arm's shoppers show; 0.1 means 10 % more.

    Attributes:
        ctr: on the chance of a click, given examination.
        conversion: on the chance that a cart line is bought.
        revenue: on the expected number of units of a bought line, and so on its value.
    """

    ctr: float = 0.0
    conversion: float = 0.0
    revenue: float = 0.0


NO_EFFECT = Effect()


FEATURES = ("relevance", "appeal", "freshness", "bargain")
"""What a shopper weighs, each in [0, 1]; weights below come in this order."""

FeatureWeights = tuple[float, float, float, float]
DEFAULT_BRANCH = "default"
BRANCH_WEIGHTS: Mapping[str, FeatureWeights] = MappingProxyType(
    {
        "electronics": (2.0, 1.3, 1.9, 0.8),
        "fashion": (1.7, 2.3, 0.8, 1.0),
        "books": (1.9, 1.6, 0.4, 0.4),
        DEFAULT_BRANCH: (2.0, 1.6, 0.6, 0.9),
    }
)
BRANCH_RETURNS: Mapping[str, float] = MappingProxyType(
    {"electronics": 0.07, "fashion": 0.22, "books": 0.02, DEFAULT_BRANCH: 0.06}
)


@dataclass(frozen=True, slots=True)
class ShopperConfig:
    """The parameters of the shopper; docs/demo.md explains each.

    Attributes:
        seed: every latent and every draw follows from it.
        weights: branch (first part of a category's path) → weights of FEATURES; "default"
            for a branch not named.
        taste_scale: standard deviation of the taste term, in units of utility.
        loyal_share: P(a shopper is loyal to a brand), for each brand of its own.
        loyalty: what a product of such a brand gains, in units of utility.
        comes_back: what a product gains that was looked at before and not bought yet; only
            in front of real answers.
        noise_scale: scale of the Gumbel noise.
        examination_eta: P(examined at position j) = j ** -eta.
        click_bias, click_slope: P(click | examined) = sigmoid(bias + slope · utility).
        cart_bias, cart_slope: P(cart | click), the same form.
        purchase_chance: P(purchase | cart).
        slept_over: a price; what costs more is bought from the cart more seldom, in proportion.
        second_unit_chance: P(two units | purchase), else one.
        return_chance: branch → P(refund | purchase).
        typo_chance: P(a query is mistyped).
        zipf_exponent: share of an intent's r-th query is proportional to r ** -exponent.
        freshness_half_life_days: of the freshness that shoppers feel.
        companion_chance: P(a buyer looks at what goes with it | purchase).
        companion_views: P(looked at), the likeliest companion first; others are not shown.
        companion_cart: P(cart | companion looked at).
        companion_purchase: P(purchase | companion in the cart).
    """

    seed: int = 20_240_607
    weights: Mapping[str, FeatureWeights] = field(default_factory=lambda: BRANCH_WEIGHTS)
    taste_scale: float = 0.9
    loyal_share: float = 0.15
    loyalty: float = 1.8
    comes_back: float = 2.5
    noise_scale: float = 0.35
    examination_eta: float = 0.75
    click_bias: float = -5.2
    click_slope: float = 1.0
    cart_bias: float = -5.8
    cart_slope: float = 0.8
    purchase_chance: float = 0.42
    slept_over: float = 150.0
    second_unit_chance: float = 0.12
    return_chance: Mapping[str, float] = field(default_factory=lambda: BRANCH_RETURNS)
    typo_chance: float = 0.07
    zipf_exponent: float = 1.1
    freshness_half_life_days: float = 120.0
    companion_chance: float = 0.5
    companion_views: tuple[float, ...] = (0.95, 0.8, 0.65)
    companion_cart: float = 0.85
    companion_purchase: float = 0.95


@dataclass(frozen=True, slots=True)
class HistoryConfig:
    """How much history there is.

    Attributes:
        days: history ends at `as_of` and starts this many days before it.
        sessions_per_day: the mean; weekends and evenings are busier.
        shoppers: size of the population.
        known_share: shoppers who are logged in (have a user_id).
        shown: results shown per search, each an impression.
    """

    days: int = 60
    sessions_per_day: int = 320
    shoppers: int = 2_400
    known_share: float = 0.6
    shown: int = 8


@dataclass(frozen=True, slots=True, eq=False)
class Behaviour:
    """What shoppers did with their result lists; row = search, column = position - 1.

    Attributes:
        clicked, carted, returned: bool[s, k].
        units: int64[s, k], units bought, 0 when not bought.
    """

    clicked: BoolArray
    carted: BoolArray
    units: IntArray
    returned: BoolArray

    @property
    def bought(self) -> BoolArray:
        """bool[s, k]: at least one unit."""
        return self.units > 0
