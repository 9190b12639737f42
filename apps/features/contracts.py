"""The features that a hit can be scored by, and what the serving path reads them from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
import numpy as np
import numpy.typing as npt

from apps.catalog.contracts import CategoryTree, ProductColumns, ProductDocument
from apps.common.domain.string_table import TextBlob

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]

SEARCH_SCORE = "search_score"
CF_SCORE = "cf_score"
POPULARITY_SCORE = "popularity_score"
FRESHNESS_SCORE = "freshness_score"
# No parts of weight sets: added beside them, with weights of their own, where they count.
SESSION_BOOST = "session_boost"
REVISIT_SCORE = "revisit_score"
BESIDE_WEIGHTS = (SESSION_BOOST, REVISIT_SCORE)


class Entity(StrEnum):
    """What a feature describes."""

    PRODUCT = "product"
    USER = "user"
    USER_CATEGORY = "user_category"
    USER_BRAND = "user_brand"
    SESSION = "session"
    QUERY = "query"


# What is told of a user, or of a user and something else.
USER_ENTITIES = (Entity.USER, Entity.USER_CATEGORY, Entity.USER_BRAND)


class ValueKind(StrEnum):
    """What its numbers mean."""

    SHARE = "share"
    BAND = "band"


class FeatureStatus(StrEnum):
    """Whether it is to be used. A deprecated one is still computed, and names its successor."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One registered feature, as code defines it.

    Attributes:
        name: its key in weights, breakdowns, the store and the serving matrix.
        title: what people read.
        entity: what it describes; of a query or a user that ranking asks about, one number a
            candidate.
        version: semantic; the major one is raised when its numbers mean something else.
        description: what it tells, in one sentence.
        stored: whether the store holds it; else it is worked out at each request.
        function: what works it out in a request, dotted; empty: it is read from the store alone.
        kind: `share` is a number in [0, 1], `band` a whole one from 1 to 5.
        computation: how it is worked out, in words.
        depends_on: names of other features and of sources (`SOURCES`) that it is made from.
        owner: who answers for it, unless admin says otherwise.
        fresh_s: how old its values may become, in seconds; 0 where nothing is stored.
        ttl_s: how long a value may stay in Redis, in seconds.
        past: whether it can be computed for a day gone by. What needs the catalogue as it was
            cannot: the catalogue keeps no history.
        status: `active` or `deprecated`, unless admin says otherwise.
        successor: `name@version` of what to use instead of a deprecated one.
    """

    name: str
    title: str
    entity: Entity
    version: str
    description: str
    stored: bool
    function: str = ""
    kind: ValueKind = ValueKind.SHARE
    computation: str = ""
    depends_on: tuple[str, ...] = ()
    owner: str = "ranking"
    fresh_s: int = 0
    ttl_s: int = 3600
    past: bool = True
    status: FeatureStatus = FeatureStatus.ACTIVE
    successor: str = ""

    @property
    def key(self) -> str:
        """`name@version`: one feature has several while it migrates."""
        return f"{self.name}@{self.version}"


# What features are made from, and whose it is.
SOURCES: Mapping[str, str] = {
    "events": "Shoppers' events (apps.events)",
    "query_log": "Logged searches with what was shown (apps.events)",
    "catalogue": "Products and categories (apps.catalog)",
    "identities": "Who an anonymous client became (apps.events)",
    "query": "The shopper's query",
    "sessions": "What this visit looked at (apps.events)",
    "embeddings": "Vectors of products (apps.embeddings)",
    "recommender": "The collaborative model (apps.recommendations)",
}
FEATURES: tuple[FeatureSpec, ...] = (
    FeatureSpec(
        SEARCH_SCORE,
        "Text match",
        Entity.QUERY,
        "1.0.0",
        "How well the product answers the query: the fused keyword and semantic score.",
        stored=False,
        function="apps.search.domain.fusion.candidates_fuse",
        computation="Keyword and semantic ranks of a candidate, fused (SEARCH_FUSION), over the "
        "best candidate's.",
        depends_on=("query", "catalogue"),
        owner="search",
    ),
    FeatureSpec(
        CF_SCORE,
        "Collaborative",
        Entity.USER,
        "1.0.0",
        "How much the shopper's own history points to the product.",
        stored=False,
        function="apps.recommendations.selectors.affinity.user_product_affinity",
        computation="Product of the shopper's and the candidate's factors, blended with "
        "popularity while the history is short.",
        depends_on=("recommender", "events", "identities", POPULARITY_SCORE),
        owner="recommendations",
    ),
    FeatureSpec(
        POPULARITY_SCORE,
        "Popularity",
        Entity.PRODUCT,
        "1.0.0",
        "Decayed purchases (3), carts (2), views and clicks (1) of 90 days, as log1p(x) over "
        "log1p of the largest.",
        stored=True,
        computation="x = Σ weight · 2^(-age / POPULARITY_HALF_LIFE_DAYS) over the events of "
        "POPULARITY_WINDOW_DAYS; log1p(x) / log1p(largest x).",
        depends_on=("events",),
        fresh_s=300,
    ),
    FeatureSpec(
        FRESHNESS_SCORE,
        "Freshness",
        Entity.PRODUCT,
        "1.0.0",
        "1 on the day of release, halved with every half-life since; 0 when the day is unknown.",
        stored=True,
        computation="2^(-days since released_at / FRESHNESS_HALF_LIFE_DAYS).",
        depends_on=("catalogue",),
        fresh_s=300,
    ),
)
FEATURE_NAMES: tuple[str, ...] = tuple(spec.name for spec in FEATURES)
FEATURE_TITLES: dict[str, str] = {
    **{spec.name: spec.title for spec in FEATURES},
    SESSION_BOOST: "This visit",
    REVISIT_SCORE: "Seen before",
}
_decoder = msgspec.msgpack.Decoder(ProductDocument)


@dataclass(frozen=True, slots=True, eq=False)
class DisplayDocuments:
    """What to show of each product while PostgreSQL is down; as old as the artifact.

    Attributes:
        blobs: row → msgpack of a ProductDocument; an empty one stands for "none".
        places: int32[n], row of the snapshot → row of `blobs`, -1 for none; None while the
            rows are the same (rows past the end of `blobs` have none).
    """

    blobs: TextBlob
    places: Int32 | None = None

    def get(self, row: int) -> ProductDocument | None:
        """The document of a snapshot's row; None for a product newer than the artifact."""
        place = row if self.places is None else int(self.places[row])
        if not 0 <= place < len(self.blobs):
            return None
        packed = self.blobs.raw(place)
        return _decoder.decode(packed) if packed else None


@dataclass(frozen=True, slots=True, eq=False)
class ServingSnapshot:
    """Everything a request reads from memory, immutable and consistent with itself.

    Attributes:
        number: the artifact it stems from; 0 when built from PostgreSQL because there is none.
        columns: the catalogue, n rows, active and inactive.
        tree: the tree whose codes `columns.category` holds; use it, and no newer one.
        features: stored feature → float32[n] in [0, 1]. A feature that is absent has no
            source yet: its weight is shared out.
        popularity_order: int32[n], rows by descending popularity, ties by product key; rows of
            inactive products are among them.
        documents: for answers without PostgreSQL.
        as_of: unix seconds at which the features' windows end.
        freshness_half_life_days: of `freshness_score`.
        unweighed: other product features of the store, and those of which there are several
            versions, by `name@version`: float32[n], nan where there is no value. Ranking weighs
            none of them; one moves to `features` when it gets a weight.
    """

    number: int
    columns: ProductColumns
    tree: CategoryTree
    features: Mapping[str, Float32]
    popularity_order: Int32
    documents: DisplayDocuments
    as_of: float
    freshness_half_life_days: float
    unweighed: Mapping[str, Float32] = field(default_factory=dict)
