"""'Why is this unit in B?': every question that assignment asks of a unit, with what it read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.common.errors import ApplicationError, InvalidInput
from apps.experiments.contracts.assignment import Assignment, Json, TraceStep
from apps.experiments.contracts.lifecycle import ExperimentView
from apps.experiments.domain.charts.marks import Drawing
from apps.experiments.domain.pages.tracing import (
    attributes_read,
    reason_words,
    step_picture,
    step_title,
    step_words,
    unit_names,
)
from apps.experiments.selectors.experiments import experiment_view
from apps.experiments.selectors.pages import units_recorded
from apps.experiments.services.assign import assignment_trace
from apps.experiments.views.detail import moment_read
from apps.experiments.views.gate import analyst_page


@dataclass(frozen=True, slots=True)
class StepView:
    """One question, worded; `lines` are what it read."""

    title: str
    passed: bool
    words: str
    lines: tuple[tuple[str, str], ...]
    picture: Drawing | None


@require_safe
@analyst_page
def experiment_trace(request: HttpRequest, key: str) -> HttpResponse:
    view = experiment_view(key)
    unit = request.GET.get("unit", "").replace("\x00", "").strip()[:200]
    context: dict[str, object] = {
        "view": view,
        "unit": unit,
        "attribute": view.design.unit.attribute,
        "attributes": request.GET.get("attributes", "")[:5000],
        "as_of": request.GET.get("as_of", ""),
    }
    if unit:
        try:
            context |= _traced(request, view, unit)
        except ApplicationError as error:
            context["refused"] = error.message
    return render(request, "experiments/trace.html", context)


def _traced(request: HttpRequest, view: ExperimentView, unit: str) -> Mapping[str, object]:
    moment = request.GET.get("as_of", "")
    as_of = moment_read(moment) if moment else timezone.now()
    found = _assigned(view, unit, request.GET.get("attributes", "")[:5000], as_of)
    names = {variant.key: variant.name or variant.key for variant in view.design.variants}
    return {
        "found": found,
        "variant": names.get(found.variant, found.variant),
        "reason": reason_words(found),
        "steps": [_step(step, names) for step in found.trace],
        "recorded": units_recorded(
            experiment_id=view.id, units=unit_names(view.design.unit, unit)
        ),
        "traced_at": as_of,
    }


def _assigned(view: ExperimentView, unit: str, attributes: str, as_of: datetime) -> Assignment:
    try:
        known: dict[str, Json] = attributes_read(attributes)
    except ValueError as error:
        raise InvalidInput(str(error), field="attributes") from error
    known[view.design.unit.attribute] = unit
    return assignment_trace(key=view.key, attributes=known, as_of=as_of)


def _step(step: TraceStep, names: Mapping[str, str]) -> StepView:
    lines = tuple(
        (name.replace("_", " "), value if isinstance(value, str) else json.dumps(value))
        for name, value in step.detail.items()
    )
    return StepView(
        title=step_title(step),
        passed=step.passed,
        words=step_words(step),
        lines=lines,
        picture=step_picture(step, names),
    )
