"""What stands in Redis, and under which names.

`features:product:{id}`: all stored features of a product, packed (`domain.packing`).
`features:user:{id}`: msgpack, `name@version` to (run, {category path: value}).
`feature:{product}:{name}` of `selectors_kept` is older, one value a key, and stands beside them:
the plural keeps a product that is called `product` from being read as something else.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import msgspec
import redis
import structlog

from apps.common.contracts import RedisCommand
from apps.common.observability.metrics import degraded_total
from apps.common.redis import redis_patient, redis_try
from apps.common.redis_exchange import redis_exchange
from apps.features.contracts import USER_ENTITIES, Entity, Float32
from apps.features.domain.packing import Layout, values_pack
from apps.features.domain.registry import features_stored

UserEntry = dict[str, tuple[int, dict[str, float]]]
_PRODUCT, _USER = "features:product:", "features:user:"
_PIECE = 1000
_decode = msgspec.msgpack.Decoder(UserEntry).decode
_encode = msgspec.msgpack.encode
logger = structlog.get_logger(__name__)


def layout_now() -> Layout:
    """The layout of every stored product feature that is registered."""
    return Layout.of([each.spec.key for each in features_stored(Entity.PRODUCT)])


def ttl_of(*entities: Entity) -> int:
    """Seconds that a packed value stays: as long as the most impatient feature in it."""
    return min(each.spec.ttl_s for each in features_stored(*entities))


def values_command(entity: Entity, ids: Sequence[str]) -> RedisCommand:
    """One command for all of them."""
    prefix = _PRODUCT if entity is Entity.PRODUCT else _USER
    return RedisCommand(("MGET", *[prefix + one for one in ids]))


def values_ask(entity: Entity, ids: Sequence[str]) -> Sequence[bytes | None] | None:
    """What Redis holds of each; None when it does not answer. One round trip."""
    command = values_command(entity, ids)

    def call(client: redis.Redis) -> Sequence[bytes | None]:
        found: Sequence[bytes | None] = redis_exchange(client, [command])[0]
        return found

    return redis_try("features", call, None)[0]


def user_entry(kept: bytes | None) -> UserEntry:
    """What Redis held of a user; nothing where it cannot be read."""
    if kept is None:
        return {}
    try:
        return _decode(kept)
    except msgspec.DecodeError:
        return {}


def products_write(layout: Layout, ids: Sequence[str], values: Float32) -> None:
    """Write products back after a read; a Redis that is gone is counted, and nothing else."""
    packed = values_pack(layout, values)
    _write({_PRODUCT + one: each for one, each in zip(ids, packed, strict=True)},
           ttl_of(Entity.PRODUCT))  # fmt: skip


def users_write(entries: Mapping[str, UserEntry]) -> None:
    """The same for users."""
    packed = {_USER + one: _encode(entry) for one, entry in entries.items()}
    _write(packed, ttl_of(*USER_ENTITIES))


def _write(values: Mapping[str, bytes], seconds: int) -> None:
    commands = [RedisCommand(("SET", key, value, "EX", seconds)) for key, value in values.items()]
    # Whoever sends nothing would wait for an answer until Redis counts as gone.
    if commands:
        redis_try("features", lambda client: redis_exchange(client, commands), None)


def products_publish(layout: Layout, ids: Sequence[str], values: Float32) -> int:
    """Write every product after a refresh, a thousand at a time; how many were written."""
    client, seconds = redis_patient(), ttl_of(Entity.PRODUCT)
    try:
        for at in range(0, len(ids), _PIECE):
            packed = values_pack(layout, values[at : at + _PIECE])
            pipeline = client.pipeline(transaction=False)
            for one, each in zip(ids[at : at + _PIECE], packed, strict=True):
                pipeline.set(_PRODUCT + one, each, ex=seconds)
            pipeline.execute()
    except redis.RedisError as error:
        # Reads fall back to the matrix, and write back what they find there.
        degraded_total.labels(component="redis", reason="features_publish").inc()
        logger.warning("features_not_online", reason=str(error))
        return at
    finally:
        client.close()
    return len(ids)


def users_streamed() -> Iterator[dict[str, UserEntry]]:
    """Every user that Redis holds, some at a time, for work that may wait.

    Raises:
        redis.RedisError: it does not answer.
    """
    client = redis_patient()
    try:
        keys = client.scan_iter(match=f"{_USER}*", count=_PIECE)
        while piece := list(islice(keys, _PIECE)):
            kept: list[bytes | None] = client.execute_command("MGET", *piece)  # type: ignore[no-untyped-call]  # redis-py leaves it bare
            named = zip(piece, kept, strict=True)
            yield {key.decode()[len(_USER) :]: user_entry(one) for key, one in named}
    finally:
        client.close()


def users_forget(ids: Sequence[str]) -> None:
    """Whoever reads them next takes them from the offline store.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    client = redis_patient()
    try:
        client.delete(*[_USER + one for one in ids])
    finally:
        client.close()


def products_streamed(ids: Sequence[str]) -> Iterator[Sequence[bytes | None]]:
    """What Redis holds of each, a thousand at a time, for work that may wait.

    Raises:
        redis.RedisError: it does not answer.
    """
    client = redis_patient()
    try:
        for at in range(0, len(ids), _PIECE):
            command = values_command(Entity.PRODUCT, ids[at : at + _PIECE])
            yield client.execute_command(*command.parts)  # type: ignore[no-untyped-call]  # redis-py leaves it bare
    finally:
        client.close()
