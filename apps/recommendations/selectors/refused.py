"""Artifacts that shelves are made from, and of which no version can be served."""

from apps.embeddings.selectors import product_index
from apps.recommendations.contracts_models import ARTIFACT as RECOMMENDER
from apps.recommendations.contracts_relations import ARTIFACT as PRODUCT_RELATIONS
from apps.recommendations.selectors.product_relations import product_relations_state
from apps.recommendations.selectors.recommender import recommender_holder

_UNPUBLISHED = "missing"


def artifacts_refused() -> tuple[str, ...]:
    """Those that were published and cannot be read: what never was is no failure."""
    held = (
        (RECOMMENDER, recommender_holder.state),
        (PRODUCT_RELATIONS, product_relations_state()),
        (product_index.name, product_index.state),
    )
    return tuple(name for name, each in held if each.value is None and each.reason != _UNPUBLISHED)
