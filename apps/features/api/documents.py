"""Features as JSON."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from apps.features.api.asked import Asked
from apps.features.contracts_store import Feature, ProductFeatures, StoreState, UserFeatures
from apps.features.domain.registry import feature_answering, features_registered


class FeatureLatest(msgspec.Struct, frozen=True):
    """The latest values of a stored feature.

    Attributes:
        as_of: where their windows ended.
        computed_at: when they were stored.
        values: how many there are.
        stale_s: how old they are now, in seconds.
    """

    as_of: datetime
    computed_at: datetime
    values: int
    stale_s: float


class FeatureDocument(msgspec.Struct, frozen=True):
    """One version of a feature.

    Attributes:
        name: what readers call it.
        version: semantic.
        title: what people read.
        entity: product, user, user_category or query.
        type: share (a number in [0, 1]) or band (a whole one from 1 to 5).
        description: what it tells.
        computation: how it is worked out.
        depends_on: features and sources that it is made from.
        used_by: features that are made from it.
        owner: who answers for it.
        status: active or deprecated.
        successor: what to use instead, `name@version`; empty for an active one.
        notes: what people say of it.
        answers: whether this version answers who names none.
        stored: whether the store holds it; else it is worked out at each request.
        past: whether it can be computed for days gone by.
        fresh_s: how old its values may become, in seconds.
        ttl_s: how long a value stays in Redis, in seconds.
        latest: its latest values; null where nothing is stored yet.
    """

    name: str
    version: str
    title: str
    entity: str
    type: str
    description: str
    computation: str
    depends_on: tuple[str, ...]
    used_by: tuple[str, ...]
    owner: str
    status: str
    successor: str
    notes: str
    answers: bool
    stored: bool
    past: bool
    fresh_s: int
    ttl_s: int
    latest: FeatureLatest | None


class FeatureList(msgspec.Struct, frozen=True):
    """Versions of features, by name, then version."""

    features: list[FeatureDocument]


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
    """Features of one user: each a number a category, by its path."""

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
        features: by name, one a product in the order of `ids` (null: none), or by path a user.
        versions: the same names to versions.
        as_of: the same names to where the latest run's windows ended; null: no run yet.
        degraded: what was missing.
    """

    entity: str
    ids: tuple[str, ...]
    features: dict[str, list[float | dict[str, float] | None]]
    versions: dict[str, str]
    as_of: dict[str, datetime | None]
    degraded: tuple[str, ...]


def registry_document(state: StoreState, now: datetime) -> FeatureList:
    """Every feature."""
    found = [feature_document(each, state, now) for each in features_registered()]
    return FeatureList(found)


def feature_document(feature: Feature, state: StoreState, now: datetime) -> FeatureDocument:
    """One feature, as code and people describe it."""
    spec, record = feature.spec, state.records.get(feature.spec.key)
    run = state.runs.get(spec.key)
    return FeatureDocument(
        spec.name, spec.version, spec.title, spec.entity.value, spec.kind.value, spec.description,
        spec.computation, spec.depends_on, used_by(spec.name),
        spec.owner if record is None else record.owner,
        (spec.status if record is None else record.status).value,
        spec.successor if record is None else record.successor,
        "" if record is None else record.notes,
        answers=feature_answering(spec.name, state.records).spec.key == spec.key,
        stored=spec.stored, past=spec.past, fresh_s=spec.fresh_s, ttl_s=spec.ttl_s,
        latest=None if run is None else FeatureLatest(
            run.as_of, run.computed_at, run.rows, max(0.0, (now - run.as_of).total_seconds())
        ),
    )  # fmt: skip


def used_by(name: str) -> tuple[str, ...]:
    """Names of the features that are made from one."""
    users = {each.spec.name for each in features_registered() if name in each.spec.depends_on}
    return tuple(sorted(users))


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
    return FeaturesOfMany(
        asked.entity.value, found.ids, features, *_stamps(asked, state), found.degraded
    )


def users_document(asked: Asked, found: UserFeatures, state: StoreState) -> FeaturesOfMany:
    features: dict[str, list[float | dict[str, float] | None]] = {
        label: [dict(values.get(key, {})) for values in found.values]
        for label, key in zip(asked.labels, found.keys, strict=True)
    }
    return FeaturesOfMany(
        asked.entity.value, found.ids, features, *_stamps(asked, state), found.degraded
    )


def _stamps(asked: Asked, state: StoreState) -> tuple[dict[str, str], dict[str, datetime | None]]:
    named = list(zip(asked.labels, (each.spec for each in asked.features), strict=True))
    runs: Mapping[str, datetime] = {key: run.as_of for key, run in state.runs.items()}
    return (
        {label: spec.version for label, spec in named},
        {label: runs.get(spec.key) for label, spec in named},
    )
