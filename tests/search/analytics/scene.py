"""Searches and what followed them, stored as the drain and the ingest store them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_new
from apps.events.contracts import Event, EventType, QueryLogEntry
from apps.events.services.ingest import row_of_event, rows_store
from apps.events.services.query_log import queries_store
from apps.search.domain.analytics.figures import Figures
from apps.search.models import SearchDay

TODAY = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
NOON = TODAY - timedelta(hours=12)
"""Yesterday's: every test's day is over, and its month has a partition."""


def searched(query: str, at: datetime = NOON, **change: Any) -> UUID:
    """One logged search; its id."""
    identifier = uuid7_new(at)
    fields: dict[str, Any] = {
        "query_id": identifier, "occurred_at": at, "query": query.title(), "normalised": query,
        "filters": {}, "sort": "relevance", "page": 1, "per_page": 20, "results_count": 3,
        "product_ids": ("p1", "p2", "p3"), "category": "electronics/mice", "latency_ms": 1.0,
        "cache_hit": False, "session_id": None, "principal": "test",
    }  # fmt: skip
    queries_store([QueryLogEntry(**{**fields, **change})])
    return identifier


def happened(
    kind: str, search: UUID, at: datetime = NOON, position: int | None = None, product: str = "p1"
) -> None:
    """An event of a search."""
    moment = at + timedelta(seconds=20)
    event = Event(
        uuid7_new(moment), EventType(kind), moment, moment, client_id="c",
        query_id=str(search), product_id=product, position=position,
    )  # fmt: skip
    rows_store([row_of_event(event)])


def day_rows() -> dict[tuple[str, str, str], Figures]:
    """Every row of the roll-up, by day, query and category."""
    return {
        (f"{row.day}", row.query, row.category): figures(row) for row in SearchDay.objects.all()
    }


def figures(row: SearchDay) -> Figures:
    return Figures(*(getattr(row, name) for name in Figures.__slots__))


def summed(names: Sequence[str] = ()) -> dict[str, Figures]:
    """Figures by query over all days and categories."""
    found: dict[str, Figures] = {}
    for (_, query, _), each in day_rows().items():
        found[query] = found.get(query, Figures()) + each
    return {name: found[name] for name in names} if names else found
