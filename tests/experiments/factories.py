"""Experiments in any state, made through the services that people use."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.access.models import User
from apps.experiments.contracts.assignment import Json
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.models import MetricVersion
from apps.experiments.services.design import (
    experiment_approve,
    experiment_create,
    experiment_submit,
)
from apps.experiments.services.lifecycle import experiment_start
from apps.publishing.contracts import VersionStatus
from apps.publishing.services import draft_create, version_publish

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
_CLICKED: Mapping[str, Any] = {
    "title": "Clicked",
    "kind": "proportion",
    "numerator": {"source": "events", "event_types": ["click"]},
}


def people() -> tuple[User, User]:
    """A maker and a checker."""
    maker, _ = User.objects.get_or_create(username="mara")
    checker, _ = User.objects.get_or_create(username="chris")
    return maker, checker


def metrics_make(*keys: str) -> None:
    """Published metrics of these keys, where there are none."""
    known = set(
        MetricVersion.objects.filter(status=VersionStatus.PUBLISHED.value).values_list(
            "subject", flat=True
        )
    )
    for key in keys:
        if key not in known:
            metric_publish(key)


def metric_publish(key: str) -> int:
    """Another published version of a metric; its number."""
    draft = draft_create(
        kind="experiment_metric", subject=key, content={"definition": _CLICKED}, actor=None
    )
    return version_publish(
        kind="experiment_metric",
        version_id=draft.id,
        actor=None,
        reason="a test",
        acknowledge_warnings=True,
    ).number


def design_make(**changes: Any) -> dict[str, Json]:
    """A design as a person would send it: two halves, one metric."""
    document: dict[str, Json] = {
        "name": "A test of weights",
        "hypothesis": "Fresh products sell better, because they are seen less elsewhere.",
        "variants": [
            {"key": "control", "name": "As it is", "weight": 0.5},
            {"key": "treatment", "name": "Fresh first", "weight": 0.5, "payload": {"a": 1}},
        ],
        "metrics": [{"key": "cvr", "role": "primary"}],
    }
    return {**document, **changes}


def experiment_make(
    key: str = "weights-test", *, now: datetime | None = NOW, **design: Any
) -> ExperimentView:
    """A draft by the maker; its metrics are published when they are not."""
    maker, _checker = people()
    document = design_make(**design)
    _metrics_of(document)
    return experiment_create(key=key, design=document, actor=maker, now=now)


def experiment_approved(
    key: str = "weights-test", *, now: datetime | None = NOW, **design: Any
) -> ExperimentView:
    """Submitted by the maker and approved by the checker."""
    maker, checker = people()
    experiment_make(key, now=now, **design)
    experiment_submit(key=key, actor=maker, now=now)
    return experiment_approve(key=key, actor=checker, now=now)


def experiment_running(
    key: str = "weights-test", *, now: datetime | None = NOW, **design: Any
) -> ExperimentView:
    """Created, submitted, approved and started at `now`."""
    maker, _checker = people()
    experiment_approved(key, now=now, **design)
    return experiment_start(key=key, actor=maker, reason="a test", now=now)


def _metrics_of(document: Mapping[str, Json]) -> None:
    uses = document["metrics"]
    assert isinstance(uses, list)
    metrics_make(*[str(use["key"]) for use in uses if isinstance(use, dict)])
