"""`events_identity` follows the events: who owns a client's anonymous events, and when.

New events are found by transaction horizon. One that names a user who owned the moment anyway
says nothing new; for every other client the whole history is written again, from its events.
"""

import structlog
from django.db import connection, transaction

from apps.events.domain.identity_sql import EVENT_TABLE, IDENTITY_TABLE
from apps.events.models import IdentityState
from apps.events.selectors import transaction_horizon

logger = structlog.get_logger(__name__)

_LOCK = 0x6964_656E  # "iden": one process at a time
_CHANGED = f"""
    CREATE TEMPORARY TABLE events_identity_changed ON COMMIT DROP AS
    SELECT DISTINCT e.client_id
    FROM {EVENT_TABLE} e
    LEFT JOIN {IDENTITY_TABLE} i ON i.client_id = e.client_id
        AND e.occurred_at >= i.starts AND e.occurred_at < i.ends
    WHERE e.stored_xid >= %s AND e.client_id IS NOT NULL AND e.user_id IS NOT NULL
        AND i.user_id IS DISTINCT FROM e.user_id
"""
_FORGET = f"""
    DELETE FROM {IDENTITY_TABLE}
    WHERE client_id IN (SELECT client_id FROM events_identity_changed)
"""
# A run that another one follows at the same instant is empty; it stays, so that everyone who
# ever owned an event of the client is in the table, and roll-ups know whom a change concerns.
_WRITE = f"""
    INSERT INTO {IDENTITY_TABLE} (client_id, user_id, starts, ends)
    SELECT client_id, user_id,
           CASE WHEN lag(occurred_at) OVER client IS NULL THEN '-infinity'::timestamptz
                ELSE occurred_at END,
           coalesce(lead(occurred_at) OVER client, 'infinity'::timestamptz)
    FROM (
        SELECT client_id, user_id, occurred_at,
               lag(user_id) OVER (
                   PARTITION BY client_id ORDER BY occurred_at, user_id COLLATE "C") AS before
        FROM {EVENT_TABLE}
        WHERE client_id IN (SELECT client_id FROM events_identity_changed)
            AND user_id IS NOT NULL
    ) AS seen
    WHERE before IS DISTINCT FROM user_id
    WINDOW client AS (PARTITION BY client_id ORDER BY occurred_at, user_id COLLATE "C")
"""


def identities_refresh(*, full: bool = False) -> int:
    """Bring the table up to every committed event; how many clients changed hands.

    Args:
        full: read all events again (after a restore, or retention that dropped sightings).
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        state, _ = IdentityState.objects.get_or_create(pk=1)
        horizon = transaction_horizon()
        if full:
            cursor.execute(f"DELETE FROM {IDENTITY_TABLE}")
            state.horizon = 0
        cursor.execute(_CHANGED, [state.horizon])
        changed = int(cursor.rowcount)
        if changed:
            cursor.execute("ANALYZE events_identity_changed")
            cursor.execute(_FORGET)
            cursor.execute(_WRITE)
        cursor.execute("DROP TABLE events_identity_changed")
        state.horizon = horizon
        state.save(update_fields=["horizon"])
    if changed:
        logger.info("events_identities_changed", clients=changed)
    return changed
