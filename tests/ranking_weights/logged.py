"""Played lists as a shop would have logged them: searches with features, clicks as events."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar
from uuid import UUID

from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_new
from apps.events.contracts import Event, EventType, QueryLogEntry
from apps.events.services.ingest import row_of_event, rows_store
from apps.events.services.query_log import queries_store
from apps.features.domain.examined.lists import Lists
from apps.features.domain.examined.packed import features_pack

Item = TypeVar("Item")
_KINDS = {1.0: EventType.CLICK, 2.0: EventType.ADD_TO_CART, 3.0: EventType.PURCHASE}


def lists_log(lists: Lists) -> datetime:
    """Store them as of now; the moment after the last one."""
    start = timezone.now() - timedelta(hours=1)
    entries, events = [], []
    for row in range(len(lists)):
        at = start + timedelta(milliseconds=row)
        entry = _entry(lists, row, at)
        entries.append(entry)
        events += _events(lists, row, at, entry.query_id)
    for some in _chunks(entries):
        queries_store(some)
    for them in _chunks(events):
        rows_store([row_of_event(one) for one in them])
    return timezone.now()


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    left = iter(items)
    while some := list(islice(left, 1000)):
        yield some


def _entry(lists: Lists, row: int, at: datetime) -> QueryLogEntry:
    count = int(lists.shown[row].sum())
    swap = int(lists.swapped[row])
    return QueryLogEntry(
        query_id=uuid7_new(at),
        occurred_at=at,
        query="q",
        normalised="q",
        filters={},
        sort="relevance",
        page=1,
        per_page=count,
        results_count=count,
        product_ids=tuple(f"p{place}" for place in range(count)),
        category=lists.paths[row] or None,
        latency_ms=1.0,
        cache_hit=False,
        user_id=f"u{int(lists.units[row])}",
        swap=swap or None,
        features=features_pack(lists.names, lists.features[row, :count]),
    )


def _events(lists: Lists, row: int, at: datetime, query_id: UUID) -> list[Event]:
    return [
        Event(
            uuid7_new(at),
            _KINDS[gain],
            at,
            at,
            user_id=f"u{int(lists.units[row])}",
            query_id=str(query_id),
            product_id=f"p{place}",
            position=place + 1,
        )
        for place, gain in enumerate(lists.gains[row].tolist())
        if gain
    ]
