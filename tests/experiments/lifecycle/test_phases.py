from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.common.errors import Conflict, InvalidInput
from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.lifecycle import ExperimentView, PhaseView
from apps.experiments.models import Analysis, Experiment, LayerClaim, Phase
from apps.experiments.registration.jobs_lifecycle import schedule_run
from apps.experiments.selectors.activity import activity
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.layers import holdout_live, layer_view, layers_view
from apps.experiments.services.design import (
    experiment_approve,
    experiment_edit,
    experiment_submit,
)
from apps.experiments.services.layers import (
    holdout_approve,
    holdout_draft,
    holdout_publish,
    holdout_reject,
    holdout_submit,
    holdout_withdraw,
    layer_create,
    layer_describe,
)
from apps.experiments.services.lifecycle import (
    experiment_complete,
    experiment_pause,
    experiment_resume,
    experiment_start,
)
from apps.experiments.services.phases import phase_start
from apps.experiments.services.ramps import schedules_apply
from tests.experiments.factories import (
    NOW,
    design_make,
    experiment_approved,
    experiment_make,
    experiment_running,
    people,
)

pytestmark = pytest.mark.django_db
KEY = "weights-test"
RAMP = {"ramp": [{"coverage": 0.05, "after_hours": 24}, {"coverage": 0.5, "after_hours": 48}]}


def after(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def change(hours: float = 1.0, **design: Any) -> ExperimentView:
    """Propose, approve and apply another design of what runs."""
    maker, checker = people()
    experiment_edit(key=KEY, design=design_make(**design), actor=maker, now=after(hours))
    experiment_submit(key=KEY, actor=maker, now=after(hours))
    experiment_approve(key=KEY, actor=checker, now=after(hours))
    return experiment_start(key=KEY, actor=maker, reason="a change", now=after(hours))


def phase_of(view: ExperimentView) -> PhaseView:
    assert view.phase is not None
    return view.phase


def test_a_proposed_change_moves_nothing_before_it_is_applied() -> None:
    first = phase_of(experiment_running(coverage=0.1))
    maker, _ = people()
    edited = experiment_edit(key=KEY, design=design_make(coverage=0.5), actor=maker)
    assert (edited.phase, edited.design.coverage) == (first, 0.1)
    assert edited.status is Status.RUNNING
    with pytest.raises(Conflict) as caught:
        experiment_start(key=KEY, actor=maker, reason="x")
    assert caught.value.code == "requirements_missing"


def test_coverage_grows_within_a_salt() -> None:
    first = phase_of(experiment_running(coverage=0.1))
    view = change(coverage=0.5)
    second = phase_of(view)
    assert (second.number, second.salt, second.salt_version) == (2, first.salt, 1)
    assert (second.coverage, second.design_version) == (0.5, 2)
    assert view.phases[0].ends_at == second.starts_at == after(1)
    line = activity(KEY)[-1]
    assert line.action == "phase_started"
    assert line.changes == {"coverage": (0.1, 0.5), "phase.coverage": (0.1, 0.5)}


@pytest.mark.parametrize(
    "design",
    [
        {"coverage": 0.05},
        {"coverage": 0.1, "targeting": {"country": "NL"}},
        {
            "coverage": 0.1,
            "variants": [
                {"key": "control", "weight": 0.2},
                {"key": "treatment", "weight": 0.8, "payload": {"a": 1}},
            ],
        },
    ],
)
def test_whatever_moves_units_draws_a_new_salt(design: dict[str, Any]) -> None:
    first = phase_of(experiment_running(coverage=0.1))
    second = phase_of(change(**design))
    assert second.salt != first.salt
    assert second.salt.startswith(f"{KEY}:2:")
    assert (second.number, second.salt_version) == (2, 2)


def test_a_changed_name_keeps_the_salt() -> None:
    first = phase_of(experiment_running(coverage=0.1))
    view = change(coverage=0.1, name="Another name")
    assert phase_of(view).salt == first.salt
    assert Experiment.objects.get(key=KEY).name == "Another name"


@pytest.mark.parametrize("field", ["unit", "kind", "surface"])
def test_what_is_fixed_after_the_start(field: str) -> None:
    experiment_running()
    maker, _ = people()
    others = {"unit": "user", "kind": "interleaving", "surface": "any"}
    Experiment.objects.filter(key=KEY).update(**({"surface": "x"} if field == "surface" else {}))
    with pytest.raises(InvalidInput) as caught:
        experiment_edit(key=KEY, design=design_make(**{field: others[field]}), actor=maker)
    assert caught.value.extra["field"] == field


def test_a_change_applied_while_paused_stays_paused() -> None:
    experiment_running(coverage=0.1)
    maker, _ = people()
    experiment_pause(key=KEY, actor=maker, reason="x", now=after(0.5))
    view = change(coverage=0.2)
    assert (view.status, phase_of(view).number) == (Status.PAUSED, 2)
    with pytest.raises(Conflict) as caught:
        experiment_start(key=KEY, actor=maker, reason="x")
    assert caught.value.code == "nothing_waits"


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


def test_only_what_runs_has_a_next_phase() -> None:
    experiment_make()
    with pytest.raises(Conflict) as caught:
        phase_start(key=KEY, coverage=1.0, actor=None, reason="x")
    assert caught.value.code == "not_running"


def test_a_bandit_moves_within_its_floor() -> None:
    experiment_running(kind="bandit", bandit={"metric": "cvr", "floor": 0.1})
    view = phase_start(
        key=KEY,
        weights=(0.1, 0.9),
        chances_best={"treatment": 0.9},
        actor=None,
        reason="earned",
        now=after(1),
    )
    second = phase_of(view)
    assert (second.weights, second.salt_version, second.number) == ((0.1, 0.9), 2, 2)
    assert Phase.objects.get(number=2).chances_best == {"treatment": 0.9}
    line = activity(KEY)[-1]
    assert line.changes["phase.weights.treatment"] == (0.5, 0.9)
    for weights in ((0.05, 0.95), (0.5, 0.6), (1.0,)):
        with pytest.raises(InvalidInput):
            phase_start(key=KEY, weights=weights, actor=None, reason="x", now=after(2))
    # An approved change that leaves the arms alone leaves the earned weights alone.
    kept = change(3, kind="bandit", bandit={"metric": "cvr", "floor": 0.1}, name="Other")
    assert phase_of(kept).weights == (0.1, 0.9)
    assert phase_of(kept).salt == second.salt


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


def test_a_layer_is_held_and_given_back() -> None:
    maker, _ = people()
    made = layer_create(name="checkout", description="All of checkout.", actor=maker)
    assert made.free == ((0.0, 1.0),)
    with pytest.raises(Conflict) as caught:
        layer_create(name="checkout", actor=maker)
    assert caught.value.code == "layer_exists"
    with pytest.raises(InvalidInput) as bad:
        layer_create(name="no spaces", actor=maker)
    assert bad.value.extra["field"] == "name"
    assert layer_describe(name="checkout", description="Other", actor=maker).description == "Other"
    experiment_running(layer={"name": "checkout", "low": 0.1, "high": 0.35})
    (view,) = layers_view()
    assert view.free == ((0.0, 0.1), (0.35, 1.0))
    assert [(claim.experiment, claim.low, claim.high) for claim in view.claims] == [
        (KEY, 0.1, 0.35)
    ]
    with pytest.raises(Conflict) as missing:
        experiment_running("second", layer={"name": "checkout", "low": 0.3, "high": 0.5})
    assert [each["code"] for each in missing.value.extra["requirements"]] == ["layer_free"]
    moved = change(layer={"name": "checkout", "low": 0.5, "high": 0.6})
    assert phase_of(moved).layer == ("checkout", 0.5, 0.6)
    assert layer_view("checkout").claims[0].low == 0.5
    experiment_complete(key=KEY, actor=maker, reason="x", now=after(9))
    assert LayerClaim.objects.count() == 0


def holdout_set(share: float, *, redraw: bool = False) -> None:
    maker, checker = people()
    holdout_draft(share=share, redraw=redraw, actor=maker)
    holdout_submit(actor=maker)
    holdout_approve(actor=checker)
    holdout_publish(actor=maker, reason="a test")


def test_a_phase_freezes_the_holdout() -> None:
    assert holdout_live().share == 0
    holdout_set(0.05)
    salt = holdout_live().salt
    first = phase_of(experiment_running(coverage=0.1))
    assert (first.holdout_salt, first.holdout_share) == (salt, 0.05)
    assert phase_of(experiment_running("outside", holdout=False)).holdout_share == 0
    holdout_set(0.1)
    assert (holdout_live().salt, holdout_live().share) == (salt, 0.1)
    wider = phase_of(change(coverage=0.5))
    assert wider.holdout_share == 0.05
    moved = phase_of(change(2, coverage=0.5, targeting={"country": "NL"}))
    assert moved.holdout_share == 0.1
    holdout_set(0.1, redraw=True)
    assert holdout_live().salt != salt


def test_the_holdout_s_way() -> None:
    maker, checker = people()
    with pytest.raises(Conflict) as caught:
        holdout_submit(actor=maker)
    assert caught.value.code == "nothing_waits"
    holdout_draft(share=0.1, actor=maker)
    assert holdout_draft(share=0.2, actor=maker).number == 1
    assert holdout_draft(share=0.2, actor=checker).number == 2
    holdout_submit(actor=checker)
    with pytest.raises(Conflict):
        holdout_draft(share=0.3, actor=maker)
    holdout_withdraw(actor=checker)
    holdout_submit(actor=checker)
    holdout_reject(actor=maker, reason="Too much.")
    for share in (0.6, True):
        with pytest.raises(InvalidInput) as bad:
            holdout_draft(share=share, actor=maker)
        assert bad.value.extra["field"] == "share"
