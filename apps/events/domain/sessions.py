"""A session in Redis: its keys, what is kept of an event, and how it is read back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from apps.events.contracts import EventType, QueryLogEntry
from apps.events.contracts_sessions import SessionEntry
from apps.events.domain.admission import StoredRow

# What a shopper did. What was only shown, counted or paid back says nothing of a visit's wishes.
KEPT_TYPES: Mapping[str, EventType] = {
    kind.value: kind
    for kind in (
        EventType.VIEW,
        EventType.CLICK,
        EventType.ADD_TO_CART,
        EventType.REMOVE_FROM_CART,
        EventType.PURCHASE,
        EventType.SEARCH,
    )
}
# Where our own shape, UBI's and GA4's events keep what was searched for.
_QUERY_NAMES = ("query", "user_query", "search_term")
_LONGEST_QUERY = 200
_LONGEST_NAME = 64

# Once per event, none that is older than the session's deletion, the last ones, an hour longer.
# KEYS: the session, the mark of its deletion. ARGV: seconds it lives, how many entries, then
# time and entry in turn, oldest first.
PUSH_SCRIPT = """
local gone = tonumber(redis.call('GET', KEYS[2]) or '-1')
local kept = 0
for place = 3, #ARGV, 2 do
  if tonumber(ARGV[place]) > gone then
    redis.call('LREM', KEYS[1], 1, ARGV[place + 1])
    redis.call('LPUSH', KEYS[1], ARGV[place + 1])
    kept = kept + 1
  end
end
if kept > 0 then
  redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
return kept
"""


def session_key(session_id: str) -> str:
    """The list of a session. Names longer than 64 characters are hashed into 65."""
    if len(session_id) <= _LONGEST_NAME:
        return f"session:{session_id}"
    return f"session:~{sha256(session_id.encode()).hexdigest()}"


def deletion_key(session_id: str) -> str:
    """The mark of a session's deletion: unix seconds. No session's own key begins like it."""
    return f"session-deleted:{session_key(session_id)}"


def entry_of_row(row: StoredRow) -> SessionEntry | None:
    """What a session keeps of a stored event; None: nothing."""
    kind = KEPT_TYPES.get(row.type)
    if kind is None:
        return None
    # A clock that is ahead must not stay the newest for hours.
    at = min(row.occurred_at, row.received_at).timestamp()
    if kind is not EventType.SEARCH:
        return SessionEntry(
            kind,
            at,
            row.product_id,
            None,
            row.quantity,
            row.user_id,
            row.client_id,
            row.id.bytes,
        )
    query = _query_told(row.attributes or {})
    identity = _query_identity(row.query_id) or row.id.bytes
    return SessionEntry(
        kind, at, query=query, user_id=row.user_id, client_id=row.client_id, id=identity
    )


def entry_of_search(logged: QueryLogEntry) -> SessionEntry:
    """What a session keeps of an answered search."""
    return SessionEntry(
        EventType.SEARCH,
        logged.occurred_at.timestamp(),
        query=logged.normalised[:_LONGEST_QUERY],
        user_id=logged.user_id,
        client_id=logged.client_id,
        id=logged.query_id.bytes,
    )


def push_arguments(
    entries: Iterable[SessionEntry], *, lives_s: int, most: int
) -> list[str | bytes | int]:
    """ARGV of `PUSH_SCRIPT`."""
    arguments: list[str | bytes | int] = [lives_s, most]
    for entry in entries:
        arguments += (repr(entry.at), msgspec.msgpack.encode(entry))
    return arguments


def entries_read(packed: Sequence[bytes]) -> tuple[SessionEntry, ...]:
    """The entries of a list as Redis holds it, newest first by their own time, each once.

    Of two that have one id, the one that was written first is the stored event. What cannot be
    read (another version wrote it) is left out.
    """
    once = {entry.id: entry for entry in _decoded(packed)}
    return tuple(sorted(once.values(), key=_at, reverse=True))


def entries_since(entries: Iterable[SessionEntry], oldest: datetime) -> list[SessionEntry]:
    """Those that are not older, oldest first."""
    bound = oldest.timestamp()
    return sorted((entry for entry in entries if entry.at >= bound), key=_at)


def _at(entry: SessionEntry) -> float:
    return entry.at


def _decoded(packed: Sequence[bytes]) -> list[SessionEntry]:
    """All in one call of C, as one msgpack array; singly where one of them is broken.

    A list has at most `MOST_ENTRIES`; the array's length takes two bytes.
    """
    whole = b"\xdc" + len(packed).to_bytes(2, "big") + b"".join(packed)
    try:
        return _MANY.decode(whole)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [entry for one in packed if (entry := _one(one)) is not None]


def _one(packed: bytes) -> SessionEntry | None:
    try:
        return _ONE.decode(packed)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _query_told(attributes: Mapping[str, object]) -> str | None:
    """What was searched for; searched for alike where it differs in case and spaces only."""
    for name in _QUERY_NAMES:
        told = attributes.get(name)
        if isinstance(told, str) and (words := told.casefold().split()):
            return " ".join(words)[:_LONGEST_QUERY]
    return None


def _query_identity(query_id: str | None) -> bytes | None:
    """A search that we answered and that the storefront tells of as well is one."""
    try:
        return UUID(query_id or "").bytes
    except ValueError:
        return None


_MANY = msgspec.msgpack.Decoder(list[SessionEntry])
_ONE = msgspec.msgpack.Decoder(SessionEntry)
