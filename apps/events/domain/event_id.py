"""An event's identity: one UUIDv7, from whatever its sender gave.

1. A UUIDv7 of the sender's is kept.
2. Any other id becomes a UUIDv7 from `occurred_at` and the hash of that id.
3. No id: from `occurred_at` and the hash of the canonical form (and, in an import, of the
   source's line number, because retail lines repeat exactly).

The same item gives the same id wherever and whenever it is read, so a replay meets its own
row. Cases 2 and 3 need the item's own `occurred_at`.
"""

import re
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from apps.common.domain.uuid7 import uuid7_at
from apps.events.domain.items import EventItem, canonical_form

_UUID7 = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE
)


class IdentityNeedsTime(ValueError):
    """Without a UUIDv7 the item must carry its own occurred_at."""


def client_uuid7(text: str | None) -> UUID | None:
    """The sender's UUIDv7 in its usual 36 characters, or None when it is something else."""
    if text is None or not _UUID7.fullmatch(text):
        return None
    return UUID(text)


def mapped_id(occurred_at: datetime, given: str) -> UUID:
    """Rule 2: the UUIDv7 that stands for an id of another kind."""
    return uuid7_at(occurred_at, sha256(b"endcap:id\x00" + given.encode()).digest())


def event_identity(item: EventItem, *, line: int | None = None) -> UUID:
    """The primary key of `item`.

    Args:
        item: passed `item_fault`.
        line: 1-based line of the import's source; None for requests.

    Raises:
        IdentityNeedsTime: no UUIDv7 and no occurred_at.
        TimeOutOfRange: occurred_at does not fit a UUIDv7.

    Source: RFC 9562, section 5.7, for the layout.
    """
    if kept := client_uuid7(item.event_id):
        return kept
    if item.occurred_at is None:
        raise IdentityNeedsTime
    if item.event_id is not None:
        return mapped_id(item.occurred_at, item.event_id)
    prefix = b"endcap:form\x00" if line is None else b"endcap:line\x00%d\x00" % line
    return uuid7_at(item.occurred_at, sha256(prefix + canonical_form(item)).digest())
