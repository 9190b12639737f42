"""Exposures: what one says, and the event that it is stored as."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from apps.common.domain.uuid7 import uuid7_at
from apps.events.contracts import Event, EventType


def exposure_make(
    *,
    experiment: str,
    variant: str,
    phase: int | None,
    occurred_at: datetime,
    user_id: str | None,
    client_id: str | None,
    session_id: str | None,
    query_id: str | None,
    attributes: Mapping[str, object],
) -> Event:
    """The event of one exposure; told twice it is one row: its id comes from what it says.

    Args:
        experiment: its key.
        variant: key of the variant that the rule drew.
        phase: number of the phase in force.
        occurred_at: aware; also when it was received.
        user_id: a shopper who is logged in.
        client_id: the browser or device.
        session_id: the visit.
        query_id: the answer that was shown.
        attributes: declared dimensions of the experiment, `category` and the like.
    """
    names = (experiment, variant, user_id, client_id, session_id, query_id)
    digest = sha256(b"endcap:exposure\0" + repr(names).encode()).digest()
    return Event(
        event_id=uuid7_at(occurred_at, digest),
        type=EventType.EXPOSURE,
        occurred_at=occurred_at,
        received_at=occurred_at,
        user_id=user_id,
        client_id=client_id,
        session_id=session_id,
        query_id=query_id,
        experiment=experiment,
        variant=variant,
        attributes={**attributes, "phase": phase},
    )
