"""The features that a hit can be scored by, and what the serving path reads them from."""

from collections.abc import Mapping
from dataclasses import dataclass

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
        "1 on the day of release, halved with every half-life since; 0 when the day is unknown.",
        stored=True,
    ),
)
FEATURE_NAMES: tuple[str, ...] = tuple(spec.name for spec in FEATURES)
FEATURE_TITLES: dict[str, str] = {spec.name: spec.title for spec in FEATURES}
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
    """

    number: int
    columns: ProductColumns
    tree: CategoryTree
    features: Mapping[str, Float32]
    popularity_order: Int32
    documents: DisplayDocuments
    as_of: float
    freshness_half_life_days: float
