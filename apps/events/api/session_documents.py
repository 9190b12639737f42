"""A session as the API tells of it."""

from collections import Counter
from datetime import UTC, datetime

import msgspec

from apps.events.contracts_sessions import (
    SessionEntry,
    SessionState,
    Shares,
    session_shares_of,
)
from apps.events.domain.session_looks import Looked, looked_at


class SessionEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened; absent fields say nothing of it."""

    type: str
    occurred_at: datetime
    product_id: str | None = None
    query: str | None = None
    quantity: int | None = None
    user_id: str | None = None
    client_id: str | None = None


class SessionShare(msgspec.Struct, frozen=True):
    """How much of the visit went to a category (its path) or brand; they sum to 1 at most."""

    name: str
    share: float


class SessionAffinities(msgspec.Struct, frozen=True):
    """Where the visit points to: newer products and stronger deeds count more; most first."""

    categories: list[SessionShare]
    brands: list[SessionShare]


class SessionAnswer(msgspec.Struct, frozen=True):
    """A visit, its entries newest first. `counts` says how many of them there are by type."""

    session_id: str
    started_at: datetime
    last_seen_at: datetime
    user_ids: list[str]
    client_ids: list[str]
    counts: dict[str, int]
    affinities: SessionAffinities
    entries: list[SessionEvent]


TYPES = (SessionAnswer, SessionAffinities, SessionEvent, SessionShare)


def session_document(session: SessionState) -> SessionAnswer:
    """The whole answer; affinities are the feature store's."""
    entries = session.entries
    return SessionAnswer(
        session_id=session.session_id,
        started_at=_moment(entries[-1]),
        last_seen_at=_moment(entries[0]),
        user_ids=sorted({each.user_id for each in entries if each.user_id is not None}),
        client_ids=sorted({each.client_id for each in entries if each.client_id is not None}),
        counts=dict(Counter(each.type.value for each in entries)),
        affinities=_affinities(looked_at(entries)),
        entries=[_event(each) for each in entries],
    )


def _affinities(looked: tuple[Looked, ...]) -> SessionAffinities:
    found = session_shares_of({one.product_id: one.weight for one in looked})
    return SessionAffinities(_shares(found.categories), _shares(found.brands))


def _shares(shares: Shares) -> list[SessionShare]:
    return [SessionShare(name, round(share, 4)) for name, share in shares]


def _event(entry: SessionEntry) -> SessionEvent:
    return SessionEvent(
        type=entry.type.value,
        occurred_at=_moment(entry),
        product_id=entry.product_id,
        query=entry.query,
        quantity=entry.quantity,
        user_id=entry.user_id,
        client_id=entry.client_id,
    )


def _moment(entry: SessionEntry) -> datetime:
    return datetime.fromtimestamp(entry.at, UTC)
