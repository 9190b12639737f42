"""Sessions follow the events: written after their commit, in one round trip, or not at all.

Nobody's answer depends on it. Redis gone: counted and logged; the events are durable.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import prometheus_client
import redis
import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.common.contracts import RedisCommand
from apps.common.errors import Unavailable
from apps.common.redis import RedisGone, redis_call, redis_try
from apps.common.redis_exchange import RedisScript, redis_exchange, redis_post
from apps.common.redis_wire import Settle
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
    push_keys,
    session_key,
)
from apps.events.selectors_sessions import stored_rows

logger = structlog.get_logger(__name__)
session_tracking_requests_total = prometheus_client.Counter(
    "session_tracking_requests_total",
    "Batches of events and searches that were to enter their sessions (written, lost: no Redis, "
    "or it refused), and sessions that were asked for (found, unknown, deleted).",
    ["outcome"],
)
real_time_updates_total = prometheus_client.Counter(
    "real_time_updates_total",
    "Events and searches that were written to their session, by kind.",
    ["kind"],
)
_PUSH = RedisScript(PUSH_SCRIPT)
# A shopper's page sends one visit, and its next request must find what it sent: Redis's answer
# is awaited. Batches of many visits come from collectors: sent is enough, and whoever asks next
# over the same connection comes behind it.
_MOST_AWAITED = 8
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
            _write(told, again=replayed)
    except Exception:  # the events are durable: whatever happens here must not cost the answer
        _lost.inc()
        logger.exception("sessions_raised")


def _write(told: _Told, *, again: bool) -> None:
    sessions = _by_session(told) if settings.SESSION_TTL_S else {}
    entries = [entry for _, entry in told]
    commands = [command for listener in session_listeners() for command in listener(entries)]
    if sessions:
        commands.append(_push(sessions, again=again))
    settle = partial(_settled, list(sessions.values()))
    if not commands:
        return
    visits = {(session_id, entry.user_id, entry.client_id) for session_id, entry in told}
    if len(visits) > _MOST_AWAITED:
        _, sent = redis_try("session", partial(_post, commands, settle), None)
        if not sent:
            settle(None)
        return
    nothing: list[Any] = []
    answers, _ = redis_try("session", partial(redis_exchange, commands=commands), nothing)
    settle(answers)


def _post(commands: Sequence[RedisCommand], settle: Settle, client: redis.Redis) -> None:
    """In full, as nobody sends again what Redis has forgotten."""
    redis_post(client, [RedisCommand(each.in_full or each.parts) for each in commands], settle)


def _settled(sessions: Sequence[Sequence[SessionEntry]], answers: list[Any] | None) -> None:
    """What Redis said to listeners' commands and then to the sessions; nothing: it is gone."""
    if sessions:
        _counted(answers[-1] if answers else None, sessions)
    for answer in answers or ():
        if isinstance(answer, Exception):
            logger.error("session_refused", reason=str(answer))


def _by_session(told: _Told) -> dict[str, list[SessionEntry]]:
    """What is new enough, oldest first."""
    found: dict[str, list[SessionEntry]] = defaultdict(list)
    for session_id, entry in told:
        if session_id is not None and entry.type in KEPT_TYPES:
            found[session_id].append(entry)
    oldest = timezone.now() - timedelta(seconds=settings.SESSION_TTL_S)
    fresh = {name: entries_since(entries, oldest) for name, entries in found.items()}
    return {name: entries[-MOST_ENTRIES:] for name, entries in fresh.items() if entries}


def _push(sessions: Mapping[str, Sequence[SessionEntry]], *, again: bool) -> RedisCommand:
    arguments = push_arguments(
        sessions.values(), lives_s=settings.SESSION_TTL_S, most=MOST_ENTRIES, again=again
    )
    return _PUSH.call(push_keys(list(sessions)), arguments)


def _counted(taken: object, sessions: Sequence[Sequence[SessionEntry]]) -> None:
    """What Redis said of each session; those that a deletion refused are its oldest."""
    if not isinstance(taken, list):
        _lost_told(taken)
        return
    _written.inc()
    kinds = Counter(
        entry.type
        for entries, count in zip(sessions, taken, strict=True)
        for entry in entries[len(entries) - count :]
    )
    for kind, count in kinds.items():
        _updates[kind].inc(count)


def _lost_told(answer: object) -> None:
    _lost.inc()
    logger.warning("session_lost", reason=str(answer))


def search_commands(logged: QueryLogEntry | None) -> tuple[RedisCommand, ...]:
    """What writes an answered search to its session, for the round trip of its log.

    Looking through a category without a query says nothing that its clicks do not say better.
    In full: the log is posted without looking at the answers, and a script that Redis has
    forgotten would be lost.
    """
    if logged is None or not (logged.session_id and logged.normalised and settings.SESSION_TTL_S):
        return ()
    command = _push({logged.session_id: [entry_of_search(logged)]}, again=False)
    return (RedisCommand(command.in_full),)


def search_counted(answers: Sequence[object]) -> None:
    """What Redis said to `search_commands`; None for each when it did not answer."""
    for answer in answers:
        if isinstance(answer, list):
            _written.inc()
            _updates[EventType.SEARCH].inc(answer[0])
        else:
            _lost_told(answer)


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
