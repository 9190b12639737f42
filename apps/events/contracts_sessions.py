"""One visit as it happens: what Redis remembers of a session, and whose it is."""

from dataclasses import dataclass

from apps.events.contracts import EventType


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """One thing that happened in a visit.

    Attributes:
        type: impressions and exposures are not kept.
        at: unix seconds, as the event says.
        product_id: external id; None for a search.
        query: normalised; None for everything but a search.
        quantity: pieces; None where it means nothing.
        user_id: who was logged in; None: nobody.
        client_id: the browser or device; None: not told.
    """

    type: EventType
    at: float
    product_id: str | None = None
    query: str | None = None
    quantity: int | None = None
    user_id: str | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class SessionState:
    """A visit.

    Attributes:
        session_id: as the storefront names it.
        entries: newest first, at most `MOST_ENTRIES`, each event once; only those that belong
            to whoever asks, by the identity rule of events.
    """

    session_id: str
    entries: tuple[SessionEntry, ...] = ()


MOST_ENTRIES = 200
