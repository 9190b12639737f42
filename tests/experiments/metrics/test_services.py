"""Metric definitions in the database."""

from typing import Any

import pytest

from apps.access.models import AuditEntry, User
from apps.common.errors import InvalidInput, NotFound
from apps.experiments.domain.metrics.reading import metric_written
from apps.experiments.domain.metrics.shipped import SHIPPED
from apps.experiments.selectors.metrics import metric_view, metric_views, metrics_live
from apps.experiments.services.metrics import (
    metric_draft_create,
    metric_draft_update,
    metrics_ensure_shipped,
)
from apps.publishing.services import version_publish

pytestmark = pytest.mark.django_db
PURCHASES: dict[str, Any] = {"source": "events", "event_types": ["purchase"]}


def test_shipped_metrics_are_published_once_and_audited(settings: Any) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = True
    assert set(metrics_ensure_shipped()) == set(SHIPPED)
    assert metrics_ensure_shipped() == ()
    assert {view.key: view.definition for view in metrics_live()} == dict(SHIPPED)
    assert AuditEntry.objects.filter(subject_type="experiment_metric").count() == len(SHIPPED)


def test_what_people_made_stays() -> None:
    document: dict[str, Any] = {"title": "Ours", "kind": "proportion", "numerator": PURCHASES}
    metric_draft_create(key="ctr", definition=document, actor=None)
    assert "ctr" not in metrics_ensure_shipped()


def test_versions_are_found_by_number(settings: Any) -> None:
    settings.ENDCAP_REVIEW_REQUIRED = False
    metrics_ensure_shipped()
    person = User.objects.create_user("maker")
    changed = {**metric_written(SHIPPED["ctr"]), "title": "Clicks"}
    draft = metric_draft_create(key="ctr", definition=changed, actor=person)
    draft = metric_draft_update(
        version_id=draft.id, definition={**changed, "title": "CTR"}, actor=person
    )
    version_publish(kind="experiment_metric", version_id=draft.id, actor=person, reason="words")
    assert (metric_view("ctr").version, metric_view("ctr").definition.title) == (2, "CTR")
    assert metric_view("ctr", 1).definition == SHIPPED["ctr"]
    found = metric_views([("ctr", 1), ("ctr", 0), ("none", 0), ("click_ndcg", 0)])
    assert [(view.key, view.version) for view in found] == [
        ("ctr", 1), ("ctr", 2), ("click_ndcg", 1),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        metric_view("ctr", 3)
    with pytest.raises(NotFound):
        metric_view("nothing")


def test_bad_keys_and_definitions_are_refused_by_field() -> None:
    with pytest.raises(InvalidInput) as error:
        metric_draft_create(key="Bad Key", definition={}, actor=None)
    assert error.value.extra["field"] == "key"
    with pytest.raises(InvalidInput) as error:
        metric_draft_create(key="good", definition={"title": "x", "kind": "ratio"}, actor=None)
    assert error.value.extra["field"] == "definition.numerator"
