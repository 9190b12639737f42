from datetime import UTC, datetime
from typing import Any

import pytest

from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.lifecycle import LayerClaimView
from apps.experiments.contracts.surfaces import PayloadProblem
from apps.experiments.domain.design.reading import design_read
from apps.experiments.domain.design.requirements import (
    ChecklistContext,
    requirements_of,
    requirements_open,
)
from apps.experiments.domain.design.transitions import (
    Action,
    TransitionRefused,
    action_towards,
    status_after,
    status_fits,
)
from tests.experiments.design.documents import base

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def context(**changes: Any) -> ChecklistContext:
    values: dict[str, Any] = {
        "key": "a",
        "action": Action.START,
        "status": Status.IN_REVIEW,
        "design": design_read(base(hypothesis="Because.")),
        "waiting": "in_review",
        "approved": True,
        "as_of": AS_OF,
    }
    return ChecklistContext(**{**values, **changes})


def missing(**changes: Any) -> set[str]:
    return {each.code for each in requirements_open(requirements_of(context(**changes)))}


def layered(low: float, high: float) -> Any:
    return design_read(base(hypothesis="Because.", layer={"name": "l", "low": low, "high": high}))


def test_a_ready_start_misses_nothing() -> None:
    assert missing() == set()
    codes = [each.code for each in requirements_of(context())]
    assert codes == ["status", "version_waits", "hypothesis", "metrics_published",
                     "payloads_valid", "surface_ranks", "looks_sized", "layer_free", "layer_unit", "end_ahead",
                     "approved"]  # fmt: skip


def test_planned_looks_start_with_a_size() -> None:
    plan = {"horizon": "group_sequential", "planned_units": 5000}
    own = design_read(base(hypothesis="Because.", plan=plan))
    assert missing(design=own) == set()
    [size] = [each for each in requirements_of(context(design=own)) if each.code == "looks_sized"]
    assert size.message == "The last look is at 5,000 units."


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": Status.COMPLETED}, "status"),
        ({"waiting": ""}, "version_waits"),
        ({"design": design_read(base())}, "hypothesis"),
        ({"metric_problems": (PayloadProblem("metrics[0].key", "No."),)}, "metrics_published"),
        ({"surface_problems": (PayloadProblem("surface", "No."),)}, "payloads_valid"),
        ({"layer_problems": (PayloadProblem("layer.name", "No."),)}, "layer_free"),
        ({"design": design_read(base(hypothesis="B.", kind="interleaving"))}, "surface_ranks"),
        (
            {"design": design_read(base(hypothesis="B.", plan={"horizon": "group_sequential"}))},
            "looks_sized",
        ),
        (
            {
                "design": layered(0.1, 0.3),
                "claims": (LayerClaimView("b", "client", 0.2, 0.4),),
            },
            "layer_free",
        ),
        (
            {"design": layered(0.1, 0.2), "claims": (LayerClaimView("b", "user", 0.2, 0.4),)},
            "layer_unit",
        ),
        (
            {
                "design": design_read(
                    base(hypothesis="B.", schedule={"ends_at": "2026-10-01T00:00:00+00:00"})
                )
            },
            "end_ahead",
        ),
        ({"approved": False}, "approved"),
        ({"action": Action.SUBMIT, "status": Status.DRAFT}, "version_waits"),
        ({"action": Action.APPROVE, "waiting": "draft"}, "version_under_review"),
        ({"action": Action.DECIDE, "status": Status.RUNNING}, "analysis"),
        (
            {
                "action": Action.DECIDE,
                "status": Status.RUNNING,
                "analysed": True,
                "decided": True,
            },
            "undecided",
        ),
    ],
)
def test_what_is_missing_is_listed(changes: dict[str, Any], code: str) -> None:
    assert missing(**changes) == {code}


def test_neighbours_in_a_layer_do_not_meet() -> None:
    claims = (LayerClaimView("b", "client", 0.2, 0.4),)
    assert missing(design=layered(0.1, 0.2), claims=claims) == set()
    assert missing(design=layered(0.4, 0.5), claims=claims) == set()


def test_where_nobody_reviews_nobody_has_to_approve() -> None:
    assert missing(approved=False, review_required=False) == set()


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_a_checklist_and_a_way(action: Action) -> None:
    assert requirements_of(context(action=action))[0].code == "status"
    assert any(status_fits(action, status) for status in Status)


def test_a_step_that_does_not_fit_says_where_it_would() -> None:
    with pytest.raises(TransitionRefused) as caught:
        status_after(Action.PAUSE, Status.DRAFT)
    assert caught.value.allowed == (Status.RUNNING,)
    assert "it is draft" in str(caught.value)
    assert status_after(Action.KILL, Status.RUNNING) is Status.PAUSED


def test_wishes_lead_where_they_say() -> None:
    for wanted in Status:
        for status in Status:
            action = action_towards(wanted, status)
            if action is not None:
                assert status_after(action, status) is wanted
    assert action_towards(Status.RUNNING, Status.ARCHIVED) is None
