"""Steps that tests of phases take."""

from datetime import datetime, timedelta
from typing import Any

from apps.experiments.contracts.lifecycle import ExperimentView, PhaseView
from apps.experiments.services.design import (
    experiment_approve,
    experiment_edit,
    experiment_submit,
)
from apps.experiments.services.lifecycle import (
    experiment_start,
)
from tests.experiments.factories import (
    NOW,
    design_make,
    people,
)

KEY = "weights-test"


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
