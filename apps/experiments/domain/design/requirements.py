"""The pre-launch checklist: pure questions about a context that was loaded once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from apps.experiments.contracts.assignment import Status
from apps.experiments.contracts.design import ANY_SURFACE, ExperimentDesign, ExperimentKind
from apps.experiments.contracts.lifecycle import LayerClaimView, Requirement
from apps.experiments.contracts.surfaces import PayloadProblem
from apps.experiments.domain.design.transitions import Action, status_fits

_EDGE = 1e-9


@dataclass(frozen=True, slots=True)
class ChecklistContext:
    """Everything that the checklist asks about.

    Attributes:
        key: of the experiment.
        action: what somebody wants to do.
        status: where the experiment stands.
        design: what would run.
        waiting: `draft` or `in_review`; empty when no version waits.
        approved: a second person has approved what waits.
        review_required: whether one must.
        metric_problems, surface_problems, layer_problems: what the world says of the design.
        claims: who else holds something of the design's layer.
        analysed: there is an analysis that a decision could be taken on.
        decided: a decision was taken.
        as_of: now.
    """

    key: str
    action: Action
    status: Status
    design: ExperimentDesign
    waiting: str = ""
    approved: bool = False
    review_required: bool = True
    metric_problems: tuple[PayloadProblem, ...] = ()
    surface_problems: tuple[PayloadProblem, ...] = ()
    layer_problems: tuple[PayloadProblem, ...] = ()
    claims: tuple[LayerClaimView, ...] = ()
    analysed: bool = False
    decided: bool = False
    as_of: datetime | None = None


def requirements_of(context: ChecklistContext) -> tuple[Requirement, ...]:
    """Every requirement of the action, met or not, in the order of the checklist."""
    return tuple(check(context) for check in _CHECKS[context.action])


def requirements_open(requirements: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """Those that are not met."""
    return tuple(each for each in requirements if not each.met)


def _status(context: ChecklistContext) -> Requirement:
    met = status_fits(context.action, context.status)
    where = context.status.value.replace("_", " ")
    said = "fits" if met else f"does not allow to {context.action.value} it"
    return Requirement("status", met, f"The experiment is {where}, which {said}.")


def _waiting(context: ChecklistContext) -> Requirement:
    met = bool(context.waiting)
    said = "A version waits." if met else "There is no draft: edit the design first."
    return Requirement("version_waits", met, said)


def _draft(context: ChecklistContext) -> Requirement:
    met = context.waiting == "draft"
    said = "There is a draft." if met else "There is no draft to submit."
    return Requirement("version_waits", met, said)


def _under_review(context: ChecklistContext) -> Requirement:
    met = context.waiting == "in_review"
    said = "A version is under review." if met else "No version is under review."
    return Requirement("version_under_review", met, said)


def _hypothesis(context: ChecklistContext) -> Requirement:
    met = bool(context.design.hypothesis)
    said = "The hypothesis is written." if met else "Write what you believe, and why."
    return Requirement("hypothesis", met, said, "hypothesis")


def _metrics(context: ChecklistContext) -> Requirement:
    return _problems(
        "metrics_published", context.metric_problems, "Every metric is published.", "metrics"
    )


def _surface(context: ChecklistContext) -> Requirement:
    return _problems(
        "payloads_valid", context.surface_problems, "Every payload can be read.", "variants"
    )


def _interleaved(context: ChecklistContext) -> Requirement:
    interleaving = context.design.kind is ExperimentKind.INTERLEAVING
    met = not interleaving or context.design.surface != ANY_SURFACE
    said = "The surface can serve it." if met else "Interleaving needs a surface that ranks."
    return Requirement("surface_ranks", met, said, "surface")


def _looks(context: ChecklistContext) -> Requirement:
    """Looks would move with the data if their size were not fixed before there are any."""
    plan, field = context.design.plan, "plan.planned_units"
    if not plan.has_looks:
        return Requirement("looks_sized", True, "No looks are planned that need a size.", field)
    if plan.planned_units > 0:
        said = f"The last look is at {plan.planned_units:,} units."
        return Requirement("looks_sized", True, said, field)
    said = "Planned looks need the units at the last look: take them from the plan calculator."
    return Requirement("looks_sized", False, said, field)


def _layer(context: ChecklistContext) -> Requirement:
    if context.layer_problems:
        return _problems("layer_free", context.layer_problems, "", "layer")
    layer = context.design.layer
    if layer is None:
        return Requirement("layer_free", True, "It stands outside of every layer.", "layer")
    held = [
        claim.experiment
        for claim in context.claims
        if claim.low < layer.high - _EDGE and layer.low < claim.high - _EDGE
    ]
    if held:
        said = f"{', '.join(held)} holds part of this range of {layer.name}."
        return Requirement("layer_free", False, said, "layer")
    return Requirement("layer_free", True, f"The range of {layer.name} is free.", "layer")


def _layer_unit(context: ChecklistContext) -> Requirement:
    unit = context.design.unit
    others = sorted({claim.experiment for claim in context.claims if claim.unit != unit.value})
    if others:
        said = f"{', '.join(others)} of this layer randomises another unit: they would overlap."
        return Requirement("layer_unit", False, said, "unit")
    return Requirement("layer_unit", True, "Its layer randomises one unit.", "unit")


def _end(context: ChecklistContext) -> Requirement:
    end = context.design.schedule.ends_at
    met = end is None or context.as_of is None or end > context.as_of
    said = "The planned end lies ahead." if met else "The planned end has passed."
    return Requirement("end_ahead", met, said, "schedule.ends_at")


def _approved(context: ChecklistContext) -> Requirement:
    if not context.review_required:
        return Requirement("approved", True, "No second person has to approve it here.")
    said = "A second person has approved it."
    if not context.approved:
        said = "A second person must approve it first."
    return Requirement("approved", context.approved, said)


def _analysed(context: ChecklistContext) -> Requirement:
    said = "There is an analysis to decide on."
    if not context.analysed:
        said = "There is no analysis yet to decide on."
    return Requirement("analysis", context.analysed, said)


def _undecided(context: ChecklistContext) -> Requirement:
    said = "It was decided already." if context.decided else "It is not decided yet."
    return Requirement("undecided", not context.decided, said)


def _problems(
    code: str, problems: tuple[PayloadProblem, ...], fine: str, field: str
) -> Requirement:
    if not problems:
        return Requirement(code, True, fine, field)
    said = " ".join(problem.message for problem in problems)
    return Requirement(code, False, said, problems[0].field)


Check = Callable[[ChecklistContext], Requirement]
_DESIGN: tuple[Check, ...] = (
    _hypothesis,
    _metrics,
    _surface,
    _interleaved,
    _looks,
    _layer,
    _layer_unit,
    _end,
)
_CHECKS: dict[Action, tuple[Check, ...]] = {
    Action.EDIT: (_status,),
    Action.SUBMIT: (_status, _draft, *_DESIGN),
    Action.WITHDRAW: (_status, _under_review),
    Action.APPROVE: (_status, _under_review),
    Action.REJECT: (_status, _under_review),
    Action.START: (_status, _waiting, *_DESIGN, _approved),
    Action.PAUSE: (_status,),
    Action.RESUME: (_status,),
    Action.COMPLETE: (_status,),
    Action.ARCHIVE: (_status,),
    Action.KILL: (_status,),
    Action.DECIDE: (_status, _undecided, _analysed),
}
