"""Writes of the ground floor: the version counters."""

from django.db import connection, transaction

from apps.common.contracts import RedisCommand
from apps.common.snapshots import HINT_CHANNEL, snapshots_mark_stale
from apps.common.stamps import commands_try, stamp_commands

_BUMP = """
    INSERT INTO common_versioncounter AS v (name, number, updated_at)
    VALUES (%s, 1, now())
    ON CONFLICT (name) DO UPDATE SET number = v.number + 1, updated_at = now()
    RETURNING number
"""


def version_bump(name: str) -> int:
    """Say that what `name` stands for has changed; every worker sees it within a second.

    Called inside the transaction that makes the change. The row is the truth, the message
    over Redis after commit only a hint that saves the wait for the next poll.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BUMP, [name])
        row = cursor.fetchone()
    if row is None:
        raise AssertionError("INSERT … RETURNING answers a row")
    snapshots_mark_stale(name)
    transaction.on_commit(lambda: _announce(name))
    return int(row[0])


def _announce(name: str) -> None:
    snapshots_mark_stale(name)
    commands_try("version_hint", *stamp_commands(RedisCommand(("PUBLISH", HINT_CHANNEL, name))))
