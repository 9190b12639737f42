"""Who asks, and what is known of them: from Redis, in the request's one round trip.

The session comes from its own list; the stored history, with the factors solved from it, as
`selectors.kept_histories` keeps it. This visit's entries are laid over the stored ones: whatever
Redis kept before an event, the very next answer knows of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.common.contracts import RedisCommand
from apps.common.redis import redis_try
from apps.common.redis_exchange import redis_exchange
from apps.events.contracts_history import DayLines
from apps.events.selectors_sessions import session_command, session_decode
from apps.recommendations.contracts import Shopper
from apps.recommendations.domain.affinities import NO_HISTORY
from apps.recommendations.domain.histories import history_of, lines_joined, session_lines
from apps.recommendations.selectors.kept_histories import history_key, kept_history_of

REDIS_GONE = "redis"


def shopper_commands(
    *, user_id: str | None, client_id: str | None, session_id: str | None
) -> tuple[RedisCommand, ...]:
    """What a request reads of its shopper, for whichever round trip it makes anyway."""
    commands = [] if session_id is None else [session_command(session_id)]
    key = history_key(user_id, client_id)
    return (*commands, *([] if key is None else [RedisCommand(("GET", key))]))


def shopper_read(
    answers: Sequence[object],
    *,
    user_id: str | None,
    client_id: str | None,
    session_id: str | None,
    as_of: datetime,
) -> Shopper:
    """The shopper, from the answers to `shopper_commands` of the same three names.

    Args:
        answers: in the order of the commands; empty: Redis did not answer.
        user_id: who is logged in.
        client_id: a browser or device.
        session_id: one visit.
        as_of: aware, now.
    """
    named = any(name is not None for name in (user_id, client_id, session_id))
    gone = named and not answers
    session, moment = None, as_of.timestamp()
    if answers and session_id is not None:
        session = session_decode(answers[0], session_id, user_id, client_id)
    visit = session_lines(session, moment)
    degraded, stored, solved = (REDIS_GONE,) if gone else (), DayLines.empty(), None
    if user_id is not None or client_id is not None:
        kept = kept_history_of(
            user_id, client_id, answer=None if gone else answers[-1], gone=gone, as_of=as_of,
            active=bool(len(visit)),
        )  # fmt: skip
        if kept is None:
            degraded = (*degraded, NO_HISTORY)
        else:
            stored, solved = kept.lines, kept.solved
    lines = lines_joined(stored, visit)
    return Shopper(
        user_id, client_id, session_id, history_of(lines), session, degraded,
        solved if lines is stored else None,
    )  # fmt: skip


def shopper_now(
    *,
    user_id: str | None = None,
    client_id: str | None = None,
    session_id: str | None = None,
    as_of: datetime | None = None,
) -> Shopper:
    """The same with a round trip of its own: for pages, previews and tests."""
    commands = shopper_commands(user_id=user_id, client_id=client_id, session_id=session_id)
    answers: list[Any] = []
    if commands:
        answers, _ = redis_try("shopper", lambda client: redis_exchange(client, commands), answers)
    return shopper_read(
        answers,
        user_id=user_id,
        client_id=client_id,
        session_id=session_id,
        as_of=as_of or timezone.now(),
    )
