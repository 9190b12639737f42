"""Who an event belongs to: the one rule by which anonymous visits become a user's.

A unit is the user when the event names one, else the client. An anonymous event of a client
belongs to the user who was last seen on that client at or before it; events before any user was
seen belong to the first one, so that the usual path (search anonymously, log in, buy) is one
unit. A client on which nobody was ever seen stands for itself. Of users seen at the same
instant, the one whose id sorts last holds from then on.

The same rule in SQL is in `identity_sql.py`; a test holds the two together.
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

    @property
    def text(self) -> str:
        """One text for both kinds, as roll-ups keep it: `u:<user>` or `c:<client>`."""
        return f"{self.kind.value[0]}:{self.id}"


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
    """The users of one client, one after the other; two neighbours are never the same user.

    Attributes:
        times: ascending moments at which a user was first seen after another one, aware UTC.
        users: user_id at the same place.
    """

    times: tuple[datetime, ...]
    users: tuple[str, ...]

    def user_at(self, moment: datetime) -> str:
        """Whose an anonymous event of this moment is."""
        return self.users[max(bisect_right(self.times, moment) - 1, 0)]


IdentityMap = Mapping[str, ClientHistory]


def identity_map(sightings: Iterable[Sighting]) -> IdentityMap:
    """Who was on every client and since when. Order of the input is irrelevant."""
    by_client: dict[str, set[tuple[datetime, str]]] = {}
    for sighting in sightings:
        by_client.setdefault(sighting.client_id, set()).add((sighting.seen_at, sighting.user_id))
    return {client_id: _history(sorted(seen)) for client_id, seen in by_client.items()}


def _history(seen: list[tuple[datetime, str]]) -> ClientHistory:
    runs = [pair for place, pair in enumerate(seen) if place == 0 or seen[place - 1][1] != pair[1]]
    return ClientHistory(tuple(at for at, _ in runs), tuple(user_id for _, user_id in runs))


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
        return Unit(UnitKind.USER, history.user_at(occurred_at))
    return Unit(UnitKind.CLIENT, client_id)
