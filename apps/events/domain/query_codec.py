"""A logged search and its exposures as bytes for the buffer: msgpack, never pickle."""

import msgspec

from apps.events.contracts import Event, QueryLogEntry


class BufferEntryUnreadable(ValueError):
    """The bytes are no buffer entry: poison."""


class BufferEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one stream entry carries: a search, exposures, or both."""

    query: QueryLogEntry | None = None
    exposures: tuple[Event, ...] = ()


def entry_encode(entry: BufferEntry) -> bytes:
    """The entry as msgpack."""
    return msgspec.msgpack.encode(entry)


def entry_decode(payload: bytes) -> BufferEntry:
    """The entry of `payload`.

    Raises:
        BufferEntryUnreadable: not msgpack, or not of this shape.
    """
    try:
        return _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BufferEntryUnreadable(str(error)) from error


_DECODER = msgspec.msgpack.Decoder(BufferEntry)
