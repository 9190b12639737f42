"""An event's identity: one UUIDv7, from whatever its sender gave.

1. A UUIDv7 of the sender's is kept.
2. Any other id becomes a UUIDv7 from `occurred_at` and the hash of that id.
3. No id: from `occurred_at` and the hash of the canonical form (and, in an import, of the
   source's line number, because retail lines repeat exactly).

The same item gives the same id wherever and whenever it is read, so a replay meets its own
row. Cases 2 and 3 need the item's own `occurred_at`.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from apps.common.domain.uuid7 import uuid7_at
from apps.events.domain.items import EventItem, canonical_form

_LENGTH = 36  # the usual form; 32 digits alone are somebody's own id
_VERSION_AT, _VARIANT_AT = 14, 19


class IdentityNeedsTime(ValueError):
    """Without a UUIDv7 the item must carry its own occurred_at."""


def client_uuid7(text: str | None) -> UUID | None:
    """The sender's UUIDv7 in its usual 36 characters, or None when it is something else."""
    if text is None or not _looks_like(text):
        return None
    try:
        return msgspec.convert(text, UUID)
    except msgspec.ValidationError:
        return None


def client_uuid7s(texts: Iterable[str | None]) -> list[UUID | None]:
    """`client_uuid7` of every text, in order; all are read in one call of C."""
    likely = [text if text is not None and _looks_like(text) else None for text in texts]
    try:
        return msgspec.convert(likely, list[UUID | None])
    except msgspec.ValidationError:
        return [client_uuid7(text) for text in likely]


def _looks_like(text: str) -> bool:
    # Whether the digits and hyphens are right is for whoever reads it.
    return len(text) == _LENGTH and text[_VERSION_AT] == "7" and text[_VARIANT_AT] in "89abAB"


def mapped_id(occurred_at: datetime, given: str) -> UUID:
    """Rule 2: the UUIDv7 that stands for an id of another kind."""
    return uuid7_at(occurred_at, sha256(b"endcap:id\x00" + given.encode()).digest())


def event_identity(item: EventItem, *, line: int | None = None) -> UUID:
    """The primary key of `item`, by all three rules; parameters and errors as below."""
    return client_uuid7(item.event_id) or derived_identity(item, line=line)


def derived_identity(item: EventItem, *, line: int | None = None) -> UUID:
    """The primary key of an item whose own id is no UUIDv7: rules 2 and 3.

    Args:
        item: passed `item_fault`.
        line: 1-based line of the import's source; None for requests.

    Raises:
        IdentityNeedsTime: no occurred_at.
        TimeOutOfRange: occurred_at does not fit a UUIDv7.

    Source: RFC 9562, section 5.7, for the layout.
    """
    if item.occurred_at is None:
        raise IdentityNeedsTime
    if item.event_id is not None:
        return mapped_id(item.occurred_at, item.event_id)
    prefix = b"endcap:form\x00" if line is None else b"endcap:line\x00%d\x00" % line
    return uuid7_at(item.occurred_at, sha256(prefix + canonical_form(item)).digest())
