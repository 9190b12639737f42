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
# Listeners hear of those too that change what a shopper likes, and are no part of a visit.
_TOLD_TYPES: Mapping[str, EventType] = {**KEPT_TYPES, EventType.REFUND.value: EventType.REFUND}
# Where our own shape, UBI's and GA4's events keep what was searched for.
_QUERY_NAMES = ("query", "user_query", "search_term")
_LONGEST_QUERY = 200
_LONGEST_NAME = 64

# Several sessions at once: each call of a script costs Redis ten times what is done in it.
# None of their events that are older than a deletion; the last ones; for an hour longer.
# KEYS: the sessions, then the marks of their deletion. ARGV: seconds they live, how many entries,
# 1 where an entry may be there already, then for each session: how many, and their times and
# entries in turn. Answers how many of each were taken.
PUSH_SCRIPT = """
local sessions, place, taken = #KEYS / 2, 4, {}
local marks = redis.call('MGET', unpack(KEYS, sessions + 1))
for which = 1, sessions do
  local deleted, fresh = tonumber(marks[which] or '-1'), {}
  local last = place + ARGV[place] * 2
  for at = place + 1, last, 2 do
    if tonumber(ARGV[at]) > deleted then
      if ARGV[3] == '1' then
        redis.call('LREM', KEYS[which], 1, ARGV[at + 1])
      end
      fresh[#fresh + 1] = ARGV[at + 1]
    end
  end
  place, taken[which] = last + 1, #fresh
  if #fresh > 0 then
    if redis.call('LPUSH', KEYS[which], unpack(fresh)) > tonumber(ARGV[2]) then
      redis.call('LTRIM', KEYS[which], 0, ARGV[2] - 1)
    end
    redis.call('EXPIRE', KEYS[which], ARGV[1])
  end
end
return taken
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
    """What listeners are told of a stored event; None: nothing. Sessions keep `KEPT_TYPES`."""
    kind = _TOLD_TYPES.get(row.type)
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


def push_keys(session_ids: Sequence[str]) -> list[str]:
    """KEYS of `PUSH_SCRIPT`."""
    return [*map(session_key, session_ids), *map(deletion_key, session_ids)]


def push_arguments(
    sessions: Iterable[Sequence[SessionEntry]], *, lives_s: int, most: int, again: bool
) -> list[str | bytes | int]:
    """ARGV of `PUSH_SCRIPT`.

    Args:
        sessions: the entries of each, oldest first.
        lives_s: seconds that a session lives after its last event.
        most: entries that it keeps.
        again: whether it may have some of them already.
    """
    arguments: list[str | bytes | int] = [lives_s, most, int(again)]
    for entries in sessions:
        arguments.append(len(entries))
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
