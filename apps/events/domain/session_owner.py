"""Whose entries of a visit are whose: the identity rule of events, within one visit.

What was seen on the visit's clients before it began is not asked for: a visit that nobody has
logged in to is its visitor's.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from apps.events.contracts_sessions import SessionEntry
from apps.events.domain.identity import (
    IdentityMap,
    Sighting,
    Unit,
    UnitKind,
    identity_map,
    unit_of,
)

_NOW = datetime.max.replace(tzinfo=UTC)


def entries_owned(
    entries: Sequence[SessionEntry], *, user_id: str | None, client_id: str | None
) -> tuple[SessionEntry, ...]:
    """Those that belong to whoever asks, in their order.

    A user has what they did and what nobody did on a client that is theirs now. A client on
    which nobody logged in has its own. Who names neither gets what nobody logged in did. Entries
    that name neither belong to the visit: they are the asker's while no other user was seen.

    Args:
        entries: of one visit.
        user_id: who asks now; None: nobody is logged in.
        client_id: where they ask from.
    """
    others = {entry.user_id for entry in entries} - {None, user_id}
    elsewhere = {entry.client_id for entry in entries} - {None, client_id}
    if not others and not elsewhere:
        # Almost every visit: one person on one client.
        return tuple(entries)
    known = _known(entries, user_id, client_id)
    asker = unit_of(user_id=user_id, client_id=client_id, occurred_at=_NOW, known=known)
    alone = _seen_users(entries) <= _user_of(asker)
    return tuple([entry for entry in entries if _is_owned(entry, asker, known, alone=alone)])


def _known(
    entries: Sequence[SessionEntry], user_id: str | None, client_id: str | None
) -> IdentityMap:
    """Who was seen on which client in this visit; asking is being seen."""
    sightings = [
        Sighting(entry.client_id, entry.user_id, _moment(entry))
        for entry in entries
        if entry.client_id is not None and entry.user_id is not None
    ]
    if user_id is not None and client_id is not None:
        sightings.append(Sighting(client_id, user_id, _NOW))
    return identity_map(sightings) if sightings else {}


def _is_owned(entry: SessionEntry, asker: Unit | None, known: IdentityMap, *, alone: bool) -> bool:
    unit = unit_of(
        user_id=entry.user_id,
        client_id=entry.client_id,
        # Only a client that somebody was seen on needs the moment.
        occurred_at=_moment(entry) if entry.client_id in known else _NOW,
        known=known,
    )
    if unit is None:
        return alone
    if asker is None:
        return unit.kind is UnitKind.CLIENT
    return unit == asker


def _seen_users(entries: Sequence[SessionEntry]) -> set[str]:
    return {entry.user_id for entry in entries if entry.user_id is not None}


def _user_of(unit: Unit | None) -> set[str]:
    return {unit.id} if unit is not None and unit.kind is UnitKind.USER else set()


def _moment(entry: SessionEntry) -> datetime:
    return datetime.fromtimestamp(entry.at, UTC)
