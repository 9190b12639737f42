"""One visit as it happens: what Redis remembers of a session, and whose it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from apps.common.contracts import RedisCommand
from apps.events.contracts import EventType


class SessionEntry(msgspec.Struct, frozen=True, array_like=True):
    """One thing that happened in a visit.

    A Struct in place of a dataclass: read from Redis without a step between, by the order of
    its fields. A new field goes to the end and has a default.

    Attributes:
        type: impressions and exposures are not kept; refunds are told to listeners alone.
        at: unix seconds, as the event says, never ahead of our clock.
        product_id: external id; None for a search.
        query: normalised; None for everything but a search.
        quantity: pieces; None where it means nothing.
        user_id: who was logged in; None: nobody.
        client_id: the browser or device; None: not told.
        id: 16 bytes, the event's; of a search its query_id, whoever tells of it.
    """

    type: EventType
    at: float
    product_id: str | None = None
    query: str | None = None
    quantity: int | None = None
    user_id: str | None = None
    client_id: str | None = None
    id: bytes = b""


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

# Told of events that have just been committed, in a session or not (an event may come twice: a
# replay, known by its id); answers commands for the same round trip, which are not waited for
# one by one. Called on the path of an ingest: it computes nothing heavy and asks nobody.
SessionListener = Callable[[Sequence[SessionEntry]], Sequence[RedisCommand]]
_listeners: dict[str, SessionListener] = {}


def session_listener_register(name: str, listener: SessionListener) -> None:
    """Be told of committed events; the last listener of one name counts."""
    _listeners[name] = listener


def session_listeners() -> tuple[SessionListener, ...]:
    """Everyone who wants to be told."""
    return tuple(_listeners.values())


# Names with their shares, largest first.
Shares = tuple[tuple[str, float], ...]


class SessionShares(NamedTuple):
    """How much of a visit went to each category (its path) and brand; each sums to 1 at most."""

    categories: Shares = ()
    brands: Shares = ()


# Product → how much it says of the visit → the visit's shares. The feature store answers it.
SessionSharesOf = Callable[[Mapping[str, float]], SessionShares]
_shares_of: list[SessionSharesOf] = []


def session_shares_register(shares_of: SessionSharesOf) -> None:
    """Tell of visits' shares from now on, in place of whoever did."""
    _shares_of[:] = [shares_of]


def session_shares_of(weights: Mapping[str, float]) -> SessionShares:
    """The shares of a visit; none where nobody tells of them."""
    return _shares_of[0](weights) if _shares_of else SessionShares()
