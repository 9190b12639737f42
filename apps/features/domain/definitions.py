"""What the store's further features are; their computations stand in `selectors_compute`."""

from apps.features.contracts import SESSION_BOOST, Entity, FeatureSpec, ValueKind

CTR = "ctr"
CONVERSION_RATE = "conversion_rate"
RETURN_RATE = "return_rate"
PRICE_BAND = "price_band"
STOCK_PRESSURE = "stock_pressure"
USER_CATEGORY_AFFINITY = "user_category_affinity"
CTR_DAYS = 28
CONVERSION_DAYS = 90
RETURN_DAYS = 180
AFFINITY_MOST = 20
_HOUR, _DAY = 3600, 86_400

CTR_SPEC = FeatureSpec(
    CTR,
    "Click-through rate",
    Entity.PRODUCT,
    "1.0.0",
    "How often the product is clicked where it is looked at, whatever place it stood at.",
    stored=True,
    computation=f"Clicked searches of {CTR_DAYS} days over the times that the product was looked "
    "at: each time it was shown counts by its place's propensity, estimated from exchanged "
    "neighbours (SEARCH_SWAP_SHARE), else from the lists, else by the standard curve. Drawn "
    "towards its category's rate (beta prior).",
    depends_on=("query_log", "events", "catalogue"),
    owner="search",
    fresh_s=6 * _HOUR,
)
CONVERSION_SPEC = FeatureSpec(
    CONVERSION_RATE,
    "Conversion rate",
    Entity.PRODUCT,
    "1.0.0",
    "Of the visitors who looked at the product on a day, how many bought it that day.",
    stored=True,
    computation=f"Visitors and days with a purchase over visitors and days with any view, click, "
    f"cart or purchase, {CONVERSION_DAYS} days, a visitor by the identity rule; drawn towards "
    "its category's rate (beta prior).",
    depends_on=("events", "identities", "catalogue"),
    fresh_s=6 * _HOUR,
)
RETURN_SPEC = FeatureSpec(
    RETURN_RATE,
    "Return rate",
    Entity.PRODUCT,
    "1.0.0",
    "How much of what is bought comes back.",
    stored=True,
    computation=f"Refunds over purchases of {RETURN_DAYS} days, never more than 1; drawn towards "
    "its category's rate (beta prior).",
    depends_on=("events", "catalogue"),
    owner="merchandising",
    fresh_s=_DAY,
)
PRICE_BAND_SPEC = FeatureSpec(
    PRICE_BAND,
    "Price band",
    Entity.PRODUCT,
    "1.0.0",
    "Which fifth of its category's prices the product's price falls into; 1 is the cheapest.",
    stored=True,
    kind=ValueKind.BAND,
    computation="Quintiles of the active products' present prices in the category and below it; "
    "of its parent, or the shop, where there are fewer than ten.",
    depends_on=("catalogue",),
    owner="merchandising",
    fresh_s=_HOUR,
    past=False,
)
STOCK_SPEC = FeatureSpec(
    STOCK_PRESSURE,
    "Stock pressure",
    Entity.PRODUCT,
    "1.0.0",
    "How near the product is to being sold out at the pace of the last week.",
    stored=True,
    computation="r / (r + stock), r being pieces bought in 7 days; 1 when sold out. Where the "
    "stock is unknown, pieces bought in the four weeks before, at least one, stand for it.",
    depends_on=("catalogue", "events"),
    owner="merchandising",
    fresh_s=900,
    past=False,
)
AFFINITY_SPEC = FeatureSpec(
    USER_CATEGORY_AFFINITY,
    "Category affinity",
    Entity.USER_CATEGORY,
    "1.0.0",
    "Which share of a shopper's interactions a category has, the recent ones counting most.",
    stored=True,
    computation="Σ weight · 2^(-age / POPULARITY_HALF_LIFE_DAYS) over the events of "
    "POPULARITY_WINDOW_DAYS, by the category of the product, over the shopper's sum; anonymous "
    f"events by the identity rule; the {AFFINITY_MOST} largest shares are kept.",
    depends_on=("events", "identities", "catalogue"),
    owner="recommendations",
    fresh_s=_HOUR,
)
SESSION_SPEC = FeatureSpec(
    SESSION_BOOST,
    "This visit",
    Entity.USER,
    "1.0.0",
    "How much the product is like what this visit has looked at.",
    stored=False,
    computation="Likeness to the recency-weighted mean of the visit's products, and same category "
    "or brand; added beside the weights, with a weight of its own.",
    depends_on=("sessions", "embeddings", "catalogue"),
    owner="search",
)
