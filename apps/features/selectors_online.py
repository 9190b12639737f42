"""Reading features: from Redis in one round trip, else from the matrix, else computed."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from django.utils import timezone

from apps.catalog.contracts import BoolArray
from apps.common.observability.metrics import degraded_total
from apps.features.contracts import USER_ENTITIES, Entity, Float32, Int32, ServingSnapshot
from apps.features.contracts_store import (
    ComputeContext,
    EntityUnknown,
    Feature,
    ProductFeatures,
    StoredRun,
    StoreState,
    UserFeatures,
    ValueSource,
)
from apps.features.domain.packing import Layout, values_unpack
from apps.features.domain.registry import feature_answering, feature_of, features_wanted
from apps.features.metrics import (
    feature_fallback_computations_total,
    feature_request_seconds,
    feature_requests_total,
    feature_values_total,
)
from apps.features.online import (
    UserEntry,
    layout_now,
    products_write,
    user_entry,
    users_write,
    values_ask,
)
from apps.features.selectors import serving_snapshot
from apps.features.selectors_affinity import users_seen
from apps.features.selectors_offline import stored_values
from apps.features.selectors_state import store_state

Kept = Sequence[bytes | None] | None
_REDIS = ("redis",)


def products_read(ids: Sequence[str], features: Sequence[Feature]) -> ProductFeatures:
    """Features of products: one round trip to Redis, and no SQL, where it has them all.

    Args:
        ids: product ids.
        features: stored features of products.

    Raises:
        EntityUnknown: there is no such product.
    """
    found = products_found(ids, features, values_ask(Entity.PRODUCT, ids))
    if found.unknown:
        raise EntityUnknown(found.unknown)
    return found


def products_found(ids: Sequence[str], features: Sequence[Feature], kept: Kept) -> ProductFeatures:
    """The same from what Redis has answered already; those that are unknown are told.

    Args:
        ids: product ids.
        features: stored features of products.
        kept: a packed value each; None: Redis did not answer.
    """
    started = time.perf_counter()
    layout = layout_now()
    if kept is None:
        values = np.full((len(ids), len(layout.keys)), np.nan, dtype=np.float32)
        found = np.zeros(len(ids), dtype=np.bool_)
    else:
        values, found = values_unpack(layout, kept)
    places = [layout.keys.index(each.spec.key) for each in features]
    _counted(layout.keys, places, ValueSource.ONLINE, int(found.sum()))
    unknown: tuple[str, ...] = ()
    if not found.all():
        snapshot, missing = serving_snapshot(), np.flatnonzero(~found)
        rows = _rows_of(snapshot, [ids[at] for at in missing.tolist()])
        unknown = tuple(ids[at] for at in missing[rows < 0].tolist())
        missing, rows = missing[rows >= 0], rows[rows >= 0]
        values = values.copy()
        values[missing] = _fallen_back(layout, snapshot, rows, places)
        if kept is not None and len(missing):
            products_write(layout, [ids[at] for at in missing.tolist()], values[missing])
    feature_requests_total.labels(Entity.PRODUCT.value).inc()
    feature_request_seconds.labels(Entity.PRODUCT.value).observe(time.perf_counter() - started)
    keys = tuple(each.spec.key for each in features)
    chosen = values if keys == layout.keys else values[:, places]
    return ProductFeatures(tuple(ids), keys, chosen, _degraded(kept), unknown)


def _degraded(kept: Kept) -> tuple[str, ...]:
    return _REDIS if kept is None else ()


def _fallen_back(
    layout: Layout, snapshot: ServingSnapshot, rows: Int32, places: Sequence[int]
) -> Float32:
    """float32[p, f]: from this process's matrix, and computed where that has nothing."""
    state = store_state()
    values = np.full((len(rows), len(layout.keys)), np.nan, dtype=np.float32)
    if not len(rows):
        return values
    degraded_total.labels(component="features", reason="not_online").inc()
    for place, key in enumerate(layout.keys):
        column = matrix_column(snapshot, key, state)
        if column is not None:
            values[:, place] = column[rows]
        empty = np.isnan(values[:, place])
        computed = _computed(snapshot, state, key) if empty.any() else None
        if computed is not None:
            values[empty, place] = computed[rows[empty]]
        if place in places:
            _told(key, empty, np.isnan(values[:, place]))
    return values


def _rows_of(snapshot: ServingSnapshot, ids: Sequence[str]) -> Int32:
    """int32[p]; -1: the catalogue has none."""
    columns = snapshot.columns
    rows = columns.product_ids.rows_of(ids)
    there = rows >= 0
    known = rows[there]
    there[there] = columns.row_of_pk[columns.pks[known]] == known
    return np.where(there, rows, np.int32(-1))


def matrix_column(snapshot: ServingSnapshot, key: str, state: StoreState) -> Float32 | None:
    """float32[n]: a feature's column of the serving matrix; None: it has none.

    Args:
        snapshot: the matrix.
        key: `name@version`.
        state: says which version stands under a bare name.

    Raises:
        FeatureUnknown: no such feature is registered.
    """
    name, named = feature_of(key).spec.name, snapshot.unweighed.get(key)
    if named is not None or feature_answering(name, state.records).spec.key != key:
        return named
    weighed = snapshot.features.get(name)
    # Matrices of formats before 3 have everything that answers under its bare name.
    return weighed if weighed is not None else snapshot.unweighed.get(name)


def _computed(snapshot: ServingSnapshot, state: StoreState, key: str) -> Float32 | None:
    """float32[n]: what products have that the latest run did not see; None: there is no run."""
    feature, run = feature_of(key), state.runs.get(key)
    if run is None or feature.unseen is None:
        return None
    context = ComputeContext(run.as_of, snapshot.columns, snapshot.tree)
    return feature.unseen(context, run.constants)


def _told(key: str, empty: BoolArray, still: BoolArray) -> None:
    computed = int((empty & ~still).sum())
    feature_values_total.labels(key, ValueSource.MATRIX.value).inc(int((~empty).sum()))
    feature_values_total.labels(key, ValueSource.COMPUTED.value).inc(computed)
    feature_values_total.labels(key, ValueSource.MISSING.value).inc(int(still.sum()))
    feature_fallback_computations_total.labels(key).inc(computed)


def _counted(keys: Sequence[str], places: Sequence[int], source: ValueSource, number: int) -> None:
    if number:
        for place in places:
            feature_values_total.labels(keys[place], source.value).inc(number)


def users_read(ids: Sequence[str], features: Sequence[Feature]) -> UserFeatures:
    """Features of users: one round trip to Redis, and no SQL, where it has them all.

    Args:
        ids: user ids, as the shop names them.
        features: stored features of users, or of users and categories.

    Raises:
        EntityUnknown: nothing was ever seen of such a user.
    """
    found = users_found(ids, features, values_ask(Entity.USER, ids))
    if found.unknown:
        raise EntityUnknown(found.unknown)
    return found


def users_found(ids: Sequence[str], features: Sequence[Feature], kept: Kept) -> UserFeatures:
    """The same from what Redis has answered already (None: it did not); unknown ones are told."""
    started = time.perf_counter()
    state, keys = store_state(), tuple(each.spec.key for each in features)
    entries = [user_entry(one) for one in kept or [None] * len(ids)]
    found = dict(zip(ids, (_current(one, keys, state) for one in entries), strict=True))
    missing = [one for one, values in found.items() if values is None]
    _counted(keys, range(len(keys)), ValueSource.ONLINE, len(ids) - len(missing))
    if missing:
        computed = _users_fallen_back(missing, _all_of_users(features, state), state)
        if kept is not None:
            users_write({one: _entry(values, state) for one, values in computed.items()})
        asked = {one: {key: values[key] for key in keys} for one, values in computed.items()}
        found.update(asked)
    feature_requests_total.labels(Entity.USER.value).inc()
    feature_request_seconds.labels(Entity.USER.value).observe(time.perf_counter() - started)
    values = tuple(found[one] or {} for one in ids)
    unknown = tuple(one for one in ids if found[one] is None)
    return UserFeatures(tuple(ids), keys, values, _degraded(kept), unknown)


def _current(
    entry: UserEntry, keys: Sequence[str], state: StoreState
) -> Mapping[str, Mapping[str, float]] | None:
    """The values, if all of them are of the latest runs."""
    for key in keys:
        if key not in entry or entry[key][0] != _run_id(key, state):
            return None
    return {key: entry[key][1] for key in keys}


def _run_id(key: str, state: StoreState) -> int:
    run = state.runs.get(key)
    return 0 if run is None else run.id


def _entry(values: Mapping[str, Mapping[str, float]], state: StoreState) -> UserEntry:
    return {key: (_run_id(key, state), dict(parts)) for key, parts in values.items()}


def _users_fallen_back(
    ids: Sequence[str], features: Sequence[Feature], state: StoreState
) -> dict[str, Mapping[str, Mapping[str, float]]]:
    """From the offline store, and computed as of now for users it does not know.

    Users of whom nothing was ever seen are not in the answer.
    """
    degraded_total.labels(component="features", reason="not_online").inc()
    runs = [state.runs[each.spec.key] for each in features if each.spec.key in state.runs]
    stored = stored_values(runs, ids) if runs else {}
    since = _known_since(runs, stored)
    found: dict[str, dict[str, Mapping[str, float]]] = {one: {} for one in ids}
    for feature in features:
        key, known = feature.spec.key, stored.get(feature.spec.key, {})
        run = state.runs.get(key)
        new = [one for one in ids if run is None or one not in since or since[one] > run.as_of]
        made = feature.of_users(new, timezone.now()) if new and feature.of_users else {}
        feature_values_total.labels(key, ValueSource.OFFLINE.value).inc(len(known))
        feature_values_total.labels(key, ValueSource.COMPUTED.value).inc(len(made))
        feature_values_total.labels(key, ValueSource.MISSING.value).inc(
            len(ids) - len(known) - len(made)
        )
        feature_fallback_computations_total.labels(key).inc(len(made))
        for one in ids:
            found[one][key] = known.get(one) or made.get(one) or {}
    silent = [one for one, values in found.items() if not any(values.values())]
    # Who looked at nothing of any category or brand, or long ago, is known, and has no values.
    unknown = set(silent) - users_seen(silent) if silent else set()
    return {one: values for one, values in found.items() if one not in unknown}


def _all_of_users(features: Sequence[Feature], state: StoreState) -> tuple[Feature, ...]:
    """These, and what else is stored of users: who has no brand, yet a category, is known."""
    others = features_wanted(USER_ENTITIES, records=state.records)
    return tuple({each.spec.key: each for each in (*features, *others)}.values())


def _known_since(
    runs: Sequence[StoredRun], stored: Mapping[str, Mapping[str, object]]
) -> dict[str, datetime]:
    """User to the end of the earliest run that has them.

    They were there for all that ended no earlier: what such a run says nothing of is empty.
    """
    latest_first = sorted(runs, key=lambda run: run.as_of, reverse=True)
    return {one: run.as_of for run in latest_first for one in stored[run.key]}
