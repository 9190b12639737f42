"""An answer as it is kept for whoever asks the same: msgpack, never pickle."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import msgspec

from apps.events.contracts import QueryLogEntry
from apps.events.domain.query_codec import Exposed


class KeptUnreadable(ValueError):
    """The bytes are no kept answer of this release."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What an answer says to one request, and to no other.

    Attributes:
        query: as typed.
        query_id: events of this answer carry it.
        took_ms: milliseconds inside search.
        experiments: that the request is in.
        degraded: what was missing.
        sticky: the token of first assignments; empty for none.
    """

    query: str
    query_id: UUID
    took_ms: float
    experiments: tuple[Mapping[str, object], ...]
    degraded: tuple[str, ...]
    sticky: str = ""


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What an answer says to everybody, and what its log needs.

    Attributes:
        body: the answer without what belongs to one request, as its kind packs it.
        entry: of the query log, likewise.
        detected: path of the detected category.
        matching: how keywords matched.
        exposures: what the request exposed; the acting variants are part of the answer's name,
            so that everybody who gets it was exposed to the same.
        drafted: key of the experiment that interleaves; empty for none.
        teams: product id → variant, of its draft's shown hits.
        marks: what of its understanding is counted.
    """

    body: bytes
    entry: QueryLogEntry
    detected: str | None
    matching: str
    exposures: tuple[Exposed, ...] = ()
    drafted: str = ""
    teams: Mapping[str, str] = {}
    marks: tuple[tuple[str, ...], ...] = ()


_DECODER = msgspec.msgpack.Decoder(Kept)


def kept_encode(kept: Kept) -> bytes:
    """As bytes, without anything of the request that it was made for."""
    return msgspec.msgpack.encode(msgspec.structs.replace(kept, entry=_nobodys(kept.entry)))


def kept_decode(packed: bytes) -> Kept:
    """The kept answer.

    Raises:
        KeptUnreadable: not msgpack, or of another shape.
    """
    try:
        return _DECODER.decode(packed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KeptUnreadable(str(error)) from error


def _nobodys(entry: QueryLogEntry) -> QueryLogEntry:
    return replace(
        entry,
        query="",
        filters={},
        category=None,
        degraded=(),
        user_id=None,
        client_id=None,
        session_id=None,
        experiments=(),
        principal="",
    )
