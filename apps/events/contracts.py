"""What crosses the boundary of events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class EventType(StrEnum):
    """What a shopper did, or what was shown to one."""

    IMPRESSION = "impression"
    VIEW = "view"
    CLICK = "click"
    ADD_TO_CART = "add_to_cart"
    REMOVE_FROM_CART = "remove_from_cart"
    PURCHASE = "purchase"
    REFUND = "refund"
    SEARCH = "search"
    EXPOSURE = "exposure"
    CONVERSION = "conversion"


class Shape(StrEnum):
    """How the items of a request are written."""

    NATIVE = "native"
    UBI = "ubi"
    GA4 = "ga4"


# Popularity and collaborative filtering: how much one event of a type says.
INTERACTION_WEIGHTS: Mapping[EventType, float] = {
    EventType.PURCHASE: 3.0,
    EventType.ADD_TO_CART: 2.0,
    EventType.VIEW: 1.0,
    EventType.CLICK: 1.0,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One stored event.

    Attributes:
        event_id: UUIDv7, the primary key; its time names the partition.
        type: what happened.
        occurred_at: aware UTC, by the client's clock.
        received_at: aware UTC, by the server's clock.
        user_id: a shopper who is logged in, as the shop names them.
        client_id: a browser or device, before and after login.
        session_id: one visit.
        query_id: the search answer that this event came from, as text.
        product_id: external id of the feed.
        position: 1-based rank in the list that was shown.
        quantity: pieces, at least 1.
        value: money of the whole line (pieces times unit price), never negative.
        currency: ISO 4217.
        experiment: key of the experiment (exposures).
        variant: key of the variant (exposures).
        attributes: anything else, JSON.
    """

    event_id: UUID
    type: EventType
    occurred_at: datetime
    received_at: datetime
    user_id: str | None = None
    client_id: str | None = None
    session_id: str | None = None
    query_id: str | None = None
    product_id: str | None = None
    position: int | None = None
    quantity: int | None = None
    value: Decimal | None = None
    currency: str | None = None
    experiment: str | None = None
    variant: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why one item of a request was refused.

    Attributes:
        index: 0-based place of the item in the request.
        field: the field to mend, as the caller wrote it; dotted when nested.
        code: stable, machine readable.
        message: one sentence for a person.
    """

    index: int
    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of the items of one request.

    Attributes:
        stored: rows that are new.
        replayed: items whose row was there already; nothing was changed.
        errors: refused items, by index.
        event_ids: one a request item that was accepted, None where it was refused.
        read_as: how the adapter read the items (shape, where ordinals start).
    """

    stored: int
    replayed: int
    errors: tuple[ItemError, ...] = ()
    event_ids: tuple[UUID | None, ...] = ()
    read_as: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def accepted(self) -> int:
        """Items that are durable now: stored or there already."""
        return self.stored + self.replayed


@dataclass(frozen=True, slots=True)
class QueryLogEntry:
    """One answered search, as it was answered.

    Attributes:
        query_id: UUIDv7 that the answer carried; the primary key.
        occurred_at: aware UTC.
        query: what the shopper typed.
        normalised: what was searched for.
        filters: as asked, field to values.
        sort: relevance, price, ...
        page: 1-based.
        per_page: hits a page.
        results_count: hits over all pages.
        product_ids: the hits of this page, in order.
        category: path of the detected or filtered category.
        latency_ms: milliseconds to answer.
        cache_hit: answered from a cache.
        degraded: parts that were missing.
        user_id: as in Event.
        client_id: as in Event.
        session_id: as in Event.
        experiments: assignments that acted on this answer, JSON objects.
        versions: name to number of what was in force (weights, index, ...).
        principal: prefix of the API key that asked.
        positions: 1-based ranks of product_ids over all pages; empty: counted from the page.
        query_class: navigational, informational or transactional; None: nobody asked.
        corrected: what was searched for in place of a misspelt query; None: as typed.
        synonyms: the shopper's words and what stood for them, pairs.
        applied_rules: names of the merchandising rules that acted.
        fallback: how the query had to be widened to find anything; empty: it had not.
        swap: upper position of two neighbours that were exchanged; product_ids are as shown.
        features: of the shown hits, packed as the upper app that reads them says; None: not kept.
        category_share: how sure the detected category was, in [0, 1]; None: the shopper chose it,
            or there is none.
        record: id of the kept record that explains this answer: of a kept answer the query_id of
            the one that was computed; None: the answer's own query_id.
    """

    query_id: UUID
    occurred_at: datetime
    query: str
    normalised: str
    filters: Mapping[str, object]
    sort: str
    page: int
    per_page: int
    results_count: int
    product_ids: tuple[str, ...]
    category: str | None
    latency_ms: float
    cache_hit: bool
    degraded: tuple[str, ...] = ()
    user_id: str | None = None
    client_id: str | None = None
    session_id: str | None = None
    experiments: Sequence[Mapping[str, object]] = ()
    versions: Mapping[str, object] = field(default_factory=dict)
    principal: str = ""
    positions: tuple[int, ...] = ()
    query_class: str | None = None
    corrected: str | None = None
    synonyms: tuple[tuple[str, str], ...] = ()
    applied_rules: tuple[str, ...] = ()
    fallback: str = ""
    swap: int | None = None
    features: bytes | None = None
    record: UUID | None = None
    category_share: float | None = None

    def ranks(self) -> tuple[int, ...]:
        """1-based rank of every hit over all pages."""
        if self.positions:
            return self.positions
        first = (self.page - 1) * self.per_page + 1
        return tuple(range(first, first + len(self.product_ids)))


@dataclass(frozen=True, slots=True)
class PartitionSpan:
    """One month's partition of a table.

    Attributes:
        name: the partition's own table name.
        starts: first moment, aware UTC.
        ends: first moment after, aware UTC.
    """

    name: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class DrainResult:
    """What one drain of the buffer did.

    Attributes:
        read: stream entries handled.
        stored: rows that are new.
        replayed: rows that were there already.
        dead: entries moved to the dead-letter stream.
        depth: entries left.
        dropped: entries that the safety limit cut before they were read, since the stream began.
    """

    read: int = 0
    stored: int = 0
    replayed: int = 0
    dead: int = 0
    depth: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import of events did.

    Attributes:
        lines: lines read.
        stored: rows that are new.
        replayed: lines whose row was there already.
        rejected: lines refused (all are counted, the first ones are kept below).
        errors: (line, field, reason) of the first rejected lines.
        products: catalogue products created or updated.
        shift_days: days added to every time, 0 without a shift.
        seconds: wall-clock time.
    """

    lines: int
    stored: int
    replayed: int
    rejected: int
    errors: tuple[tuple[int, str, str], ...]
    products: int
    shift_days: int
    seconds: float
