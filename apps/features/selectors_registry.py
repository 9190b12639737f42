"""The registry as it is told: what code defines, what people say, how old values are."""

from datetime import datetime

import msgspec

from apps.features.contracts_store import Feature, StoreState
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
        entity: product, user, user_category, user_brand, session or query.
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
        function: what works it out in a request; empty: it is read from the store alone.
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
    function: str
    past: bool
    fresh_s: int
    ttl_s: int
    latest: FeatureLatest | None


class FeatureList(msgspec.Struct, frozen=True):
    """Versions of features, by name, then version."""

    features: list[FeatureDocument]


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
        stored=spec.stored, function=spec.function, past=spec.past, fresh_s=spec.fresh_s,
        ttl_s=spec.ttl_s,
        latest=None if run is None else FeatureLatest(
            run.as_of, run.computed_at, run.rows, max(0.0, (now - run.as_of).total_seconds())
        ),
    )  # fmt: skip


def used_by(name: str) -> tuple[str, ...]:
    """Names of the features that are made from one."""
    users = {each.spec.name for each in features_registered() if name in each.spec.depends_on}
    return tuple(sorted(users))
