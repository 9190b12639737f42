"""Features that are worked out in a request, by the very function that the registry names."""

from collections.abc import Mapping

import numpy as np

from apps.events.contracts_sessions import SessionShares, Shares
from apps.features.contracts import Float32, Int32, ServingSnapshot
from apps.features.contracts_store import Deeds, FeatureUnsuited, ValueSource
from apps.features.domain.definitions import SESSION_BRAND_AFFINITY, SESSION_CATEGORY_AFFINITY
from apps.features.domain.registry import feature_answering
from apps.features.metrics import feature_requests_total, feature_values_total
from apps.features.selectors import serving_snapshot
from apps.features.selectors_state import records_told


def feature_demanded(name: str, deeds: Deeds) -> Float32:
    """float32[size + 1]: a feature of whoever asks, by the version that answers. No SQL, no Redis.

    Args:
        name: of the feature.
        deeds: what they did.

    Raises:
        FeatureUnknown: there is no such feature.
        FeatureUnsuited: it is not made from deeds.
    """
    feature = feature_answering(name, records_told())
    if feature.on_demand is None:
        raise FeatureUnsuited(name, f"'{name}' is not worked out from what somebody did.")
    values, spec = feature.on_demand(deeds), feature.spec
    feature_requests_total.labels(spec.entity.value).inc()
    found = feature_values_total.labels(spec.key, ValueSource.ON_DEMAND.value)
    found.inc(int(np.count_nonzero(values)))
    return values


def session_affinities(
    snapshot: ServingSnapshot, rows: Int32, weights: Float32
) -> tuple[Float32, Float32]:
    """Of a visit: float32[categories + 1] and float32[brands + 1], by code.

    Args:
        snapshot: whose rows and codes are meant.
        rows: int32[v], the products that the visit had to do with.
        weights: float32[v], how much each says.
    """
    columns = snapshot.columns
    categories = Deeds(columns.category[rows], weights, len(snapshot.tree))
    brands = Deeds(columns.brand[rows], weights, len(columns.brands))
    return (
        feature_demanded(SESSION_CATEGORY_AFFINITY, categories),
        feature_demanded(SESSION_BRAND_AFFINITY, brands),
    )


def session_shares(weights: Mapping[str, float]) -> SessionShares:
    """The same by name, for the API of sessions: what it tells is what ranking reads.

    Args:
        weights: product → how much it says of the visit; what the catalogue lacks is left out.
    """
    snapshot = serving_snapshot()
    rows = snapshot.columns.product_ids.rows_of(list(weights))
    there = rows >= 0
    told = np.array([*weights.values()], dtype=np.float32)[there]
    categories, brands = session_affinities(snapshot, rows[there], told)
    paths = [node.path for node in snapshot.tree.categories]
    return SessionShares(_named(paths, categories), _named(snapshot.columns.brands, brands))


def _named(names: tuple[str, ...] | list[str], shares: Float32) -> Shares:
    """Largest first, equal ones by name."""
    found = [(names[code], float(shares[code])) for code in np.flatnonzero(shares).tolist()]
    return tuple(sorted(found, key=lambda pair: (-pair[1], pair[0])))
