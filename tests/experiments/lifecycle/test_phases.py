from typing import Any

import pytest
from django.utils import timezone

from apps.common.errors import Conflict, InvalidInput
from apps.experiments.contracts.assignment import Reason, Status
from apps.experiments.models import Experiment, Phase
from apps.experiments.selectors.activity import activity
from apps.experiments.services.assign import assignments_for
from apps.experiments.services.design import (
    experiment_edit,
)
from apps.experiments.services.lifecycle import (
    experiment_kill,
    experiment_pause,
    experiment_resume,
    experiment_start,
)
from apps.experiments.services.phases import phase_start
from tests.experiments.factories import (
    design_make,
    experiment_make,
    experiment_running,
    people,
)
from tests.experiments.lifecycle.steps import KEY, after, change, phase_of

pytestmark = pytest.mark.django_db


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


def test_the_kill_switch_assigns_nobody_from_then_on() -> None:
    maker, _ = people()
    experiment_running(now=None)
    assert assigned() == {Reason.SPLIT}
    experiment_kill(key=KEY, actor=maker)
    assert assigned() == set()
    experiment_resume(key=KEY, actor=maker, reason="mended")
    assert assigned() == {Reason.SPLIT}


def assigned() -> set[Reason]:
    """Why a hundred clients got what they got."""
    now = timezone.now()
    return {
        served.assignment.reason
        for unit in range(100)
        for served in assignments_for(
            surface="any", attributes={"client_id": f"c-{unit}"}, as_of=now
        )
        if served.assignment.in_experiment
    }


def test_a_salt_is_chosen_for_the_declared_strata() -> None:
    view = experiment_running(unit="user", stratify_by="segment")
    assert phase_of(view).salt.startswith(f"{KEY}:1:")
