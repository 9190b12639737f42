"""The features that a hit can be scored by, and what the serving path reads them from."""

from dataclasses import dataclass

SEARCH_SCORE = "search_score"
CF_SCORE = "cf_score"
POPULARITY_SCORE = "popularity_score"
FRESHNESS_SCORE = "freshness_score"


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One registered feature: a number in [0, 1] per candidate.

    Attributes:
        name: its key in weights, breakdowns and the serving matrix.
        title: what people read.
        entity: what it describes: `product`, or `query_product` when it needs the query.
        version: raised when its definition changes.
        description: how it is computed, in one sentence.
        stored: whether the serving matrix holds a column of it.
    """

    name: str
    title: str
    entity: str
    version: int
    description: str
    stored: bool


FEATURES: tuple[FeatureSpec, ...] = (
    FeatureSpec(
        SEARCH_SCORE,
        "Text match",
        "query_product",
        1,
        "How well the product answers the query: the fused keyword and semantic score.",
        stored=False,
    ),
    FeatureSpec(
        CF_SCORE,
        "Collaborative",
        "user_product",
        1,
        "How much the shopper's own history points to the product.",
        stored=False,
    ),
    FeatureSpec(
        POPULARITY_SCORE,
        "Popularity",
        "product",
        1,
        "Decayed purchases (3), carts (2), views and clicks (1) of 90 days, as log1p(x) over "
        "log1p of the largest.",
        stored=True,
    ),
    FeatureSpec(
        FRESHNESS_SCORE,
        "Freshness",
        "product",
        1,
        "2 to the power of minus the product's age over the half-life; unknown release: 0.",
        stored=True,
    ),
)
FEATURE_NAMES: tuple[str, ...] = tuple(spec.name for spec in FEATURES)
FEATURE_TITLES: dict[str, str] = {spec.name: spec.title for spec in FEATURES}
