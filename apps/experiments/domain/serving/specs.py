"""From an experiment as it stands to what is assigned from."""

from collections.abc import Sequence
from datetime import datetime

from apps.experiments.contracts.assignment import (
    ExperimentSpec,
    HoldoutSpec,
    LayerSpec,
    PhaseSpec,
    Status,
    StickySpec,
    VariantSpec,
)
from apps.experiments.contracts.design import ExperimentDesign, Stickiness
from apps.experiments.contracts.lifecycle import ExperimentView, Outcome, PhaseView
from apps.experiments.contracts.serving import Pause, ServingExperiment


def serving_of(view: ExperimentView, pauses: tuple[Pause, ...] = ()) -> ServingExperiment:
    """An experiment as serving holds it.

    Raises:
        SpecInvalid: its parts do not fit each other.
    """
    decision = view.decision
    ended = view.status is Status.COMPLETED
    shipped = ended and decision is not None and decision.outcome is Outcome.SHIP
    return ServingExperiment(
        spec=spec_of(view, view.phases),
        kind=view.design.kind,
        surface=view.design.surface,
        unit=view.design.unit,
        stickiness=view.design.stickiness,
        phases=view.phases,
        decided=decision.variant if shipped and decision is not None else "",
        pauses=pauses,
    )


def spec_of(view: ExperimentView, phases: Sequence[PhaseView]) -> ExperimentSpec:
    """The last of these phases, and those before it that ran under the same conditions.

    Raises:
        SpecInvalid: their parts do not fit each other.
    """
    design = view.design
    last = phases[-1] if phases else None
    same = [each for each in phases if last is not None and _conditions(each) == _conditions(last)]
    return ExperimentSpec(
        key=view.key,
        unit=design.unit.attribute,
        variants=tuple(VariantSpec(each.key, each.payload, each.name) for each in design.variants),
        phases=tuple(_phase(each) for each in same),
        status=view.status,
        targeting=design.targeting if last is None else last.targeting,
        layer=_layer(last),
        holdout=_holdout(last),
        forced_units=_forced(view, design),
        sticky=None if design.stickiness is Stickiness.NONE else StickySpec(),
    )


def spec_at(view: ExperimentView, as_of: datetime) -> ExperimentSpec:
    """What was assigned from at a moment: its phase, under the conditions of its time.

    Raises:
        SpecInvalid: the phase is of an older design with other variants.
    """
    begun = [each for each in view.phases if each.starts_at <= as_of]
    return spec_of(view, begun or view.phases)


def _conditions(phase: PhaseView) -> tuple[object, ...]:
    return (
        phase.design_version,
        phase.targeting,
        phase.layer,
        phase.holdout_salt,
        phase.holdout_share,
    )


def _phase(phase: PhaseView) -> PhaseSpec:
    return PhaseSpec(
        number=phase.number,
        salt=phase.salt,
        weights=phase.weights,
        starts_at=phase.starts_at,
        ends_at=phase.ends_at,
        coverage=phase.coverage,
    )


def _layer(phase: PhaseView | None) -> LayerSpec | None:
    if phase is None or phase.layer is None:
        return None
    name, low, high = phase.layer
    return LayerSpec(name, ((low, high),))


def _holdout(phase: PhaseView | None) -> HoldoutSpec | None:
    if phase is None or not phase.holdout_share:
        return None
    return HoldoutSpec(phase.holdout_salt, phase.holdout_share)


def _forced(view: ExperimentView, design: ExperimentDesign) -> dict[str, str]:
    known = design.variant_keys
    return {unit: key for unit, key in view.forced_units.items() if key in known}
