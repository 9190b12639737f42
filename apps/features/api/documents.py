"""Features as JSON."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from apps.features.api.asked import Asked
from apps.features.contracts_store import ProductFeatures, StoreState, UserFeatures


class FeaturesOfProduct(msgspec.Struct, frozen=True):
    """Features of one product; null where it has none.

    Attributes:
        id: the product.
        features: by name, or `name@version` where two versions were asked for.
        versions: the same names to versions.
        as_of: the same names to where the latest run's windows ended; null: no run yet.
        degraded: what was missing.
    """

    id: str
    features: dict[str, float | None]
    versions: dict[str, str]
    as_of: dict[str, datetime | None]
    degraded: tuple[str, ...]


class FeaturesOfUser(msgspec.Struct, frozen=True):
    """Features of one user: each a number a category or brand, by its path or name."""

    id: str
    features: dict[str, dict[str, float]]
    versions: dict[str, str]
    as_of: dict[str, datetime | None]
    degraded: tuple[str, ...]


class FeaturesOfMany(msgspec.Struct, frozen=True):
    """Features of many products or users.

    Attributes:
        entity: product or user.
        ids: as they were asked for.
        features: by name, one a product in the order of `ids` (null: none), or by path
            or brand a user.
        versions: the same names to versions.
        as_of: the same names to where the latest run's windows ended; null: no run yet.
        degraded: what was missing.
        unknown: those of `ids` that nothing is known of: null, or nothing, stands for each.
    """

    entity: str
    ids: tuple[str, ...]
    features: dict[str, list[float | dict[str, float] | None]]
    versions: dict[str, str]
    as_of: dict[str, datetime | None]
    degraded: tuple[str, ...]
    unknown: tuple[str, ...]


def product_document(asked: Asked, found: ProductFeatures, state: StoreState) -> FeaturesOfProduct:
    values = found.values[0].tolist()
    features = dict(zip(asked.labels, values, strict=True))
    return FeaturesOfProduct(found.ids[0], features, *_stamps(asked, state), found.degraded)


def user_document(asked: Asked, found: UserFeatures, state: StoreState) -> FeaturesOfUser:
    values = found.values[0]
    features = {
        label: dict(values.get(key, {}))
        for label, key in zip(asked.labels, found.keys, strict=True)
    }
    return FeaturesOfUser(found.ids[0], features, *_stamps(asked, state), found.degraded)


def products_document(asked: Asked, found: ProductFeatures, state: StoreState) -> FeaturesOfMany:
    # Columns: nan becomes null as JSON is written, and no value is looked at in Python.
    features = dict(zip(asked.labels, found.values.T.tolist(), strict=True))
    return _of_many(asked, found, features, state)


def users_document(asked: Asked, found: UserFeatures, state: StoreState) -> FeaturesOfMany:
    features: dict[str, list[float | dict[str, float] | None]] = {
        label: [dict(values.get(key, {})) for values in found.values]
        for label, key in zip(asked.labels, found.keys, strict=True)
    }
    return _of_many(asked, found, features, state)


def _of_many(
    asked: Asked,
    found: ProductFeatures | UserFeatures,
    features: dict[str, list[float | dict[str, float] | None]],
    state: StoreState,
) -> FeaturesOfMany:
    stamps = _stamps(asked, state)
    entity = asked.entity.value
    return FeaturesOfMany(entity, found.ids, features, *stamps, found.degraded, found.unknown)


def _stamps(asked: Asked, state: StoreState) -> tuple[dict[str, str], dict[str, datetime | None]]:
    named = list(zip(asked.labels, (each.spec for each in asked.features), strict=True))
    runs: Mapping[str, datetime] = {key: run.as_of for key, run in state.runs.items()}
    return (
        {label: spec.version for label, spec in named},
        {label: runs.get(spec.key) for label, spec in named},
    )
