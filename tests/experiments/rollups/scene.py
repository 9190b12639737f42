"""A stage for roll-ups: rows put straight into both logs, and an experiment with phases."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.common.domain.uuid7 import uuid7_new
from apps.events.services.partitions import partitions_ensure
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.models import Phase
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.metrics import metric_draft_create
from apps.publishing.services import version_publish
from tests.experiments.factories import experiment_running

START = datetime(2026, 11, 2, tzinfo=UTC)
KEY = "scene"


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


@dataclass(frozen=True)
class Row:
    """One event, or (type `answered`) one logged search."""

    type: str
    hour: float
    user_id: str | None = None
    client_id: str | None = None
    session_id: str | None = None
    query_id: str | None = None
    value: float | None = None
    position: int | None = None
    experiment: str | None = None
    variant: str | None = None
    results_count: int = 1
    attributes: Mapping[str, Any] | None = None


def exposure(hour: float, variant: str, phase: int | None = 1, **row: Any) -> Row:
    attributes = dict(row.pop("attributes", {}))
    if phase is not None:
        attributes["phase"] = phase
    return Row("exposure", hour, experiment=KEY, variant=variant, attributes=attributes, **row)


def rows_store(rows: Sequence[Row], *, through: BaseDatabaseWrapper | None = None) -> None:
    """Store rows; `through` another connection, they are seen once that one commits."""
    partitions_ensure(first=START - timedelta(days=40), last=START + timedelta(days=40))
    with (through or connection).cursor() as cursor:
        for row in rows:
            if row.type == "answered":
                _answered(cursor, row)
            else:
                _event(cursor, row)


def _event(cursor: Any, row: Row) -> None:
    fields = asdict(row)
    when = at(row.hour)
    del fields["hour"], fields["results_count"]
    fields |= {
        "id": uuid7_new(when),
        "occurred_at": when,
        "received_at": when,
        "attributes": json.dumps(row.attributes or {}),
    }
    names = ", ".join(fields)
    marks = ", ".join(["%s"] * len(fields))
    cursor.execute(f"INSERT INTO events_event ({names}) VALUES ({marks})", list(fields.values()))


def _answered(cursor: Any, row: Row) -> None:
    when = at(row.hour)
    cursor.execute(
        "INSERT INTO events_querylog (id, occurred_at, query, normalised, filters, sort, page,"
        " per_page, results_count, product_ids, positions, latency_ms, cache_hit, degraded,"
        " user_id, client_id, session_id, experiments, versions, principal)"
        " VALUES (%s, %s, 'mouse', 'mouse', '{}', 'relevance', 1, 20, %s, '{}', '{}', 5, false,"
        " '{}', %s, %s, %s, '[]', '{}', 'test')",
        [UUID(row.query_id) if row.query_id else uuid7_new(when), when, row.results_count,
         row.user_id, row.client_id, row.session_id],
    )  # fmt: skip


def metric_make(key: str, **definition: Any) -> None:
    draft = metric_draft_create(key=key, definition={"title": key, **definition}, actor=None)
    version_publish(
        kind="experiment_metric", version_id=draft.id, actor=None, reason="a test",
        acknowledge_warnings=True,
    )  # fmt: skip


def events_fact(*types: str, **more: Any) -> dict[str, Any]:
    return {"source": "events", "event_types": list(types), **more}


def experiment_on_stage(**design: Any) -> ExperimentView:
    """A running experiment whose first phase began at START."""
    return experiment_running(KEY, now=START, **design)


def phase_follows(hour: float, *, salt_version: int, weights: Sequence[float]) -> None:
    """End the open phase and begin another, without the ceremony."""
    view = experiment_view(KEY)
    row = Phase.objects.get(experiment_id=view.id, ends_at=None)
    Phase.objects.filter(pk=row.pk).update(ends_at=at(hour))
    row.pk = None
    row.number += 1
    row.salt_version = salt_version
    row.salt = f"{KEY}:{salt_version}:x"
    row.weights = list(weights)
    row.starts_at = at(hour)
    row.ends_at = None
    row.save()
