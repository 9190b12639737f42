from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.common.errors import InvalidInput
from apps.experiments.models import Analysis
from apps.experiments.registration.jobs_lifecycle import schedule_run
from apps.experiments.selectors.activity import activity
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.design import (
    experiment_submit,
)
from apps.experiments.services.layers import (
    layer_create,
)
from apps.experiments.services.lifecycle import (
    experiment_pause,
    experiment_resume,
    experiment_start,
)
from apps.experiments.services.phases import phase_start
from apps.experiments.services.ramps import ScheduleReport, schedules_apply
from tests.experiments.factories import (
    NOW,
    experiment_approved,
    experiment_make,
    experiment_running,
    people,
)
from tests.experiments.lifecycle.steps import KEY, after, phase_of

pytestmark = pytest.mark.django_db
RAMP = {"ramp": [{"coverage": 0.05, "after_hours": 24}, {"coverage": 0.5, "after_hours": 48}]}


def test_the_ramp_takes_its_steps_and_no_others() -> None:
    experiment_running(coverage=0.01, schedule=RAMP)
    assert schedules_apply(now=after(23)).stepped == ()
    assert schedules_apply(now=after(24)).stepped == (KEY,)
    second = phase_of(experiment_view(KEY))
    assert (second.coverage, second.salt_version, second.reason) == (
        0.05,
        1,
        "planned step of the ramp",
    )
    assert schedules_apply(now=after(25)).stepped == ()
    maker, _ = people()
    experiment_pause(key=KEY, actor=maker, reason="x", now=after(30))
    assert schedules_apply(now=after(60)).stepped == ()
    experiment_resume(key=KEY, actor=maker, reason="x", now=after(60))
    assert schedules_apply(now=after(77)).stepped == ()
    assert schedules_apply(now=after(78)).stepped == (KEY,)
    assert phase_of(experiment_view(KEY)).coverage == 0.5


def test_a_ramp_does_not_grow_into_an_alarm() -> None:
    view = experiment_running(coverage=0.01, schedule=RAMP)
    row = Analysis.objects.create(
        experiment_id=view.id, as_of=NOW, computed_at=NOW, action="investigate", health="alarm",
        document={},
    )  # fmt: skip
    assert schedules_apply(now=after(25)).held == (KEY,)
    assert phase_of(experiment_view(KEY)).coverage == 0.01
    Analysis.objects.filter(pk=row.pk).update(health="ok")
    assert schedules_apply(now=after(25)).stepped == (KEY,)


def test_a_person_may_take_a_planned_step_early() -> None:
    experiment_running(coverage=0.01, schedule=RAMP)
    maker, _ = people()
    view = phase_start(key=KEY, coverage=0.5, actor=maker, reason="all is well", now=after(1))
    assert phase_of(view).coverage == 0.5
    assert schedules_apply(now=after(25)).stepped == ()
    same = phase_start(key=KEY, coverage=0.5, actor=maker, reason="again", now=after(2))
    assert phase_of(same).number == 2
    for coverage in (0.7, 0.05):
        with pytest.raises(InvalidInput) as caught:
            phase_start(key=KEY, coverage=coverage, actor=maker, reason="x", now=after(3))
        assert caught.value.extra["field"] == "coverage"
    with pytest.raises(InvalidInput) as caught:
        phase_start(key=KEY, weights=(0.5, 0.5), actor=maker, reason="x")
    assert caught.value.extra["field"] == "weights"


def test_planned_starts_and_ends() -> None:
    plan = {"starts_at": after(1).isoformat(), "ends_at": after(5).isoformat()}
    experiment_approved("planned", schedule=plan)
    experiment_make("not-submitted", schedule=plan)
    maker, _ = people()
    experiment_make("not-approved", schedule=plan)
    experiment_submit(key="not-approved", actor=maker, now=NOW)
    assert schedules_apply(now=NOW).started == ()
    report = schedules_apply(now=after(1))
    assert report.started == ("planned",)
    assert report.refused == ()
    view = experiment_view("planned")
    assert (view.started_at, activity("planned")[-1].actor) == (after(1), "")
    assert schedules_apply(now=after(5)).completed == ("planned",)
    assert experiment_view("planned").ended_at == after(5)


def test_one_that_refuses_stops_no_other() -> None:
    layer_create(name="l", actor=None)
    layer = {"name": "l", "low": 0, "high": 0.5}
    plan = {"starts_at": after(1).isoformat()}
    for key in ("one", "two"):
        experiment_approved(key, layer=layer, schedule=plan)
    experiment_approved("three", schedule=plan)
    report = schedules_apply(now=after(1))
    assert len(report.started) == 2
    assert "three" in report.started
    assert len(report.refused) == 1


def test_the_job_says_what_it_did() -> None:
    class Context:
        as_of = after(1)

    experiment_approved(schedule={"starts_at": NOW.isoformat()})
    context: Any = Context()
    assert schedule_run(context) == {"started": 1}
    assert schedule_run(context) == {}


def test_a_start_and_an_idle_pass_cost_the_same_among_many(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for place in range(4):
        experiment_running(f"other-{place}")
    experiment_approved()
    with django_assert_max_num_queries(60):
        experiment_start(key=KEY, actor=None, reason="go", now=NOW)
    with django_assert_max_num_queries(4):
        assert schedules_apply(now=after(1)) == ScheduleReport()
