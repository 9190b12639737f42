"""The published weights as Redis remembers them, for a process that starts without PostgreSQL.

This process's snapshot comes first, PostgreSQL second. Redis is asked only when neither is at
hand: then the weights of a moment ago are better than none, and answers say `weights` is
missing. `ranking:weights` names what is live, `ranking:weights:{category}` holds each set of
it; a set of another number than named is older, and left out.
"""

from collections.abc import Mapping

import msgspec
import redis

from apps.common.contracts import RedisCommand
from apps.common.redis import redis_try
from apps.common.redis_exchange import redis_exchange
from apps.ranking_weights.contracts import WeightSet

KEEP_S = 24 * 3600
_NAMES = "ranking:weights"
_names = msgspec.msgpack.Decoder(dict[str, int])
_set = msgspec.msgpack.Decoder(WeightSet)


def weights_remember(live: Mapping[str, WeightSet]) -> None:
    """Leave the live sets for others; Redis gone, nobody has them."""
    numbers = {subject: each.number for subject, each in live.items()}
    values = {_NAMES: msgspec.msgpack.encode(numbers)} | {
        _key(subject): msgspec.msgpack.encode(each) for subject, each in live.items()
    }
    commands = [RedisCommand(("SET", key, value, "EX", KEEP_S)) for key, value in values.items()]
    redis_try("ranking_weights", lambda client: redis_exchange(client, commands), None)


def weights_remembered() -> dict[str, WeightSet]:
    """Subject → what was live when somebody last looked; empty when nobody remembers."""

    def call(client: redis.Redis) -> dict[str, WeightSet]:
        (named,) = redis_exchange(client, [RedisCommand(("GET", _NAMES))])
        numbers = _names.decode(named) if isinstance(named, bytes) else {}
        if not numbers:
            return {}
        (kept,) = redis_exchange(client, [RedisCommand(("MGET", *map(_key, numbers)))])
        found = [_set.decode(each) for each in kept if isinstance(each, bytes)]
        return {each.subject: each for each in found if numbers.get(each.subject) == each.number}

    try:
        return redis_try("ranking_weights", call, dict[str, WeightSet]())[0]
    except msgspec.DecodeError:
        return {}


def _key(subject: str) -> str:
    return f"{_NAMES}:{subject}"
