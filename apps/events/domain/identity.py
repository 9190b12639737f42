"""Who an event belongs to: the one rule by which anonymous visits become a user's.

A unit is the user when the event names one, else the client. A client that logs in merges
into its user from the first sight of the pair on: its anonymous events from that moment are
the user's, earlier ones stay the client's (what was counted is never counted again under
another name). When several users were seen on one client, an anonymous event belongs to the
pair that was first seen last, at or before the event.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class UnitKind(StrEnum):
    """What a unit's id names."""

    USER = "user"
    CLIENT = "client"


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """Whose event it is.

    Attributes:
        kind: user or client.
        id: the shop's own name for it.
    """

    kind: UnitKind
    id: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """One event that named both a client and a user.

    Attributes:
        client_id: the browser or device.
        user_id: who was logged in on it.
        seen_at: aware UTC.
    """

    client_id: str
    user_id: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ClientHistory:
    """The users of one client, by first sight.

    Attributes:
        times: ascending first sights, aware UTC.
        users: user_id at the same place.
    """

    times: tuple[datetime, ...]
    users: tuple[str, ...]


IdentityMap = Mapping[str, ClientHistory]


def identity_map(sightings: Iterable[Sighting]) -> IdentityMap:
    """First sight of every (client, user) pair, by client. Order of the input is irrelevant."""
    first: dict[tuple[str, str], datetime] = {}
    for sighting in sightings:
        pair = (sighting.client_id, sighting.user_id)
        if pair not in first or sighting.seen_at < first[pair]:
            first[pair] = sighting.seen_at
    by_client: dict[str, list[tuple[datetime, str]]] = {}
    for (client_id, user_id), seen_at in first.items():
        by_client.setdefault(client_id, []).append((seen_at, user_id))
    return {
        client_id: ClientHistory(
            tuple(seen_at for seen_at, _ in sorted(pairs)),
            tuple(user_id for _, user_id in sorted(pairs)),
        )
        for client_id, pairs in by_client.items()
    }


def unit_of(
    *, user_id: str | None, client_id: str | None, occurred_at: datetime, known: IdentityMap
) -> Unit | None:
    """The unit of one event; None when it names neither user nor client.

    Args:
        user_id: as the event says.
        client_id: as the event says.
        occurred_at: aware UTC.
        known: from `identity_map`; an empty one merges nobody.
    """
    if user_id is not None:
        return Unit(UnitKind.USER, user_id)
    if client_id is None:
        return None
    history = known.get(client_id)
    if history is not None:
        place = bisect_right(history.times, occurred_at)
        if place:
            return Unit(UnitKind.USER, history.users[place - 1])
    return Unit(UnitKind.CLIENT, client_id)
