"""Running experiments on search, and what they leave behind."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.common.redis import redis_settle
from apps.events.contracts import Event, EventType, QueryLogEntry
from apps.events.selectors import events_recent, query_log_recent
from apps.events.services.buffer import buffer_drain
from apps.experiments.contracts.assignment import Json
from apps.publishing.services import version_publish
from apps.ranking_weights.services import KIND, weights_draft_create
from tests.experiments.factories import experiment_running

FRESH = {"search_score": 0.0, "cf_score": 0.0, "popularity_score": 0.0, "freshness_score": 1.0}
MATCH = {"search_score": 1.0, "cf_score": 0.0, "popularity_score": 0.0, "freshness_score": 0.0}
GLOBAL: dict[str, Json] = {"ranking": {"source": "global"}}


def weights_publish(subject: str, weights: dict[str, float]) -> int:
    draft = weights_draft_create(subject=subject, weights=weights, actor=None)
    return version_publish(
        kind=KIND, version_id=draft.id, actor=None, reason="a test", acknowledge_warnings=True
    ).number


def running(key: str, *payloads: Any, days: float = 1.0, **design: Any) -> None:
    """A running experiment whose variants a, b, … have these payloads in equal parts."""
    weight = 1 / len(payloads)
    variants = [
        {"key": name, "name": name, "weight": weight, "payload": payload}
        for name, payload in zip("abcdefg", payloads, strict=False)
    ]
    experiment_running(
        key,
        now=timezone.now() - timedelta(days=days),
        **{"variants": variants, "surface": "search", "unit": "client", **design},
    )


def left_behind() -> tuple[list[QueryLogEntry], list[Event]]:
    """Logged searches and exposures, both newest first."""
    redis_settle()
    buffer_drain()
    found = [one for one in events_recent(limit=2000) if one.type is EventType.EXPOSURE]
    return query_log_recent(limit=2000), found
