"""What the route is asked, what a shelf is asked of the core, and what is answered.

Positions are 1-based everywhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apps.catalog.contracts import FilterSet, ProductDocument
from apps.features.contracts import ServingSnapshot
from apps.merchandising.contracts_acting import RuleBook
from apps.merchandising.contracts_rules import RuleSwitches
from apps.ranking.contracts import HitRecord
from apps.ranking_weights.contracts import ResolvedWeights
from apps.recommendations.contracts import (
    Affinity,
    Float32,
    Int32,
    Personalisation,
    Placement,
    PlacementName,
    Shopper,
    Strategy,
    StrategyName,
)

MOST_ITEMS = 100
MOST_PRODUCTS = 50


class Fallback(StrEnum):
    """What filled a shelf that its strategies left short, in the order in which they are asked.

    `category_popular`: what is popular in the category that the shelf is about. `popular`: what
    is popular anywhere. `without_constraints`, `without_filters`: nothing at all was left, so
    the placement's constraints were let go of, else the caller's filters, else both. `nothing`:
    there is no product that may be shown.
    """

    CATEGORY_POPULAR = "category_popular"
    POPULAR = "popular"
    WITHOUT_CONSTRAINTS = "without_constraints"
    WITHOUT_FILTERS = "without_filters"
    NOTHING = "nothing"


class ReasonCode(StrEnum):
    """Why a product is on the shelf: the strategy that found it, or what else put it there.

    `assortment`: it fills the shelf, and nobody has chosen it yet.
    """

    FOR_YOU = "for_you"
    SESSION = "session"
    SIMILAR = "similar"
    BOUGHT_TOGETHER = "bought_together"
    RECENTLY_VIEWED = "recently_viewed"
    TRENDING = "trending"
    POPULAR = "popular"
    POPULAR_IN_CATEGORY = "popular_in_category"
    NEW_ARRIVALS = "new_arrivals"
    PINNED = "pinned"
    ASSORTMENT = "assortment"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one product is on the shelf; it says no more than the evidence does.

    Attributes:
        code: for storefronts.
        words: for shoppers.
        product_ids: the products that speak for it.
        evidence: the number behind it (lift, growth); None: there is none.
    """

    code: ReasonCode
    words: str
    product_ids: tuple[str, ...] = ()
    evidence: float | None = None


@dataclass(frozen=True, slots=True)
class RecommendationRequest:
    """One call of the route, parsed and checked.

    Attributes:
        placement: which shelf.
        user_id, client_id, session_id: who asks; all optional.
        product_ids: the product looked at, or those in the cart.
        category: path of the category that the shelf is about; empty: none.
        k: how many; None: as many as the placement says.
        filters: AND between fields, OR inside a field; categories with their descendants.
        filters_asked: the same as the caller wrote them, field to values.
        attributes: what the caller says about the request (`attributes[device]=mobile`).
        explain: whether each item carries its record.
        qa, sticky: tokens of experiments, as for a search.
        stored: first assignments as the edge read them, by key; None: Redis did not answer.
        degraded: what was missing before the shelf was made.
        principal: prefix of the API key, or a person's name.
        logged: whether the query log gets an entry; previews and evaluations do without.
        experimented: whether running experiments take part.
        query_id: of an answer to be given once more; None for a new one.
    """

    placement: PlacementName
    user_id: str | None = None
    client_id: str | None = None
    session_id: str | None = None
    product_ids: tuple[str, ...] = ()
    category: str = ""
    k: int | None = None
    filters: FilterSet = field(default_factory=FilterSet)
    filters_asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    explain: bool = False
    qa: str = ""
    sticky: str = ""
    stored: Mapping[str, Mapping[str, str]] | None = field(default_factory=dict)
    degraded: tuple[str, ...] = ()
    principal: str = ""
    logged: bool = True
    experimented: bool = True
    query_id: UUID | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ShelfAsk:
    """What the core is asked.

    Attributes:
        shopper: who asks, with all that is known of them.
        product_ids: the product looked at, or those in the cart.
        category: path of the category that the shelf is about; empty: none is named.
        k: how many.
        filters: AND between fields, OR inside a field.
        attributes: of the request, as far as rules may ask.
    """

    shopper: Shopper = field(default_factory=Shopper)
    product_ids: tuple[str, ...] = ()
    category: str = ""
    k: int = 12
    filters: FilterSet = field(default_factory=FilterSet)
    attributes: Mapping[str, str] = field(default_factory=dict)


AffinityOf = Callable[[Shopper, ServingSnapshot, float], Affinity | None]
"""Shopper, snapshot, unix seconds → the whole catalogue's affinity; None: nothing points."""
RowAffinityOf = Callable[[Shopper, ServingSnapshot, Int32, float], Float32 | None]
"""Shopper, snapshot, int32[m] rows, unix seconds → the same numbers for these rows alone."""
BoostsOf = Callable[[Shopper, ServingSnapshot, Int32], Float32 | None]
"""Shopper, snapshot, int32[m] rows → float32[m] in [0, 1]; None: this visit saw nothing yet."""
VectorsOf = Callable[[ServingSnapshot, Int32], Float32 | None]
"""Snapshot, int32[m] rows → float32[m, d] of length 1 (zeros: unknown); None: no vectors."""
WeighBy = Callable[[str | None, frozenset[str]], ResolvedWeights]
"""Path of a category, features with a source → the one set of the request."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Everything that a shelf is made from; it changes nothing and knows no clock.

    Attributes:
        snapshot: whose rows are meant.
        placement: the shelf, with what an experiment changes of it.
        strategies: by name; one that is absent finds nothing.
        weigh: the ranking weights in force; a placement's own come before them.
        as_of: aware; the moment of the answer.
        affinity: of a shopper, by the model in force.
        row_affinity: the same for candidates alone, where no strategy needs the whole catalogue;
            None: `affinity` is asked for them too.
        boosts: of a visit.
        revisits: of what the shopper looked at before and has not bought.
        vectors: of products, for variety on the shelf.
        book: merchandising rules; None: there are none.
        switches: which of them act.
        variants: experiment → variant, as far as rules ask.
        personalisation: what may follow the shopper.
    """

    snapshot: ServingSnapshot
    placement: Placement
    strategies: Mapping[StrategyName, Strategy]
    weigh: WeighBy
    as_of: datetime
    affinity: AffinityOf | None = None
    row_affinity: RowAffinityOf | None = None
    boosts: BoostsOf | None = None
    revisits: RowAffinityOf | None = None
    vectors: VectorsOf | None = None
    book: RuleBook | None = None
    switches: RuleSwitches = field(default_factory=RuleSwitches)
    variants: Mapping[str, str] = field(default_factory=dict)
    personalisation: Personalisation = field(default_factory=Personalisation)


@dataclass(frozen=True, slots=True)
class RecommendedItem:
    """One product of the shelf.

    Attributes:
        position: 1-based.
        score: what it was ordered by.
        document: what is shown.
        reason: why it is here.
        record: its numbers; None unless asked for.
    """

    position: int
    score: float
    document: ProductDocument
    reason: Reason
    record: HitRecord | None = None


@dataclass(frozen=True, slots=True)
class RecommendationAnswer:
    """One answered call.

    Attributes:
        query_id: UUIDv7; events of this answer carry it.
        placement: as published.
        items: best first; empty only when no product may be shown.
        strategies: those that found what is shown, each once.
        fallback: what filled the shelf.
        weights: the one set of this request.
        applied_rules: keys of merchandising rules that acted.
        experiments: assignments that acted.
        personalised: whether anything of the shopper's own counted.
        took_ms: milliseconds inside.
        degraded: what was missing: `redis`, `history`, `catalog`, `weights`, `experiments`,
            `placements` (as shipped, the published one cannot be read), `recommender`,
            `product_relations`, `product_index` (published, and none can be read),
            `strategy:<name>` of one that raised.
        versions: name to number of what was in force.
        sticky: the token of first assignments to send back next time; empty for none.
    """

    query_id: UUID
    placement: Placement
    items: tuple[RecommendedItem, ...]
    strategies: tuple[StrategyName, ...]
    fallback: tuple[Fallback, ...]
    weights: ResolvedWeights
    applied_rules: tuple[str, ...]
    experiments: tuple[Mapping[str, object], ...]
    personalised: bool
    took_ms: float
    degraded: tuple[str, ...]
    versions: Mapping[str, int]
    sticky: str = ""
