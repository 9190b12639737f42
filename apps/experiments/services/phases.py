"""Phases: immutable stretches of a run. One ends where the next begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from apps.access.services import Actor
from apps.common.errors import Conflict, InvalidInput
from apps.experiments.contracts.assignment import Json, Status
from apps.experiments.contracts.design import BanditPlan, ExperimentDesign
from apps.experiments.contracts.lifecycle import ExperimentView, HoldoutView, PhaseView
from apps.experiments.domain.design.coherence import WEIGHTS_TOLERANCE
from apps.experiments.domain.design.layers import layer_edges
from apps.experiments.domain.design.phases import Allocation, coverages_approved
from apps.experiments.domain.design.reading import design_read
from apps.experiments.models import Experiment, Layer, LayerClaim, Phase
from apps.experiments.selectors.experiments import experiment_view, phase_view
from apps.experiments.selectors.layers import holdout_live
from apps.experiments.services.rows import (
    experiment_locked,
    moment,
    person_id,
    transition_write,
)
from apps.experiments.services.stratification import salt_for

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Salt:
    """What units are hashed with, and the holdout that is frozen with it."""

    text: str
    version: int
    holdout: HoldoutView


def phase_start(
    *,
    key: str,
    weights: Sequence[float] | None = None,
    coverage: float | None = None,
    chances_best: Mapping[str, float] | None = None,
    actor: Actor,
    reason: str,
    now: datetime | None = None,
) -> ExperimentView:
    """The next phase, within what the approved design allows; nothing when nothing changes.

    Coverage moves to a step of the design's ramp and only up; weights move only in a bandit,
    each at its floor or above. New weights draw a new salt.

    Raises:
        Conflict: it does not run (`not_running`).
        InvalidInput: `coverage` or `weights` are not what was approved.
    """
    with transaction.atomic():
        row = experiment_locked(key)
        design, open_phase = _running(row)
        at = moment(now)
        before = Allocation(open_phase.coverage, open_phase.weights)
        after = Allocation(
            _coverage_approved(design, before.coverage, coverage),
            _weights_approved(design, before.weights, weights),
        )
        if after != before:
            salt = salt_kept(open_phase)
            if after.weights != before.weights:
                salt = salt_drawn(row.key, design, open_phase.salt_version + 1, after, at)
            phase_open(
                row, design, after, salt, at=at, reason=reason, actor=actor,
                chances_best=chances_best,
            )  # fmt: skip
            transition_write(
                row,
                action="phase_started",
                actor=actor,
                at=at,
                reason=reason,
                changes=allocation_changes(design, before, after),
            )
    return experiment_view(key)


def phase_open(
    row: Experiment,
    design: ExperimentDesign,
    allocation: Allocation,
    salt: Salt,
    *,
    at: datetime,
    reason: str,
    actor: Actor,
    chances_best: Mapping[str, float] | None = None,
) -> None:
    """End the open phase and begin the next with the live design."""
    if row.live_id is None:
        raise AssertionError("a phase runs an approved design")
    phase_close(row, at)
    number = Phase.objects.filter(experiment=row).count() + 1
    layer = design.layer
    Phase.objects.create(
        experiment=row,
        number=number,
        version_id=row.live_id,
        salt=salt.text,
        salt_version=salt.version,
        coverage=allocation.coverage,
        weights=list(allocation.weights),
        targeting=dict(design.targeting),
        layer=layer.name if layer is not None else "",
        layer_low=layer.low if layer is not None else 0.0,
        layer_high=layer.high if layer is not None else 1.0,
        holdout_salt=salt.holdout.salt,
        holdout_share=salt.holdout.share,
        chances_best=dict(chances_best or {}),
        starts_at=at,
        reason=reason.strip(),
        created_by_id=person_id(actor),
    )


def phase_close(row: Experiment, at: datetime) -> None:
    """End the open phase, if there is one.

    Raises:
        InvalidInput: it began later.
    """
    phase = Phase.objects.filter(experiment=row, ends_at__isnull=True).first()
    if phase is None:
        return
    if at < phase.starts_at:
        raise InvalidInput("A phase cannot end before it began.", field="now")
    phase.ends_at = at
    phase.save(update_fields=["ends_at"])


def last_phase(row: Experiment) -> PhaseView | None:
    """The phase that is open, or ended last."""
    phase = (
        Phase.objects.filter(experiment=row).select_related("version").order_by("number").last()
    )
    return None if phase is None else phase_view(phase)


def salt_kept(previous: PhaseView) -> Salt:
    """The salt of the phase before, with its holdout: nobody moves."""
    holdout = HoldoutView(previous.holdout_salt, previous.holdout_share, 0)
    return Salt(previous.salt, previous.salt_version, holdout)


def salt_drawn(
    key: str, design: ExperimentDesign, version: int, allocation: Allocation, at: datetime
) -> Salt:
    """A new salt, with the global holdout as it is now.

    The key is part of it, so two experiments never share one; a design that names strata has
    it chosen for their balance.
    """
    holdout = holdout_live() if design.holdout else HoldoutView("", 0.0, 0)
    salt = salt_for(
        key=key,
        salt_version=version,
        design=design,
        as_of=at,
        weights=allocation.weights,
        coverage=allocation.coverage,
    )
    return Salt(salt, version, holdout)


def layer_claim(row: Experiment, design: ExperimentDesign) -> None:
    """Hold the design's range of its layer, and give up any other.

    Raises:
        Conflict: somebody else holds part of it (`layer_taken`).
    """
    layer_release(row)
    if design.layer is None:
        return
    low, high = layer_edges(design.layer)
    layer = Layer.objects.get(name=design.layer.name)
    try:
        with transaction.atomic():
            LayerClaim.objects.create(layer=layer, experiment=row, low=low, high=high)
    except IntegrityError as error:
        raise Conflict(
            f"Another experiment holds part of this range of {layer.name}.",
            code="layer_taken",
            extra={"field": "layer"},
        ) from error


def layer_release(row: Experiment) -> None:
    """Give up what the experiment holds of any layer."""
    LayerClaim.objects.filter(experiment=row).delete()


def allocation_changes(
    design: ExperimentDesign, before: Allocation, after: Allocation
) -> dict[str, tuple[Json, Json]]:
    """What of coverage and weights differs, by path."""
    changes: dict[str, tuple[Json, Json]] = {}
    if before.coverage != after.coverage:
        changes["phase.coverage"] = (before.coverage, after.coverage)
    for place, key in enumerate(design.variant_keys):
        old = before.weights[place] if place < len(before.weights) else None
        if old != after.weights[place]:
            changes[f"phase.weights.{key}"] = (old, after.weights[place])
    return changes


def _running(row: Experiment) -> tuple[ExperimentDesign, PhaseView]:
    phase = last_phase(row)
    if row.status != Status.RUNNING.value or row.live is None or phase is None:
        raise Conflict(f"{row.key} does not run.", code="not_running")
    return design_read(row.live.design), phase


def _coverage_approved(design: ExperimentDesign, current: float, wanted: float | None) -> float:
    if wanted is None:
        return current
    if wanted < current:
        raise InvalidInput("Coverage only grows; propose a change to lower it.", field="coverage")
    if wanted != current and wanted not in coverages_approved(design):
        raise InvalidInput("This coverage is no step of the approved ramp.", field="coverage")
    return wanted


def _weights_approved(
    design: ExperimentDesign, current: tuple[float, ...], wanted: Sequence[float] | None
) -> tuple[float, ...]:
    if wanted is None:
        return current
    bandit = design.bandit
    if bandit is None:
        raise InvalidInput("Weights move by themselves only in a bandit.", field="weights")
    if not _weights_fit(bandit, tuple(wanted), len(design.variants)):
        raise InvalidInput(
            f"Give one weight a variant, each {bandit.floor:g} or more, that sum to 1.",
            field="weights",
        )
    return tuple(float(weight) for weight in wanted)


def _weights_fit(bandit: BanditPlan, weights: tuple[float, ...], variants: int) -> bool:
    return (
        len(weights) == variants
        and min(weights) >= bandit.floor - _ROUNDING
        and abs(sum(weights) - 1) <= WEIGHTS_TOLERANCE
    )
