"""What `GET /api/v1/products/{id}/similar` is asked and answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.catalog.contracts import FilterSet
from apps.recommendations.contracts_answers import RecommendedItem
from apps.recommendations.contracts_relations import SimilarBy, SimilarKind

USUAL_ITEMS = 12


@dataclass(frozen=True, slots=True)
class SimilarRequest:
    """One call, parsed and checked.

    Attributes:
        product_id: whose likes are wanted.
        kind: by what.
        k: how many.
        filters: AND between fields, OR inside a field; categories with their descendants.
        explain: whether each item carries its record.
    """

    product_id: str
    kind: SimilarKind = SimilarKind.BLENDED
    k: int = USUAL_ITEMS
    filters: FilterSet = field(default_factory=FilterSet)
    explain: bool = False


@dataclass(frozen=True, slots=True)
class SimilarAnswer:
    """One answered call.

    Attributes:
        product_id: as asked.
        kind: as asked.
        by: what told it; empty: nothing is known of the product.
        items: best first; only what is similar, and what rules pin.
        applied_rules: keys of merchandising rules that acted.
        took_ms: milliseconds inside.
        degraded: sources that were missing: `recommender`, `product_relations`,
            `product_index`, `catalog`.
        versions: name to number of what was in force.
    """

    product_id: str
    kind: SimilarKind
    by: tuple[SimilarBy, ...]
    items: tuple[RecommendedItem, ...]
    applied_rules: tuple[str, ...]
    took_ms: float
    degraded: tuple[str, ...]
    versions: Mapping[str, int]
