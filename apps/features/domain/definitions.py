"""What the store's further features are; their computations stand in `selectors_compute`."""

from apps.features.contracts import REVISIT_SCORE, SESSION_BOOST, Entity, FeatureSpec, ValueKind

CTR = "ctr"
CONVERSION_RATE = "conversion_rate"
RETURN_RATE = "return_rate"
PRICE_BAND = "price_band"
STOCK_PRESSURE = "stock_pressure"
USER_CATEGORY_AFFINITY = "user_category_affinity"
USER_BRAND_AFFINITY = "user_brand_affinity"
SESSION_CATEGORY_AFFINITY = "session_category_affinity"
SESSION_BRAND_AFFINITY = "session_brand_affinity"
CTR_DAYS = 28
CONVERSION_DAYS = 90
RETURN_DAYS = 180
AFFINITY_MOST = 20
_HOUR, _DAY = 3600, 86_400
_AFFINITIES = "apps.features.domain.affinities"

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
_AFFINITY_HOW = (
    "A product counts once a day (UTC), by the strongest that was done with it (purchase 3, cart "
    "2, view and click 1), and not at all once it was wholly given back. Σ weight · 2^(-age / "
    "POPULARITY_HALF_LIFE_DAYS) over the days of POPULARITY_WINDOW_DAYS, by the {part}, over the "
    "shopper's sum; anonymous events by the identity rule; the {most} largest shares are kept. "
    "In a request the same of the shopper's live history."
)
AFFINITY_SPEC = FeatureSpec(
    USER_CATEGORY_AFFINITY,
    "Category affinity",
    Entity.USER_CATEGORY,
    "2.0.0",
    "Which share of a shopper's interactions a category has, the recent ones counting most.",
    stored=True,
    function=f"{_AFFINITIES}.user_affinity",
    computation=_AFFINITY_HOW.format(part="category of the product", most=AFFINITY_MOST),
    depends_on=("events", "identities", "catalogue"),
    owner="recommendations",
    fresh_s=_HOUR,
)
BRAND_AFFINITY_SPEC = FeatureSpec(
    USER_BRAND_AFFINITY,
    "Brand affinity",
    Entity.USER_BRAND,
    "1.0.0",
    "Which share of a shopper's interactions a brand has, the recent ones counting most.",
    stored=True,
    function=f"{_AFFINITIES}.user_affinity",
    computation=_AFFINITY_HOW.format(part="brand of the product", most=AFFINITY_MOST),
    depends_on=("events", "identities", "catalogue"),
    owner="recommendations",
    fresh_s=_HOUR,
)
_SESSION_HOW = (
    "Of the visit's last 20 products, newest first, each the strongest that was done with it, "
    "times 0.85 for each that came after it; summed by the {part}, over the sum of all."
)
SESSION_CATEGORY_SPEC = FeatureSpec(
    SESSION_CATEGORY_AFFINITY,
    "This visit's categories",
    Entity.SESSION,
    "1.0.0",
    "Which share of a visit went to products of a category.",
    stored=False,
    function=f"{_AFFINITIES}.session_affinity",
    computation=_SESSION_HOW.format(part="category"),
    depends_on=("sessions", "catalogue"),
    owner="recommendations",
)
SESSION_BRAND_SPEC = FeatureSpec(
    SESSION_BRAND_AFFINITY,
    "This visit's brands",
    Entity.SESSION,
    "1.0.0",
    "Which share of a visit went to products of a brand.",
    stored=False,
    function=f"{_AFFINITIES}.session_affinity",
    computation=_SESSION_HOW.format(part="brand"),
    depends_on=("sessions", "catalogue"),
    owner="recommendations",
)
SESSION_SPEC = FeatureSpec(
    SESSION_BOOST,
    "This visit",
    Entity.USER,
    "1.0.0",
    "How much the product is like what this visit has looked at.",
    stored=False,
    function="apps.recommendations.selectors.session_signals.session_boosts",
    computation="Likeness to the recency-weighted mean of the visit's products, and same category "
    "or brand; added beside the weights, with a weight of its own.",
    depends_on=(
        "sessions", "embeddings", "recommender", SESSION_CATEGORY_AFFINITY,
        SESSION_BRAND_AFFINITY,
    ),
    owner="search",
)  # fmt: skip
REVISIT_SPEC = FeatureSpec(
    REVISIT_SCORE,
    "Seen before",
    Entity.USER,
    "1.0.0",
    "How much the shopper looked at the product lately without buying it.",
    stored=False,
    function="apps.recommendations.selectors.revisits.revisit_scores",
    computation="min(1, said / 2) times 2^(-days since the newest interaction / 14), where said "
    "adds up the strongest interaction of each day (view and click 1, cart 2); 0 once it was "
    "bought. Added beside the weights, with a weight of its own.",
    depends_on=("events", "sessions"),
    owner="search",
)
