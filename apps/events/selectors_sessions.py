"""Reads of sessions from Redis, and of stored events as sessions keep them."""

from collections.abc import Iterable
from uuid import UUID

from apps.common.contracts import RedisCommand
from apps.common.redis import redis_try
from apps.common.redis_exchange import redis_exchange
from apps.events.contracts_sessions import MOST_ENTRIES, SessionState
from apps.events.domain.admission import StoredRow
from apps.events.domain.session_owner import entries_owned
from apps.events.domain.sessions import entries_read, session_key
from apps.events.models import Event

_ROW_FIELDS = StoredRow.__struct_fields__


def session_command(session_id: str) -> RedisCommand:
    """What reads a session, for whichever round trip is made anyway."""
    return RedisCommand(("LRANGE", session_key(session_id), 0, MOST_ENTRIES - 1))


def session_decode(
    answer: object, session_id: str, user_id: str | None, client_id: str | None
) -> SessionState | None:
    """The session as far as it belongs to whoever asks.

    None: nothing is known of it, nothing of it is theirs, or Redis did not answer.
    """
    whole = session_whole(answer, session_id)
    if whole is None:
        return None
    entries = entries_owned(whole.entries, user_id=user_id, client_id=client_id)
    return SessionState(session_id, entries) if entries else None


def session_whole(answer: object, session_id: str) -> SessionState | None:
    """The session with what everybody did in it: for the shop's own eyes, never for a shopper."""
    if not isinstance(answer, list):
        return None
    entries = entries_read(answer)
    return SessionState(session_id, entries) if entries else None


def session_now(
    session_id: str, user_id: str | None = None, client_id: str | None = None
) -> tuple[SessionState | None, bool]:
    """The same with a round trip of its own, and whether Redis answered."""
    answer, answered = session_answer(session_id)
    return session_decode(answer, session_id, user_id, client_id), answered


def session_answer(session_id: str) -> tuple[object, bool]:
    """What Redis holds of a session, unread, and whether it answered."""
    command = session_command(session_id)
    return redis_try("session_read", lambda client: redis_exchange(client, [command])[0], None)


def stored_rows(ids: Iterable[UUID]) -> list[StoredRow]:
    """Events of these ids as they are stored."""
    found = Event.objects.filter(pk__in=list(ids)).values(*_ROW_FIELDS)
    return [StoredRow(**fields) for fields in found]
