"""Decisions: on which frozen analysis, and what the surface made permanent."""

from datetime import datetime

from django.db import transaction

from apps.access.services import Actor
from apps.common.errors import Conflict, InvalidInput
from apps.experiments.contracts.assignment import Json, Status
from apps.experiments.contracts.design import ANY_SURFACE, ExperimentDesign
from apps.experiments.contracts.lifecycle import ExperimentView, Outcome
from apps.experiments.contracts.surfaces import (
    Shipment,
    ShipReceipt,
    ShipRefused,
    surface_named,
)
from apps.experiments.domain.design.reading import design_read
from apps.experiments.domain.design.transitions import Action
from apps.experiments.models import Analysis, Decision, Experiment, ExperimentVersion
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.services.lifecycle import run_end
from apps.experiments.services.rows import (
    experiment_locked,
    moment,
    person_id,
    requirements_hold,
    status_move,
    transition_write,
)


def experiment_decide(
    *,
    key: str,
    outcome: Outcome | str,
    variant: str = "",
    text: str,
    ship: bool = False,
    actor: Actor,
    now: datetime | None = None,
) -> ExperimentView:
    """Decide on the evidence as it stands; what still runs ends with it.

    The latest analysis is frozen beside the decision. From here on every unit is served the
    decided variant: the shipped one, or control. With `ship` the surface makes its payload
    permanent in the same transaction.

    Raises:
        Conflict: it never ran, was decided already or has no analysis, or the surface cannot
            ship the payload (`ship_refused`).
        InvalidInput: `outcome`, `variant`, `text` or `ship` do not fit.
    """
    with transaction.atomic():
        row = experiment_locked(key)
        to, at = status_move(row, Action.DECIDE), moment(now)
        requirements_hold(key, Action.DECIDE, at)
        if row.live is None:
            raise AssertionError("what was started has an approved design")
        design = design_read(row.live.design)
        wanted = _outcome(outcome)
        chosen = _variant(design, wanted, variant)
        said = _text(text)
        _ship_fits(wanted, ship=ship)
        if row.status != Status.COMPLETED.value:
            run_end(row, at, actor)
        decision = Decision.objects.create(
            experiment=row,
            outcome=wanted.value,
            variant=chosen,
            text=said,
            analysis=analysis_freeze(row),
            decided_by_id=person_id(actor),
            decided_at=at,
        )
        transition_write(
            row,
            action="decided",
            to=to,
            actor=actor,
            at=at,
            reason=said,
            changes={"decision.outcome": (None, wanted.value), "decision.variant": (None, chosen)},
        )
        if ship:
            _ship(row, decision, actor=actor, at=at)
    return experiment_view(key)


def experiment_ship(
    *, key: str, actor: Actor, reason: str = "", now: datetime | None = None
) -> ExperimentView:
    """Ship what was decided to be shipped, later than the decision.

    Raises:
        Conflict: nothing was decided to be shipped, it was shipped already, or the surface
            cannot (`ship_refused`).
    """
    with transaction.atomic():
        row = experiment_locked(key)
        decision = Decision.objects.filter(experiment=row).first()
        if decision is None or decision.outcome != Outcome.SHIP.value or row.live is None:
            raise Conflict("Nothing was decided to be shipped.", code="nothing_to_ship")
        if decision.shipped:
            raise Conflict("It was shipped already.", code="shipped_already")
        _ship(row, decision, actor=actor, at=moment(now), reason=reason)
    return experiment_view(key)


def analysis_freeze(row: Experiment) -> Analysis:
    """A copy of the latest analysis that no later run replaces.

    Raises:
        Conflict: there is none.
    """
    analysis = Analysis.objects.filter(experiment=row, latest=True).first()
    if analysis is None:
        raise Conflict("There is no analysis yet to decide on.", code="requirements_missing")
    analysis.pk = None
    analysis.latest, analysis.frozen = False, True
    analysis.save(force_insert=True)
    return analysis


def _ship(
    row: Experiment, decision: Decision, *, actor: Actor, at: datetime, reason: str = ""
) -> None:
    receipt = _receipt(row, decision, actor, reason)
    decision.shipped = {"message": receipt.message, **receipt.record}
    decision.save(update_fields=["shipped"])
    changes: dict[str, tuple[Json, Json]] = {
        f"shipped.{name}": (None, value) for name, value in receipt.record.items()
    }
    transition_write(
        row, action="shipped", actor=actor, at=at, reason=receipt.message, changes=changes
    )


def _receipt(row: Experiment, decision: Decision, actor: Actor, reason: str) -> ShipReceipt:
    if row.live is None:
        raise AssertionError("what was started has an approved design")
    if row.surface == ANY_SURFACE:
        return ShipReceipt(
            f"Every storefront that asks for {row.key} is served {decision.variant}.",
            {"served_as": "flag", "key": row.key, "variant": decision.variant},
        )
    surface = surface_named(row.surface)
    if surface is None:
        raise Conflict(f"There is no surface {row.surface}.", code="ship_refused")
    said = reason.strip() or f"Experiment {row.key}: {decision.text}"
    try:
        return surface.ship(_shipment(row.live, decision, actor, said))
    except ShipRefused as error:
        raise Conflict(str(error), code="ship_refused") from error


def _shipment(live: ExperimentVersion, decision: Decision, actor: Actor, reason: str) -> Shipment:
    design = design_read(live.design)
    chosen = next(each for each in design.variants if each.key == decision.variant)
    return Shipment(
        experiment=live.subject,
        variant=chosen.key,
        payload=chosen.payload,
        maker_id=live.created_by_id,
        checker_id=live.reviewed_by_id,
        actor_id=person_id(actor),
        reason=reason,
    )


def _outcome(outcome: Outcome | str) -> Outcome:
    try:
        return Outcome(outcome)
    except ValueError:
        listed = ", ".join(each.value for each in Outcome)
        raise InvalidInput(f"Choose one of: {listed}.", field="outcome") from None


def _variant(design: ExperimentDesign, outcome: Outcome, variant: str) -> str:
    control, *others = design.variant_keys
    if outcome is not Outcome.SHIP:
        if variant not in {"", control}:
            raise InvalidInput(
                f"Without shipping, {control} goes on being served.", field="variant"
            )
        return control
    if variant not in others:
        raise InvalidInput(f"Choose what ships: {', '.join(others)}.", field="variant")
    return variant


def _text(text: str) -> str:
    if not text.strip():
        raise InvalidInput("Say why this was decided.", field="text")
    return text.strip()


def _ship_fits(outcome: Outcome, *, ship: bool) -> None:
    if ship and outcome is not Outcome.SHIP:
        raise InvalidInput("Only the outcome ship is shipped.", field="ship")
