"""What the world says about a design: its metrics, its surface, its layer."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.utils import timezone

from apps.common.errors import InvalidInput
from apps.experiments.contracts.design import ANY_SURFACE, ExperimentDesign
from apps.experiments.contracts.lifecycle import Requirement
from apps.experiments.contracts.surfaces import PayloadProblem, surface_named, surfaces
from apps.experiments.domain.design.requirements import ChecklistContext, requirements_of
from apps.experiments.domain.design.transitions import Action
from apps.experiments.models import Analysis, Layer, MetricVersion
from apps.experiments.selectors.experiments import experiment_view, proposal_view
from apps.experiments.selectors.layers import layer_claims
from apps.publishing.bases import publish_kind
from apps.publishing.contracts import VersionStatus


def metric_numbers(keys: Collection[str]) -> Mapping[str, int]:
    """The published version of each metric that there is; one statement."""
    rows = MetricVersion.objects.filter(
        subject__in=list(keys), status=VersionStatus.PUBLISHED.value
    )
    return dict(rows.values_list("subject", "number"))


def design_problems(design: ExperimentDesign) -> tuple[PayloadProblem, ...]:
    """What in a design speaks of something that is not there, or that nobody can read."""
    return (
        *metric_problems(design),
        *surface_problems(design),
        *layer_problems(design),
    )


def metric_problems(design: ExperimentDesign) -> tuple[PayloadProblem, ...]:
    """Metrics that nobody has published."""
    known = metric_numbers([use.key for use in design.metrics])
    return tuple(
        PayloadProblem(f"metrics[{place}].key", f"There is no published metric {use.key}.")
        for place, use in enumerate(design.metrics)
        if use.key not in known
    )


def surface_problems(design: ExperimentDesign) -> tuple[PayloadProblem, ...]:
    """An unknown surface, or payloads that it cannot read."""
    if design.surface == ANY_SURFACE:
        return ()
    surface = surface_named(design.surface)
    if surface is None:
        known = ", ".join([ANY_SURFACE, *(each.name for each in surfaces())])
        return (PayloadProblem("surface", f"Choose one of: {known}."),)
    return tuple(
        PayloadProblem(_joined(f"variants[{place}].payload", problem.field), problem.message)
        for place, variant in enumerate(design.variants)
        for problem in surface.payload_check(variant.payload)
    )


def layer_problems(design: ExperimentDesign) -> tuple[PayloadProblem, ...]:
    """A layer that there is not."""
    layer = design.layer
    if layer is None or Layer.objects.filter(name=layer.name).exists():
        return ()
    return (PayloadProblem("layer.name", f"There is no layer {layer.name}."),)


def _joined(path: str, field: str) -> str:
    if field == "payload" or not field:
        return path
    return f"{path}.{field.removeprefix('payload.')}"


def requirements(
    *, key: str, action: Action | str, as_of: datetime | None = None
) -> tuple[Requirement, ...]:
    """What an action wants of an experiment, met or not; the pre-launch checklist.

    Raises:
        NotFound: there is no such experiment.
        InvalidInput: there is no such action.
    """
    try:
        wanted = Action(action)
    except ValueError:
        listed = ", ".join(each.value for each in Action)
        raise InvalidInput(f"Choose one of: {listed}.", field="action") from None
    return requirements_of(_context(key, wanted, as_of or timezone.now()))


def _context(key: str, action: Action, as_of: datetime) -> ChecklistContext:
    view, proposal = experiment_view(key), proposal_view(key)
    design = proposal.design if proposal is not None else view.design
    layer = design.layer
    return ChecklistContext(
        key=key,
        action=action,
        status=view.status,
        design=design,
        waiting=proposal.status if proposal is not None else "",
        approved=view.approved,
        review_required=publish_kind("experiment").reviewed,
        metric_problems=metric_problems(design),
        surface_problems=surface_problems(design),
        layer_problems=layer_problems(design),
        claims=layer_claims(layer.name, but=key) if layer is not None else (),
        analysed=Analysis.objects.filter(experiment__key=key, latest=True).exists(),
        decided=view.decision is not None,
        as_of=as_of,
    )
