"""Several Redis commands in one write, their answers as Redis gave them.

redis-py's pipeline builds an object a command; on the path of an answer from the cache that is
a good part of the whole. Scripts are sent by their hash, and in full to a Redis that has
forgotten them.
"""

from collections.abc import Callable, Sequence
from hashlib import sha1
from typing import Any

import redis
from redis.exceptions import NoScriptError

from apps.common.contracts import RedisCommand, RedisPart
from apps.common.redis_wire import (
    RedisBroken,
    RedisWire,
    Settle,
    packed_commands,
    wire_give,
    wire_take,
    wires_close,
)


class RedisScript:
    """A Lua script, named by its hash."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.sha = sha1(source.encode(), usedforsecurity=False).hexdigest()

    def call(self, keys: Sequence[str], arguments: Sequence[RedisPart] = ()) -> RedisCommand:
        """The command that runs it."""
        rest = (len(keys), *keys, *arguments)
        return RedisCommand(("EVALSHA", self.sha, *rest), ("EVAL", self.source, *rest))


def redis_exchange(
    client: redis.Redis,
    commands: Sequence[RedisCommand],
    meanwhile: Callable[[], object] | None = None,
) -> list[Any]:
    """Each command's answer; one that was refused answers its error.

    One round trip, and a second one after Redis has forgotten a script.

    Args:
        client: whose connections are used.
        commands: sent together.
        meanwhile: work that is done while Redis answers; it needs no Redis.

    Raises:
        redis.ConnectionError, redis.TimeoutError: Redis did not answer.
    """
    if not commands:
        # Nothing was asked: to wait for an answer would be to wait until the timeout.
        if meanwhile is not None:
            meanwhile()
        return []
    answers = _exchanged(client, [each.parts for each in commands], meanwhile)
    forgotten = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
    if forgotten:
        again = _exchanged(client, [commands[at].in_full for at in forgotten])
        for at, answer in zip(forgotten, again, strict=True):
            answers[at] = answer
    return answers


def redis_post(client: redis.Redis, commands: Sequence[RedisCommand], settle: Settle) -> None:
    """Send commands without waiting for their answers.

    Args:
        client: whose connections are used.
        commands: sent together; no scripts, which Redis may have forgotten.
        settle: is given the answers when the connection is used next, when the versions are
            polled, or None when they are lost; it raises nothing.

    Raises:
        redis.ConnectionError, redis.TimeoutError: they could not be sent; nothing is settled.
    """
    packed = packed_commands([each.parts for each in commands])
    wire = wire_take(client)
    try:
        try:
            wire.send(packed)
        except RedisBroken:
            wire = _wire_instead(client, wire)
            wire.send(packed)
    except BaseException:
        wire.close()
        raise
    wire.owed.append((len(commands), settle))
    wire_give(client, wire)


def _exchanged(
    client: redis.Redis,
    commands: Sequence[tuple[RedisPart, ...]],
    meanwhile: Callable[[], object] | None = None,
) -> list[Any]:
    packed, wire = packed_commands(commands), wire_take(client)
    try:
        try:
            wire.send(packed)
            if meanwhile is not None:
                work, meanwhile = meanwhile, None
                work()
            wire.settle()
            first = wire.read()
        except RedisBroken:
            wire = _wire_instead(client, wire)
            wire.send(packed)
            if meanwhile is not None:
                meanwhile()
            first = wire.read()
        answers = [first, *[wire.read() for _ in range(len(commands) - 1)]]
    except BaseException:
        # Answers that nobody has read must not be read by the next one.
        wire.close()
        raise
    wire_give(client, wire)
    return answers


def _wire_instead(client: redis.Redis, broken: RedisWire) -> RedisWire:
    """A connection that broke since its last use is opened anew, once.

    Raises:
        RedisBroken: it had not been used before; or no other one can be opened.
    """
    broken.close()
    if not broken.used:
        raise RedisBroken("Connection closed by server.")
    # Redis went and came back: the other idle ones lead nowhere either.
    wires_close(client)
    return wire_take(client)
