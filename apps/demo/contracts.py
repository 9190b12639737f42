"""What the demo generates: a catalogue, shoppers, and 60 days of what they did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

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


@dataclass(frozen=True, slots=True)
class ShopperConfig:
    """The parameters of the shopper; docs/demo.md explains each.

    Attributes:
        seed: every latent and every draw follows from it.
        weights: branch (first part of a category's path) → (relevance, appeal, freshness,
            bargain); `default` for a branch not named. Each feature lies in [0, 1].
        taste_scale: standard deviation of the taste term, in units of utility.
        taste_dimensions: length of the latents of users, categories and brands.
        noise_scale: scale of the Gumbel noise.
        examination_eta: P(examined at position j) = j ** -eta.
        click_bias, click_slope: P(click | examined) = sigmoid(bias + slope · utility).
        cart_bias, cart_slope: P(cart | click), the same form.
        purchase_chance: P(purchase | cart).
        second_unit_chance: P(two units | purchase).
        return_chance: branch → P(refund | purchase).
        typo_chance: P(a query is mistyped).
        zipf_exponent: share of an intent's r-th query is proportional to r ** -exponent.
        freshness_half_life_days: of the freshness that shoppers feel.
    """

    seed: int = 20_240_607
    weights: Mapping[str, tuple[float, float, float, float]] | None = None
    taste_scale: float = 0.9
    taste_dimensions: int = 8
    noise_scale: float = 0.35
    examination_eta: float = 0.75
    click_bias: float = -3.6
    click_slope: float = 1.0
    cart_bias: float = -3.4
    cart_slope: float = 0.8
    purchase_chance: float = 0.42
    second_unit_chance: float = 0.12
    return_chance: Mapping[str, float] | None = None
    typo_chance: float = 0.07
    zipf_exponent: float = 1.1
    freshness_half_life_days: float = 120.0


@dataclass(frozen=True, slots=True)
class HistoryConfig:
    """How much history: sessions a day, their days, and how far a shopper looks.

    Attributes:
        days: history ends at `as_of` and starts this many days before it.
        sessions_per_day: the mean; weekends and the evening are busier.
        shoppers: size of the population of known and unknown shoppers.
        shown: results shown per search, each an impression.
    """

    days: int = 60
    sessions_per_day: int = 320
    shoppers: int = 2_400
    shown: int = 9


@dataclass(frozen=True, slots=True)
class DemoEvent:
    """One event as `POST /api/v1/events` takes it; ids and times are settled."""

    event_id: str
    type: str
    occurred_at: datetime
    user_id: str
    client_id: str
    session_id: str
    query_id: str
    product_id: str
    position: int | None
    quantity: int | None
    value: float | None
    currency: str
    query: str
