"""What ranking would have weighed at a moment gone by."""

from datetime import datetime

import numpy as np
from django.conf import settings

from apps.catalog.domain.columns import columns_recoded
from apps.catalog.selectors import category_tree_fresh, columns_load
from apps.features.contracts import FEATURE_NAMES, Entity, Float32, ServingSnapshot
from apps.features.contracts_store import ComputeContext
from apps.features.domain.registry import feature_answering, features_stored
from apps.features.domain.serving import snapshot_with
from apps.features.selectors_offline import computed_by_row
from apps.features.selectors_state import store_state


def snapshot_past(as_of: datetime) -> ServingSnapshot:
    """The catalogue of now with the weighed features of then; published nowhere.

    Args:
        as_of: aware; nothing that happened later is seen.
    """
    columns, tree = columns_load(), category_tree_fresh()
    context = ComputeContext(as_of, columns_recoded(columns, tree), tree)
    features: dict[str, Float32] = {}
    for name in dict.fromkeys(each.spec.name for each in features_stored(Entity.PRODUCT)):
        feature = feature_answering(name, store_state().records)
        if name in FEATURE_NAMES and feature.compute is not None:
            values = computed_by_row(context, feature.compute(context))
            features[name] = np.nan_to_num(values, nan=0.0)
    return snapshot_with(
        columns=context.columns,
        tree=tree,
        features=features,
        as_of=as_of.timestamp(),
        freshness_half_life_days=settings.FRESHNESS_HALF_LIFE_DAYS,
    )
