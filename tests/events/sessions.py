"""Events of a visit for tests, and the visit as Redis remembers it."""

from datetime import datetime, timedelta
from typing import Any

from django.test import TestCase
from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_new
from apps.common.redis import redis_client
from apps.common.redis_exchange import redis_exchange
from apps.events.contracts_sessions import SessionEntry
from apps.events.selectors_sessions import session_command, session_whole
from apps.events.services.ingest import events_ingest

VISIT = "visit-1"


def event_of(kind: str = "view", product_id: str = "a", *, ago_s: float = 0, **more: Any) -> Any:
    """One native item of the visit, `ago_s` seconds ago."""
    moment = timezone.now() - timedelta(seconds=ago_s)
    told = {"session_id": VISIT, "client_id": "browser-1", **more}
    if kind != "search":
        told["product_id"] = product_id
    return {
        "event_id": str(uuid7_new(moment)),
        "type": kind,
        "occurred_at": moment.isoformat(),
        **{name: one for name, one in told.items() if one is not None},
    }


def ingest(*items: Any, received_at: datetime | None = None, shape: str = "native") -> None:
    """Ingest, with what follows the commit, which a test's own transaction never reaches."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        events_ingest(items=list(items), received_at=received_at or timezone.now(), shape=shape)


def entries(session_id: str = VISIT) -> tuple[SessionEntry, ...]:
    """Everything that Redis holds of it, newest first."""
    (answer,) = redis_exchange(redis_client(), [session_command(session_id)])
    found = session_whole(answer, session_id)
    return found.entries if found else ()


def products(session_id: str = VISIT) -> list[str | None]:
    return [entry.product_id for entry in entries(session_id)]
