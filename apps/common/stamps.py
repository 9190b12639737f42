"""One mark in Redis that moves with every change that its writer knows of.

Who finds the mark where it was when PostgreSQL was last asked, and that not long ago, need not
ask again. So the mark may be lost, set back or never moved: that costs a question, or for as
long as one poll of the versions an answer of before. Nothing is ever decided by it alone; see
`apps.search.selectors.vouched`.
"""

import secrets

import redis
from django.db import transaction

from apps.common.contracts import RedisCommand
from apps.common.redis import redis_try
from apps.common.redis_exchange import redis_exchange

STAMP_KEY = "endcap:stamp"


def stamp_move() -> None:
    """The mark moves once this transaction is committed, and before its writer goes on.

    A transaction that says so many times in a row moves it once.
    """
    connection = transaction.get_connection()
    waiting = connection.run_on_commit
    if connection.in_atomic_block and waiting:
        savepoints, last, *_ = waiting[-1]
        if last is _move and savepoints == set(connection.savepoint_ids):
            return
    transaction.on_commit(_move)


def stamp_new() -> str:
    """A mark that was never there before: one set back to an older value is another one."""
    return secrets.token_hex(12)


def stamp_commands(*beside: RedisCommand) -> tuple[RedisCommand, ...]:
    """What moves the mark, and other commands for the same round trip."""
    return (RedisCommand(("SET", STAMP_KEY, stamp_new())), *beside)


def commands_try(purpose: str, *commands: RedisCommand) -> None:
    """Send them, if Redis is there: whoever misses them finds out by the next poll."""

    def call(client: redis.Redis) -> None:
        redis_exchange(client, commands)

    redis_try(purpose, call, None)


def _move() -> None:
    commands_try("stamp", *stamp_commands())
