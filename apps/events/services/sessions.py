"""Sessions follow the events: written after their commit, in one round trip, or not at all.

Nobody's answer depends on it. Redis gone: counted and logged; the events are durable.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import prometheus_client
import redis
import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.common.contracts import RedisCommand
from apps.common.errors import Unavailable
from apps.common.redis import RedisGone, redis_call, redis_try
from apps.common.redis_exchange import RedisScript, redis_exchange
from apps.events.contracts import EventType, QueryLogEntry
from apps.events.contracts_sessions import MOST_ENTRIES, SessionEntry, session_listeners
from apps.events.domain.admission import StoredRow
from apps.events.domain.sessions import (
    KEPT_TYPES,
    PUSH_SCRIPT,
    deletion_key,
    entries_since,
    entry_of_row,
    entry_of_search,
    push_arguments,
    session_key,
)
from apps.events.selectors_sessions import stored_rows

logger = structlog.get_logger(__name__)
session_tracking_requests_total = prometheus_client.Counter(
    "endcap_session_tracking_requests_total",
    "Updates and readings of sessions by outcome: written, lost (no Redis, or it refused), "
    "found, unknown, deleted.",
    ["outcome"],
)
real_time_updates_total = prometheus_client.Counter(
    "endcap_real_time_updates_total",
    "Events and searches that were written to their session, by kind.",
    ["kind"],
)
_PUSH = RedisScript(PUSH_SCRIPT)
# Longer than any event can be late that a session would still take.
_DELETION_MARGIN_S = 60
_written, _lost = (session_tracking_requests_total.labels(name) for name in ("written", "lost"))
_updates = {kind: real_time_updates_total.labels(kind) for kind in KEPT_TYPES}
_Told = list[tuple[str | None, SessionEntry]]


def sessions_follow(rows: Sequence[StoredRow], *, stored: int) -> None:
    """Write the events of one request to their sessions, once their transaction is committed.

    Args:
        rows: that were to be inserted.
        stored: how many of them were new.
    """
    if rows:
        transaction.on_commit(partial(_follow, rows, replayed=stored < len(rows)))


def _follow(rows: Sequence[StoredRow], *, replayed: bool) -> None:
    try:
        # Of a replay the stored event counts, not what was sent; its session may have missed it.
        known = stored_rows({row.id for row in rows}) if replayed else rows
        told = [(row.session_id, each) for row in known if (each := entry_of_row(row)) is not None]
        if told:
            _write(told)
    except Exception:  # the events are durable: whatever happens here must not cost the answer
        _lost.inc()
        logger.exception("sessions_raised")


def _write(told: _Told) -> None:
    pushed = _by_session(told) if settings.SESSION_TTL_S else {}
    commands = [_push(session_id, entries) for session_id, entries in pushed.items()]
    entries = [entry for _, entry in told]
    beside = [command for listener in session_listeners() for command in listener(entries)]
    if not commands and not beside:
        return

    def call(client: redis.Redis) -> list[object]:
        return redis_exchange(client, [*commands, *beside])

    nothing: list[object] = []
    answers, answered = redis_try("session", call, nothing)
    if not answered:
        _lost.inc()
        return
    for kept, entries in zip(answers, pushed.values(), strict=False):
        _counted(kept, [entry.type for entry in entries])
    for refused in answers[len(commands) :]:
        if isinstance(refused, Exception):
            logger.error("session_listener_refused", reason=str(refused))


def _by_session(told: _Told) -> dict[str, list[SessionEntry]]:
    """What is new enough, oldest first."""
    found: dict[str, list[SessionEntry]] = defaultdict(list)
    for session_id, entry in told:
        if session_id is not None:
            found[session_id].append(entry)
    oldest = timezone.now() - timedelta(seconds=settings.SESSION_TTL_S)
    fresh = {name: entries_since(entries, oldest) for name, entries in found.items()}
    return {name: entries[-MOST_ENTRIES:] for name, entries in fresh.items() if entries}


def _push(session_id: str, entries: Sequence[SessionEntry]) -> RedisCommand:
    keys = (session_key(session_id), deletion_key(session_id))
    lives_s = settings.SESSION_TTL_S
    return _PUSH.call(keys, push_arguments(entries, lives_s=lives_s, most=MOST_ENTRIES))


def _counted(kept: object, kinds: Sequence[str]) -> None:
    """What Redis said of one session; those that its deletion refused are the oldest."""
    if not isinstance(kept, int):
        _lost.inc()
        logger.warning("session_lost", reason=str(kept))
        return
    _written.inc()
    for kind, count in Counter(kinds[len(kinds) - kept :]).items():
        _updates[kind].inc(count)


def search_commands(logged: QueryLogEntry | None) -> tuple[RedisCommand, ...]:
    """What writes an answered search to its session, for the round trip of its log.

    In full: the log is posted without looking at the answers, and a script that Redis has
    forgotten would be lost.
    """
    if logged is None or not logged.session_id or not settings.SESSION_TTL_S:
        return ()
    return (RedisCommand(_push(logged.session_id, [entry_of_search(logged)]).in_full),)


def search_counted(answers: Sequence[object]) -> None:
    """What Redis said to `search_commands`; None for each when it did not answer."""
    for kept in answers:
        _counted(kept, [EventType.SEARCH])


def session_forget(session_id: str) -> bool:
    """Forget a session for good: what is older and comes late does not bring it back.

    Returns whether there was one. The events themselves stay where they are stored.

    Raises:
        Unavailable: Redis did not answer; nothing is promised.
    """
    mark, lasts_s = deletion_key(session_id), settings.SESSION_TTL_S + _DELETION_MARGIN_S
    # The mark first: what is written between the two is newer, or refused.
    commands = (
        RedisCommand(("SET", mark, time.time(), "EX", lasts_s)),
        RedisCommand(("DEL", session_key(session_id))),
    )
    try:
        _, deleted = redis_call(partial(redis_exchange, commands=commands))
    except RedisGone as error:
        raise Unavailable("Sessions cannot be reached now; try again.") from error
    return bool(deleted)
