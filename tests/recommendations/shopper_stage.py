"""Shoppers who did something, a model that knows the products, and what Redis keeps of both."""

from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from apps.common.domain.uuid7 import uuid7_new
from apps.common.redis import redis_client, redis_settle
from apps.events.contracts_history import DayLine, day_lines
from apps.events.services.ingest import events_ingest
from apps.model_registry.services.publish import artifact_publish
from apps.recommendations.contracts_models import ARTIFACT
from apps.recommendations.domain.kept_history import KeptHistory, kept_history_encode
from apps.recommendations.engines.model_files import model_write
from apps.recommendations.selectors.recommender import recommender_holder
from tests.recommendations.affinity_stage import model_of

NAMES = [f"p{pk}" for pk in range(1, 10)]


def publish(seed: int = 3) -> int:
    made = model_of(NAMES, ["trained"], seed=seed)

    def write(folder: Path) -> dict[str, int]:
        model_write(folder, made)
        return {}

    number = artifact_publish(name=ARTIFACT, write=write)
    assert recommender_holder.number == number
    return number


def did(kind: str, product: str, ago_s: float = 3.0, **names: str) -> None:
    """Ingested as the API does it, and committed as far as a test can tell."""
    now = timezone.now()
    item = {
        "event_id": str(uuid7_new(now)),
        "type": kind,
        "occurred_at": (now - timedelta(seconds=ago_s)).isoformat(),
        "product_id": product,
        **names,
    }
    assert events_ingest(items=[item], received_at=now).stored == 1


def kept_for(key: str) -> int:
    """Seconds that Redis keeps it; negative: it has none."""
    redis_settle()
    found = redis_client().ttl(key)
    assert isinstance(found, int)
    return found


def kept_bytes() -> bytes:
    """A history of one product, p7, as Redis keeps it."""
    return kept_history_encode(KeptHistory(day_lines([DayLine("p7", 20_000, 1.0, 1.7e9)])))
