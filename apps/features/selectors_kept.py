"""Features and popular products as they are read one by one; this process's arrays come first.

Redis keeps them for the processes that hold no arrays, and for what takes a pass over all of
them. Each value says which version it is of: an older one counts as none. Redis gone, they are
computed.
"""

from collections.abc import Mapping
from hashlib import blake2b

import msgspec
import numpy as np
import redis
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.catalog.contracts import BoolArray, CategoryTree, IntArray
from apps.catalog.selectors_state import catalogue_state, product_state
from apps.common.contracts import RedisCommand
from apps.common.redis import redis_try
from apps.common.redis_exchange import redis_exchange
from apps.features.contracts import FEATURES, ServingSnapshot
from apps.features.selectors import SERVING_MATRIX, serving_is_loaded, serving_snapshot
from apps.model_registry.selectors import active_version

POPULAR_S = 300
FEATURE_S = 3600
_STORED = tuple(spec.name for spec in FEATURES if spec.stored)
_MOST_LISTS = 500
_popular_decode = msgspec.msgpack.Decoder(tuple[str, list[int]]).decode
_feature_decode = msgspec.msgpack.Decoder(tuple[str, float]).decode


class _Lists:
    """The lists of the last snapshot that was asked for any."""

    def __init__(self) -> None:
        self.of: ServingSnapshot | None = None
        self.found: dict[tuple[str, int], IntArray] = {}


_lists = _Lists()


def popular_in_category(path: str, k: int) -> IntArray:
    """int32[at most k]: keys of the most popular active products of a category and below it.

    Best first, ties by key. An empty path is the whole catalogue; an unknown one has none.
    In memory once asked; else five minutes in Redis as `popular:{path}:{k}`; else computed.
    """
    snapshot = serving_snapshot()
    if _lists.of is not snapshot or len(_lists.found) >= _MOST_LISTS:
        _lists.of, _lists.found = snapshot, {}
    found = _lists.found.get((path, k))
    if found is None:
        found = _lists.found[path, k] = _popular_shared(snapshot, path, k)
    return found


def _popular_shared(snapshot: ServingSnapshot, path: str, k: int) -> IntArray:
    version = _version(snapshot)
    if not version:
        return _popular(snapshot, path, k)
    key = f"popular:{path}:{k}"
    kept = _read([key])[0]
    if kept is not None:
        try:
            known, pks = _popular_decode(kept)
        except msgspec.DecodeError:
            known, pks = "", []
        if known == version:
            return np.array(pks, dtype=np.int32)
    found = _popular(snapshot, path, k)
    _write({key: msgspec.msgpack.encode((version, found.tolist()))}, POPULAR_S)
    return found


def _popular(snapshot: ServingSnapshot, path: str, k: int) -> IntArray:
    columns, order = snapshot.columns, snapshot.popularity_order
    allowed = columns.active[order]
    if path:
        wanted = _below(snapshot.tree, path)
        if wanted is None:
            return np.zeros(0, dtype=np.int32)
        allowed &= wanted[columns.category[order]]
    return columns.pks[order[np.flatnonzero(allowed)[:k]]]


def _below(tree: CategoryTree, path: str) -> BoolArray | None:
    """bool[categories + 1] by code; the last place answers for -1, "no category".

    None: there is no such category.
    """
    if tree.by_path(path) is None:
        return None
    inside = [node.path == path or node.path.startswith(f"{path}/") for node in tree.categories]
    return np.array([*inside, False])


def _version(snapshot: ServingSnapshot) -> str:
    """A name for all that popular lists depend on; empty where the catalogue's cannot be told."""
    try:
        state = catalogue_state(snapshot.columns)
    except DatabaseFailure:
        connection.close()
        return ""
    tree = msgspec.msgpack.encode([(node.id, node.path) for node in snapshot.tree.categories])
    return f"{snapshot.number}:{blake2b(tree, digest_size=8).hexdigest()}:{state}" if state else ""


def product_features(product_id: str) -> Mapping[str, float] | None:
    """Stored feature → its value in [0, 1]; None for a product that is not there.

    From the arrays where this process holds them. A process that does not, such as a batch
    worker's, finds an hour's values in Redis as `feature:{product}:{name}`, and maps the arrays
    only when there are none of this version.
    """
    if serving_is_loaded():
        return _features(serving_snapshot(), product_id)
    version = _feature_version(product_id)
    if version is None:
        return None
    keys = [f"feature:{product_id}:{name}" for name in _STORED]
    found = {
        name: value
        for name, kept in zip(_STORED, _read(keys), strict=True)
        if (value := _feature_read(kept, version)) is not None
    }
    if len(found) == len(_STORED):
        return found
    computed = _features(serving_snapshot(), product_id)
    values = {
        f"feature:{product_id}:{name}": msgspec.msgpack.encode((version, value))
        for name, value in (computed or {}).items()
    }
    _write(values, FEATURE_S)
    return computed


def _features(snapshot: ServingSnapshot, product_id: str) -> Mapping[str, float] | None:
    (row,) = snapshot.columns.product_ids.rows_of([product_id])
    if row < 0 or snapshot.columns.row_of_pk[snapshot.columns.pks[row]] != row:
        return None
    return {name: float(column[row]) for name, column in snapshot.features.items()}


def _feature_version(product_id: str) -> str | None:
    state = product_state(product_id)
    if state is None:
        return None
    active = active_version(SERVING_MATRIX)
    return f"{active.number if active else 0}:{state}"


def _feature_read(kept: bytes | None, version: str) -> float | None:
    if kept is None:
        return None
    try:
        known, value = _feature_decode(kept)
    except msgspec.DecodeError:
        return None
    return value if known == version else None


def _read(keys: list[str]) -> list[bytes | None]:
    def call(client: redis.Redis) -> list[bytes | None]:
        answers = redis_exchange(client, [RedisCommand(("GET", key)) for key in keys])
        return [answer if isinstance(answer, bytes) else None for answer in answers]

    nothing: list[bytes | None] = [None for _ in keys]
    return redis_try("kept_values", call, nothing)[0]


def _write(values: Mapping[str, bytes], seconds: int) -> None:
    commands = [RedisCommand(("SET", key, value, "EX", seconds)) for key, value in values.items()]
    if commands:
        redis_try("kept_values", lambda client: redis_exchange(client, commands), None)
