from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from apps.common.errors import ApplicationError, Conflict, InvalidInput, NotFound
from apps.experiments.contracts.assignment import Status
from apps.experiments.models import Phase, Transition
from apps.experiments.selectors.experiments import (
    design_numbered,
    experiment_count,
    experiment_view,
    experiment_views,
    proposal_view,
    serving_rows,
)
from apps.experiments.selectors.requirements import requirements
from apps.experiments.services.design import (
    experiment_approve,
    experiment_create,
    experiment_edit,
    experiment_submit,
)
from apps.experiments.services.lifecycle import (
    experiment_kill,
    experiment_start,
)
from tests.experiments.factories import (
    NOW,
    design_make,
    experiment_make,
    experiment_running,
    metric_publish,
    metrics_make,
    people,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
KEY = "weights-test"
SAID: dict[str, Any] = {"key": KEY, "reason": "a test", "now": LATER}


def test_submitting_freezes_the_versions_of_metrics() -> None:
    maker, checker = people()
    experiment_make()
    metric_publish("cvr")
    experiment_submit(key=KEY, actor=maker)
    metric_publish("cvr")
    experiment_approve(key=KEY, actor=checker)
    running = experiment_start(key=KEY, actor=maker, reason="go", now=NOW)
    assert [use.version for use in running.design.metrics] == [2]
    metrics_make("revenue")
    uses = [{"key": "cvr", "role": "primary"}, {"key": "revenue"}]
    experiment_edit(key=KEY, design=design_make(metrics=uses), actor=maker)
    experiment_submit(key=KEY, actor=maker)
    proposal = proposal_view(KEY)
    assert proposal is not None
    assert [use.version for use in proposal.design.metrics] == [2, 1]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metrics": [{"key": "nope", "role": "primary"}]}, "metrics[0].key"),
        ({"surface": "nowhere"}, "surface"),
        ({"layer": {"name": "nowhere"}}, "layer.name"),
        ({"coverage": 2}, "coverage"),
        ({"x": 1}, "x"),
    ],
)
def test_a_bad_design_is_refused_by_field(change: dict[str, Any], field: str) -> None:
    metrics_make("cvr")
    with pytest.raises(InvalidInput) as caught:
        experiment_create(key=KEY, design=design_make(**change), actor=None)
    assert caught.value.extra["field"] == field
    assert experiment_count() == 0


def test_keys_are_taken_once() -> None:
    experiment_make()
    with pytest.raises(Conflict) as caught:
        experiment_make()
    assert caught.value.code == "key_taken"
    with pytest.raises(InvalidInput):
        experiment_make("plan")


@pytest.mark.parametrize(
    "ask", [experiment_view, proposal_view, lambda key: design_numbered(key, 1)]
)
def test_what_is_not_there(ask: Any) -> None:
    with pytest.raises(NotFound):
        ask("nothing")
    with pytest.raises(NotFound):
        experiment_kill(key="nothing", actor=None)


def test_a_list_of_any_length_costs_three_statements(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for place in range(4):
        experiment_running(f"test-{place}")
    experiment_make("draft")
    for limit in (1, 5):
        with django_assert_num_queries(3):
            assert len(experiment_views(limit=limit)) == limit
    with django_assert_num_queries(3):
        assert [view.key for view in serving_rows()] == ["draft", "test-0", "test-1", "test-2",
                                                         "test-3"]  # fmt: skip
    assert len(experiment_views(statuses=[Status.DRAFT])) == 1
    assert experiment_count(statuses=[Status.RUNNING]) == 4
    assert [view.key for view in experiment_views(keys=["draft"])] == ["draft"]


def test_history_cannot_be_rewritten() -> None:
    experiment_running()
    with pytest.raises(IntegrityError), transaction.atomic():
        Phase.objects.update(coverage=0.1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Transition.objects.update(reason="x")
    assert design_numbered(KEY, 1).name == "A test of weights"


def test_an_unknown_action_has_no_checklist() -> None:
    experiment_make()
    with pytest.raises(ApplicationError) as caught:
        requirements(key=KEY, action="dance")
    assert caught.value.extra["field"] == "action"
