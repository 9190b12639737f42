from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.utils import timezone

from apps.events.contracts import EventType
from apps.events.domain.identity import Unit, UnitKind, unit_of
from apps.events.selectors import (
    client_identities,
    events_count,
    events_exist,
    events_recent,
    product_interaction_scores,
)
from apps.events.services.ingest import events_ingest
from apps.events.services.query_log import query_log_append
from tests.events.test_buffer import entry

pytestmark = pytest.mark.django_db
AS_OF = timezone.now()


def ingest(*items: tuple[str, str | None, datetime], **more: Any) -> None:
    result = events_ingest(
        items=[
            {
                "type": kind,
                "product_id": product,
                "occurred_at": at,
                "attributes": {"n": n},
                **more,
            }
            for n, (kind, product, at) in enumerate(items)
        ],
        received_at=timezone.now(),
    )
    assert not result.errors


def test_scores_weigh_by_type_and_decay_by_half_lives() -> None:
    day = timedelta(days=1)
    ingest(
        ("purchase", "p1", AS_OF - 2 * day),
        ("add_to_cart", "p1", AS_OF - timedelta(microseconds=1)),
        ("view", "p2", AS_OF - 4 * day),
        ("click", "p2", AS_OF - 4 * day),
        ("impression", "p3", AS_OF - day),
        ("view", "p4", AS_OF),
        ("view", "p5", AS_OF - 11 * day),
        ("purchase", None, AS_OF - day),
    )
    scores = product_interaction_scores(as_of=AS_OF, window_days=10, half_life_days=2)
    assert [product for product, _ in scores] == ["p1", "p2"]
    assert [score for _, score in scores] == pytest.approx([3 * 0.5 + 2, 2 * 0.25])


def test_counts_and_recent_events() -> None:
    assert not events_exist()
    ingest(("view", "p1", AS_OF - timedelta(hours=2)), ("click", "p2", AS_OF - timedelta(hours=1)))
    assert events_exist()
    assert events_count() == 2
    assert [event.product_id for event in events_recent(limit=5)] == ["p2", "p1"]
    assert [event.product_id for event in events_recent(limit=5, types=[EventType.VIEW])] == ["p1"]
    before = AS_OF - timedelta(minutes=90)
    assert [event.product_id for event in events_recent(limit=5, before=before)] == ["p1"]


def test_clients_are_known_by_their_users() -> None:
    ingest(("view", "p1", AS_OF - timedelta(hours=2)), client_id="c", user_id="u")
    known = client_identities(until=AS_OF)
    assert unit_of(user_id=None, client_id="c", occurred_at=AS_OF, known=known) == Unit(
        UnitKind.USER, "u"
    )
    assert client_identities(until=AS_OF - timedelta(hours=3)) == {}


def test_admin_lists_are_read_only_and_bounded(
    admin_client: Client,
    admin_user: AbstractUser,
    django_assert_max_num_queries: Any,
    settings: Any,
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    ingest(("view", "p1", AS_OF), ("view", "p2", AS_OF - timedelta(days=3)))
    query_log_append(entry())
    with django_assert_max_num_queries(12):
        page = admin_client.get("/admin/events/event/?product_id__exact=p1")
    page = admin_client.get("/admin/events/event/?q=p1")
    assert page.status_code == 200
    assert "p1" in page.content.decode()
    assert ">p2<" not in page.content.decode()
    log = admin_client.get("/admin/events/querylog/")
    assert "Mouse" in log.content.decode()
    assert admin_client.get("/admin/events/event/add/").status_code == 403
