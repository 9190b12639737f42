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
    answers = _exchanged(client, [each.parts for each in commands], meanwhile)
    forgotten = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
    if forgotten:
        again = _exchanged(client, [commands[at].in_full for at in forgotten])
        for at, answer in zip(forgotten, again, strict=True):
            answers[at] = answer
    return answers


def _exchanged(
    client: redis.Redis,
    commands: Sequence[tuple[RedisPart, ...]],
    meanwhile: Callable[[], object] | None = None,
) -> list[Any]:
    connection = client.connection_pool.get_connection()
    try:
        connection.send_packed_command(
            connection.pack_commands(commands),  # type: ignore[no-untyped-call]  # redis-py leaves it bare
            check_health=False,
        )
        if meanwhile is not None:
            meanwhile()
        return [_answer(connection) for _ in commands]
    except BaseException:
        # Answers that nobody has read must not be read by the next one.
        connection.disconnect()  # type: ignore[no-untyped-call]  # the same
        raise
    finally:
        client.connection_pool.release(connection)


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except redis.ResponseError as error:
        return error
