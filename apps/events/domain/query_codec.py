"""A logged search and its exposures as bytes for the buffer: msgpack, never pickle."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from apps.events.contracts import Event, QueryLogEntry
from apps.events.domain.exposures import exposure_make

NOTHING_TOLD: Mapping[str, object] = {}


class BufferEntryUnreadable(ValueError):
    """The bytes are no buffer entry: poison."""


class Exposed(msgspec.Struct, frozen=True, array_like=True):
    """An exposure by the search that it stands beside, which says who and when.

    It becomes an event when the entry is stored, not while a shopper waits.

    Attributes:
        experiment: its key.
        variant: key of the variant that the rule drew.
        phase: number of the phase in force.
        category: path of the category to count it under; None for none.
    """

    experiment: str
    variant: str
    phase: int | None
    category: str | None = None


class Companion(msgspec.Struct, frozen=True, array_like=True):
    """A row of another app's table, which comes with the search; see `contracts_companions`.

    Attributes:
        name: of the table's registration.
        id: UUIDv7, the row's key.
        packed: what its owner made of it.
    """

    name: str
    id: UUID
    packed: bytes


class BufferEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one stream entry carries: a search, exposures, rows of other apps, or all of them.

    Attributes:
        query: the search.
        exposures: of that search, or whole events.
        dimensions: what every exposure of the search tells beside its category.
        companions: rows of other apps.
    """

    query: QueryLogEntry | None = None
    exposures: tuple[Exposed | Event, ...] = ()
    dimensions: Mapping[str, object] = NOTHING_TOLD
    companions: tuple[Companion, ...] = ()

    def events(self) -> tuple[Event, ...]:
        """The exposures as they are stored.

        Raises:
            BufferEntryUnreadable: an exposure of a search, and no search.
        """
        return tuple(
            each if isinstance(each, Event) else self._event(each) for each in self.exposures
        )

    def _event(self, exposed: Exposed) -> Event:
        query = self.query
        if query is None:
            raise BufferEntryUnreadable(f"an exposure of {exposed.experiment} without its search")
        told = {name: each for name, each in self.dimensions.items() if name != "category"}
        return exposure_make(
            experiment=exposed.experiment,
            variant=exposed.variant,
            phase=exposed.phase,
            occurred_at=query.occurred_at,
            user_id=query.user_id,
            client_id=query.client_id,
            session_id=query.session_id,
            query_id=str(query.query_id),
            attributes=told
            if exposed.category is None
            else {**told, "category": exposed.category},
        )


def entry_encode(entry: BufferEntry) -> bytes:
    """The entry as msgpack."""
    return msgspec.msgpack.encode(entry)


def entry_decode(payload: bytes) -> BufferEntry:
    """The entry of `payload`.

    Raises:
        BufferEntryUnreadable: not msgpack, or not of this shape.
    """
    try:
        entry = _DECODER.decode(payload)
        if entry.query is None:
            entry.events()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise BufferEntryUnreadable(str(error)) from error
    return entry


_DECODER = msgspec.msgpack.Decoder(BufferEntry)
