"""What a search exposed becomes events when its entry is stored."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.common.redis import redis_client
from apps.events.domain.exposures import exposure_make
from apps.events.domain.query_codec import (
    BufferEntry,
    BufferEntryUnreadable,
    Exposed,
    entry_decode,
    entry_encode,
)
from apps.events.models import Event as EventRow
from apps.events.services.buffer import buffer_drain
from apps.events.services.query_log import query_log_append
from tests.events.test_buffer import entry, exposure, without_redis

__all__ = ["without_redis"]  # a fixture
AT = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)


def test_it_says_what_its_search_says() -> None:
    query = entry(query_id=uuid4(), occurred_at=AT, user_id="u", session_id="s")
    told = {"device": "phone", "category": "the caller's word"}
    sent = BufferEntry(
        query=query,
        exposures=(Exposed("e", "new", 2, "audio"), Exposed("f", "control", None)),
        dimensions=told,
    )
    read = entry_decode(entry_encode(sent))
    assert read.exposures == sent.exposures
    first, second = read.events()
    who = {"user_id": "u", "client_id": "c", "session_id": "s", "query_id": str(query.query_id)}
    assert first == exposure_make(
        experiment="e", variant="new", phase=2, occurred_at=AT,
        attributes={"device": "phone", "category": "audio"}, **who,
    )  # fmt: skip
    assert second.attributes == {"device": "phone", "phase": None}
    assert first.event_id != second.event_id


def test_whole_events_still_travel() -> None:
    one = exposure(AT)
    read = entry_decode(entry_encode(BufferEntry(exposures=(one,))))
    assert read.events() == (one,)


def test_without_its_search_it_is_poison() -> None:
    payload = entry_encode(BufferEntry(exposures=(Exposed("e", "new", 1),)))
    with pytest.raises(BufferEntryUnreadable, match="without its search"):
        entry_decode(payload)


def stored() -> dict[str, object]:
    (row,) = EventRow.objects.all()
    assert (row.experiment, row.variant, row.client_id) == ("e", "new", "c")
    return dict(row.attributes)


TOLD = {"device": "phone", "category": "audio", "phase": 1}
ONE = [Exposed("e", "new", 1, "audio")]


@pytest.mark.django_db
def test_it_is_stored_once() -> None:
    query = entry(occurred_at=timezone.now())
    for _again in range(2):
        assert query_log_append(query, ONE, {"device": "phone"})
    buffer_drain(client=redis_client())
    assert stored() == TOLD


@pytest.mark.django_db
@pytest.mark.usefixtures("without_redis")
def test_it_is_stored_at_once_without_redis() -> None:
    assert not query_log_append(entry(), ONE, {"device": "phone"})
    assert stored() == TOLD
