"""The guided form: choose a template, write the design, calculate the plan, save the draft."""

import math
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path

from apps.common.errors import ApplicationError
from apps.experiments.admin.experiment_pages import ExperimentPages
from apps.experiments.admin.layer_pictures import layer_pictures
from apps.experiments.admin.steps import Standing
from apps.experiments.contracts.analysis import PlanAnswer
from apps.experiments.contracts.design import Horizon
from apps.experiments.contracts.surfaces import surfaces
from apps.experiments.domain.design.writing import design_written
from apps.experiments.domain.guided.templates import (
    TEMPLATES,
    template_document,
    template_named,
)
from apps.experiments.forms.guided import GuidedDesign
from apps.experiments.forms.plan_question import PlanAsked
from apps.experiments.selectors.layers import layers_view
from apps.experiments.selectors.metrics import metrics_live
from apps.experiments.services.analysis import plan_calculate
from apps.experiments.services.design import experiment_create, experiment_edit


class GuidedPages(ExperimentPages):
    """Writing a design; saving is `experiment_create` or `experiment_edit`."""

    def get_urls(self) -> list[URLPattern]:
        ours = [
            path("plan/", self.admin_site.admin_view(self.plan_view), name=self._name("plan")),
            path(
                "<int:object_id>/edit/",
                self.admin_site.admin_view(self.edit_view),
                name=self._name("edit"),
            ),
        ]
        urls: list[URLPattern] = super().get_urls()
        return ours + urls

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Choose a template, then fill the form."""
        del form_url, extra_context
        self._demand(request, "add_experiment")
        wanted = request.GET.get("template")
        if wanted is None:
            return self._page(request, "templates", title="A new experiment", templates=TEMPLATES)
        document = template_document(
            template_named(wanted),
            surfaces={each.name for each in surfaces()},
            metrics={each.key for each in metrics_live()},
        )
        return self._guided(request, document, standing=None)

    def edit_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Edit the draft, or propose a change of what runs."""
        self._demand(request, "change_experiment")
        standing = self._standing(request, object_id)
        design = standing.proposal.design if standing.proposal else standing.view.design
        return self._guided(request, design_written(design), standing=standing)

    def plan_view(self, request: HttpRequest) -> HttpResponse:
        """The calculator's answer to the form as it stands, for the page's script."""
        self._demand(request, "view_experiment")
        guided = self._form(request, {"variants": [], "metrics": []}, new=False)
        answer, problem = _plan_calculated(guided)
        html = render_to_string(
            "admin/experiments/experiment/_plan.html",
            {"plan": answer, "problem": problem, "points": _points(answer)},
        )
        return JsonResponse({"html": html, "ready": answer is not None})

    def _guided(
        self, request: HttpRequest, document: dict[str, Any], *, standing: Standing | None
    ) -> HttpResponse:
        guided = self._form(request, document, new=standing is None)
        if guided.checked and guided.is_valid():
            saved = self._saved(request, guided, standing)
            if saved is not None:
                return saved
        elif guided.checked:
            guided.refusals.append("Some fields need another look; nothing is saved yet.")
        answer, problem = _plan_calculated(guided) if "calculate" in request.POST else (None, "")
        return self._page(
            request,
            "guided",
            title="A new experiment" if standing is None else _title(standing),
            guided=guided,
            standing=standing,
            template=template_named(str(document.get("template", ""))),
            plan=answer,
            problem=problem,
            points=_points(answer),
            layers=layer_pictures(layers_view(), but=standing.view.key if standing else ""),
            back=self._url("change", standing.view.id) if standing else self._url("add"),
            plan_url=self._url("plan"),
            jump=_jump(request),
        )

    def _form(self, request: HttpRequest, document: dict[str, Any], *, new: bool) -> GuidedDesign:
        return GuidedDesign(
            document=document,
            layers=tuple(layer.name for layer in layers_view()),
            metrics=metrics_live(),
            posted=request.POST if request.method == "POST" else None,
            new=new,
        )

    def _saved(
        self, request: HttpRequest, guided: GuidedDesign, standing: Standing | None
    ) -> HttpResponse | None:
        design = _sized(guided)
        try:
            if standing is None:
                key = guided.main.cleaned_data["key"]
                view = experiment_create(key=key, design=design, actor=request.user)
            else:
                view = experiment_edit(key=standing.view.key, design=design, actor=request.user)
        except ApplicationError as refused:
            guided.refuse(str(refused.extra.get("field", "")), refused.message)
            return None
        messages.success(request, f"The draft of {view.key} is saved.")
        return HttpResponseRedirect(self._url("change", view.id))

    def _name(self, page: str) -> str:
        return f"experiments_experiment_{page}"


def _plan_calculated(guided: GuidedDesign) -> tuple[PlanAnswer | None, str]:
    asked = guided.plan_asked()
    if not isinstance(asked, PlanAsked):
        return None, asked
    try:
        return plan_calculate(
            metric=asked.metric,
            unit=asked.unit,
            weights=asked.weights,
            coverage=asked.coverage,
            plan=asked.plan,
        ), ""
    except ApplicationError as refused:
        return None, refused.message


def _sized(guided: GuidedDesign) -> dict[str, Any]:
    """The form's design; planned looks without a size take the calculator's, once."""
    design: dict[str, Any] = guided.document()
    plan = design["plan"]
    if plan["horizon"] != Horizon.GROUP_SEQUENTIAL or plan["planned_units"]:
        return design
    answer, _ = _plan_calculated(guided)
    needed = None if answer is None else answer.units_needed
    return {**design, "plan": {**plan, "planned_units": math.ceil(needed or 0)}}


def _points(answer: PlanAnswer | None) -> list[tuple[float, float, str, str]]:
    """The curve as a table: days, units, smallest change and power in percent."""
    points = answer.points if answer is not None else ()
    return [(each.days, each.units, _percent(each.mde), _percent(each.power)) for each in points]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.3g}"


def _title(standing: Standing) -> str:
    verb = "Propose a change of" if standing.started else "Edit"
    return f"{verb} {standing.view.design.name}"


def _jump(request: HttpRequest) -> str:
    """The section a button without JavaScript came from."""
    rows = request.POST.get("add_row", "")
    if rows:
        return {"variants": "variants", "targeting": "traffic", "ramp": "schedule"}.get(rows, "")
    if "suggest" in request.POST:
        return "traffic"
    return "plan" if "calculate" in request.POST else ""
