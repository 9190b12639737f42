"""Exposures: a counted unit has seen a variant that could have made a difference."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from apps.events.contracts import Event
from apps.events.domain.exposures import exposure_make
from apps.events.services.query_log import exposures_append
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.serving import Served

_NOTHING: Mapping[str, Json] = {}


def exposure_event(
    *,
    served: Served,
    occurred_at: datetime,
    user_id: str | None,
    client_id: str | None,
    session_id: str | None,
    query_id: str | None,
    attributes: Mapping[str, Json] = _NOTHING,
) -> Event | None:
    """The exposure of an answer; None when it does not count (left out, held out, forced).

    The same exposure told twice is one row: its id comes from what it says.

    Args:
        served: what `assignments_for` answered.
        occurred_at: aware.
        user_id: a shopper who is logged in.
        client_id: the browser or device.
        session_id: the visit.
        query_id: the answer that was shown.
        attributes: declared dimensions of the experiment, `category` and the like.
    """
    found = served.assignment
    if not found.counted:
        return None
    return exposure_make(
        experiment=found.key,
        variant=found.variant,
        phase=found.phase,
        occurred_at=occurred_at,
        user_id=user_id,
        client_id=client_id,
        session_id=session_id,
        query_id=query_id,
        attributes=attributes,
    )


def exposures_log(events: Sequence[Event]) -> bool:
    """Log exposures with one Redis command, drained into PostgreSQL; False without Redis.

    Never raises. A search hands what it exposed to `query_log_append` instead, with its own row.
    """
    return exposures_append(events) if events else True
